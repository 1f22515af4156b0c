"""Which review a question names, among very many: by CPU, beside going through all titles."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import apart
from tests.benchmarks.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable

REVIEWS = 100_000
_ASKED = 200
_LONG = "I have been wondering the whole week whether any of the people in it would have gone on as they did. " * 2


def routing(workshop: Workshop) -> Findings:
    """Milliseconds of finding the review that a question names, among 100,000 with a title and an alias each."""
    found = Findings()
    reviews = workshop.sized(REVIEWS, 500)
    took = apart(route, threads=1, file=str(workshop.directory / f"names-{reviews}"), reviews=reviews)
    found.check(f"routing among {reviews:,} reviews, ms of CPU", took["named"], 1.0)
    found.check("the same, a long question that names none", took["unnamed"], 1.0)
    found.check("its share of the right reviews", took["right"], 1.0, at_least=True)
    found.figure("the same / looking for every title in the question", took["share"], "")
    return found


def route(file: str, reviews: int) -> dict[str, float]:
    """Route questions that name a review, and long ones that name none, by a table of names on the disk."""
    from embeddings.index.titles import TitleEntry, TitleTable
    from embeddings.retrieval.router import Router
    from tests.benchmarks.corpus import Corpus

    names = [
        (f"{outline.title} {outline.number}", f"Number {outline.number} by the same hand")
        for outline in Corpus(reviews, sizes=range(1, 2)).outlines()
    ]
    TitleTable.build(names).save(Path(file))
    table = TitleTable.open(Path(file))
    router = Router([(table, lambda owner, number: TitleEntry("shared", str(owner), names[owner][number]))])
    owners = range(0, len(names), max(1, len(names) // _ASKED))
    took, long, plain, right = [], [], [], []
    for owner in owners:
        asked = f"Who is the one that keeps the lighthouse in {names[owner][owner % 2]}, and why does it matter?"
        begun = time.process_time()
        named = router.titles_in(asked)
        took.append(1000 * (time.process_time() - begun))
        right.append([name.review for name in named] == [str(owner)])
        long.append(_milliseconds(lambda: router.titles_in(f"What does it say about love and loss? {_LONG}")))
    lowered = [title.lower() for title, _ in names]
    for owner in owners[:20]:
        asked = f"who keeps the lighthouse in {lowered[owner]}"
        plain.append(_milliseconds(lambda asked=asked: [title for title in lowered if title in asked]))  # type: ignore[misc]  # mypy can't infer a lambda's default
    return {
        "named": statistics.median(took),
        "unnamed": statistics.median(long),
        "right": statistics.fmean(right),
        "share": statistics.median(took) / statistics.median(plain),
    }


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)
