"""Indexing, opening and asking corpora of any size: the cost as they grow, and how often the answer is right.

"Without the encoder" means that the vector of each question is cached: everything else of `Library.ask` is timed.
"""

from __future__ import annotations

import statistics
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness.processes import apart, cpu_milliseconds, memory, peak_memory, spent
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace
from tests.project import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from embeddings.library import Library
    from tests.benchmarks.corpus.reviews import Planted

ONE_REVIEW = 18
"""Passages of the review that comes with the project."""

TARGETS = {ONE_REVIEW: 1.0, 100_000: 10.0, 1_000_000: 50.0}
"""Milliseconds for a question on one thread, by passages."""

TRULY_ENCODED = 1_000
"""Passages of the corpus that is also really encoded, to see what made vectors change."""

KINDS = ("lexical", "paraphrase", "titled")
RATES = {"first": "in the first quote", "three": "in one of three quotes", "passages": "passages R@5"}

_ROUNDS = 5


def answering(workspace: Workspace) -> Results:
    """Measure the milliseconds for a question without the encoder, by size."""
    found = Results()
    took = apart(
        ask_the_review,
        threads=1,
        data=str(workspace.data()),
        questions=str(QUESTIONS),
        encoder=str(workspace.encoder()),
    )
    found.check("answering without the encoder, one review, ms of CPU", took["milliseconds"], TARGETS[ONE_REVIEW])
    for passages in workspace.sizes:
        asked = workspace.asked(passages)
        name = f"answering without the encoder, {passages:,} passages"
        if passages in TARGETS:
            found.check(f"{name}, ms of CPU", asked["milliseconds"], TARGETS[passages])
        else:
            found.figure(name, asked["milliseconds"], "ms of CPU")
        found.figure(f"{name}, 95th percentile", asked["milliseconds_95"], "ms of CPU")
        found.figure(f"{name}, in one review by its title", asked["milliseconds_titled"], "ms of CPU")
    return found


def quality(workspace: Workspace) -> Results:
    """Measure how often a planted answer is quoted and its passage found, by size, and with really encoded text."""
    found = Results()
    smallest, largest = (workspace.asked(size)["right"] for size in (workspace.sizes[0], workspace.sizes[-1]))
    for kind in KINDS:
        for rate, name in RATES.items():
            found.curve(
                f"Planted answers: {name}",
                "share of questions",
                kind,
                ((size, workspace.asked(size)["right"][kind][rate]) for size in workspace.sizes),
            )
        change = largest[kind]["three"] - smallest[kind]["three"]
        name = f"{kind} answers in three quotes"
        found.figure(f"{name}, {workspace.sizes[-1]:,} passages", largest[kind]["three"], "")
        found.figure(f"{name}, {workspace.sizes[-1]:,} passages less {workspace.sizes[0]:,}", change, "")
    size = workspace.sized(TRULY_ENCODED, workspace.sizes[0])
    real, made = (workspace.asked(size, real=real)["right"] for real in (True, False))
    for kind in KINDS:
        change = made[kind]["three"] - real[kind]["three"]
        name = f"{kind} answers in three quotes, {size:,} passages"
        found.figure(f"{name}, truly encoded", real[kind]["three"], "")
        found.figure(f"{name}, made vectors less truly encoded", change, "")
    bank, encoder = str(workspace.bank()), str(workspace.encoder())
    cosines = apart("tests.benchmarks.corpus.vectors:closeness", threads=1, bank=bank, encoder=encoder)
    for name, cosine in cosines.items():
        found.figure(f"cosine with the closest of {workspace.bank_size:,}: {name}", cosine, "")
    return found


def growing(workspace: Workspace) -> Results:
    """Measure time and memory of indexing, opening and asking, by size."""
    found = Results()
    built = [(size, workspace.built(size)) for size in workspace.sizes]
    asked = [(size, workspace.asked(size)) for size in workspace.sizes]
    plots = (
        ("Indexing, the encoder apart", "seconds of CPU", "indexing", built, "cpu"),
        ("Memory", "MiB", "indexing, peak beyond the reviews and the encoder", built, "peak_mib"),
        ("Memory", "MiB", "a process that has asked every question", asked, "memory_mib"),
        ("On disk", "MiB", "the index", built, "disk_mib"),
        ("Opening", "seconds", "opening", asked, "opening"),
        ("Opening", "seconds", "the first question", asked, "first"),
        ("A question without the encoder", "ms of CPU", "all reviews", asked, "milliseconds"),
        ("A question without the encoder", "ms of CPU", "one review by its title", asked, "milliseconds_titled"),
    )
    for plot, unit, name, figures, key in plots:
        found.curve(plot, unit, name, ((size, took[key]) for size, took in figures))
        found.figure(f"{plot.lower()}: {name}, {figures[-1][0]:,} passages", figures[-1][1][key], unit)
    for size, took in asked:
        if size >= 1_000_000:
            found.check(f"opening {size:,} passages, seconds", took["opening"], 1.0)
    size, last = built[-1]
    found.figure("on disk, a passage", 1024 * last["disk_mib"] / size, "KiB")
    # The encoder and Python itself take the same at every size.
    more = asked[-1][1]["memory_mib"] - asked[0][1]["memory_mib"]
    found.figure("memory: open, each further passage", 1024 * more / (size - asked[0][0]), "KiB")
    found.figure("the same / all vectors and texts in memory", more / last["plain_mib"], "")
    return found


