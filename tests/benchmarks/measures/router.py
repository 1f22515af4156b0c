"""Finding the review that a question names among many, compared with a search through all titles."""

from __future__ import annotations

import statistics
from functools import partial
from pathlib import Path

from tests.benchmarks.harness.processes import apart, cpu_milliseconds
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

REVIEWS = 100_000
_ASKED = 200
_LONG = "I have been wondering the whole week whether any of the people in it would have gone on as they did. " * 2


def router(workspace: Workspace) -> Results:
    """Measure finding the review that a question names, among 100,000 with a title and an alias each."""
    found = Results()
    reviews = workspace.sized(REVIEWS, 500)
    took = apart(route, threads=1, file=str(workspace.directory / f"names-{reviews}"), reviews=reviews)
    found.check(f"routing among {reviews:,} reviews, ms of CPU", took["named"], 1.0)
    found.check("the same, a long question that names none", took["unnamed"], 1.0)
    found.check("its share of the right reviews", took["right"], 1.0, at_least=True)
    found.figure("the same / looking for every title in the question", took["share"], "")
    return found


def route(file: str, reviews: int) -> dict[str, float]:
    """Route questions that name a review, and long ones that name none, with a title table on disk."""
    from embeddings.index.arrays import open_record, save_record
    from embeddings.index.titles import TitleEntry, TitleTable
    from embeddings.retrieval.question import check_question
    from embeddings.retrieval.router import Router
    from tests.benchmarks.corpus.reviews import Corpus

    names = [
        (f"{outline.title} {outline.number}", f"Number {outline.number} by the same hand")
        for outline in Corpus(reviews, sizes=range(1, 2)).outlines()
    ]
    save_record(Path(file), TitleTable.build(names))
    table = open_record(Path(file), TitleTable)
    router = Router([(table, lambda owner, number: TitleEntry("shared", str(owner), names[owner][number]))])
    owners = range(0, len(names), max(1, len(names) // _ASKED))
    took, long, plain, right = [], [], [], []
    for owner in owners:
        name = names[owner][owner % 2]
        asked = check_question(f"Who is the one that keeps the lighthouse in {name}, and why does it matter?")
        took.append(cpu_milliseconds(partial(router.mentions_in, asked)))
        right.append([mention.title.review for mention in router.mentions_in(asked)] == [str(owner)])
        long.append(cpu_milliseconds(partial(router.mentions_in, f"What does it say about love and loss? {_LONG}")))
    lowered = [title.lower() for title, _ in names]
    for owner in owners[:20]:
        asked = f"who keeps the lighthouse in {lowered[owner]}"
        plain.append(cpu_milliseconds(partial(_titles_in, asked, lowered)))
    return {
        "named": statistics.median(took),
        "unnamed": statistics.median(long),
        "right": statistics.fmean(right),
        "share": statistics.median(took) / statistics.median(plain),
    }


def _titles_in(question: str, titles: list[str]) -> list[str]:
    return [title for title in titles if title in question]