def build(index: str, passages: int, bank: str | None, encoder: str) -> dict[str, Any]:
    """Index a corpus with the engine's own builder, with made vectors if there is a `bank` of them.

    Encoding, or making vectors, is not counted.
    """
    from embeddings.encoders.onnx import OnnxEncoder
    from embeddings.index.manifest import COLLECTIONS
    from embeddings.library import Library
    from tests.benchmarks.corpus.reviews import Corpus
    from tests.benchmarks.corpus.vectors import SyntheticEncoder, TimedEncoder

    real = OnnxEncoder.open(Path(encoder))
    timed = TimedEncoder(SyntheticEncoder.open(Path(bank), Path(encoder)) if bank else real)
    reviews = list(Corpus(passages).reviews())
    held = memory()
    with spent() as took:
        library = Library.of(reviews, Path(index), timed)
    entry = library.manifest.collections[0]
    sentences = entry.reviews[-1].sentences[1]
    vectors = (2 * sentences + passages) * timed.identity.dimension * 4
    library.close()
    files = Path(index, COLLECTIONS).rglob("*")
    return {
        "cpu": took.cpu - timed.spent.cpu,
        "wall": took.wall - timed.spent.wall,
        "encoding": timed.spent.cpu,
        "sentences": sentences,
        "peak_mib": (peak_memory() - held) / 1024,
        "plain_mib": (vectors + sum(len(review.text) for review in reviews)) / 2**20,
        "disk_mib": sum(file.stat().st_size for file in files if file.is_file()) / 2**20,
    }


def ask(index: str, passages: int, encoder: str) -> dict[str, Any]:
    """Open a corpus's index, ask every planted question, and time asking them again."""
    from embeddings.answering.calibration import Thresholds
    from embeddings.answering.models import Models
    from embeddings.encoders.onnx import OnnxEncoder
    from embeddings.index.manifest import Manifest
    from embeddings.library import Library
    from tests.benchmarks.corpus.reviews import Corpus
    from tests.benchmarks.corpus.vectors import CachingEncoder

    planted = Corpus(passages).planted()
    remembered = CachingEncoder(OnnxEncoder.open(Path(encoder)))
    remembered.encode([each.question for each in planted])
    with spent() as opening:
        models = Models(remembered, thresholds=Thresholds(0.37, 0.32))
        library = Library(Path(index), Manifest.open(Path(index)), models)
    with spent() as first:
        library.ask(planted[0].question)
    right = {kind: _right(library, [each for each in planted if each.kind == kind]) for kind in KINDS}
    held = memory()
    everywhere = _milliseconds(library, [each.question for each in planted if each.kind != "titled"])
    titled = _milliseconds(library, [each.question for each in planted if each.kind == "titled"])
    library.close()
    return {
        "opening": opening.wall,
        "first": first.wall,
        "right": right,
        "memory_mib": held / 1024,
        "milliseconds": statistics.median(everywhere),
        "milliseconds_95": statistics.quantiles(everywhere, n=20)[-1],
        "milliseconds_titled": statistics.median(titled),
    }


def ask_the_review(data: str, questions: str, encoder: str) -> dict[str, float]:
    """Time the project's own questions about its own review."""
    from embeddings.answering.models import Models
    from embeddings.encoders.onnx import OnnxEncoder
    from embeddings.evaluation.datasets.questions import read_questions
    from embeddings.library import Library
    from tests.benchmarks.corpus.vectors import CachingEncoder

    opened = Library.open(Path(data))
    remembered = CachingEncoder(OnnxEncoder.open(Path(encoder)))
    library = opened.reopened(models=Models(remembered, thresholds=opened.models.thresholds))
    asked = [question.text for question in read_questions(Path(questions)) if not question.context]
    for question in asked:
        library.ask(question)
    return {"milliseconds": statistics.median(_milliseconds(library, asked))}


def _milliseconds(library: Library, questions: Iterable[str]) -> list[float]:
    """Return the processor time of each question in milliseconds: the median of several rounds."""
    asked = list(questions)
    rounds = [[cpu_milliseconds(partial(library.ask, each)) for each in asked] for _ in range(_ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def _right(library: Library, planted: Sequence[Planted]) -> dict[str, float]:
    """Return how often the planted sentence is in the first quote, in any quote, and in the first five passages."""
    counts = dict.fromkeys(RATES, 0)
    for each in planted:
        seen = library.run(each.question, k=5)
        quoted = [each.sentence in quote.text and quote.review == each.review for quote in seen.answer.quotes]
        counts["first"] += any(quoted[:1])
        counts["three"] += any(quoted)
        counts["passages"] += any(
            hit.review == each.review and each.sentence in library.review(hit.review).text[hit.start : hit.end]
            for hit in seen.hits
        )
    return {rate: count / len(planted) for rate, count in counts.items()}
