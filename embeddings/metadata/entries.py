"""Reviews chosen by their facts, as the answer lists them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from embeddings.config import MAX_LISTED
from embeddings.index.facts import CREATORS, RATING, REVIEWER, TAG
from embeddings.metadata.filters import ReviewFilter, Sort
from embeddings.metadata.headings import describe, nothing
from embeddings.metadata.table import ReviewTable
from embeddings.records import Fact, Facts, ListedReview, Listing

DATE = "date"
WORDS = "words"

SHOWN_BY_SORT = {Sort.NEWEST: DATE, Sort.OLDEST: DATE, Sort.LONGEST: WORDS, Sort.SHORTEST: WORDS}
"""The fact that shows why reviews are in an order, besides those that are always shown."""


def list_reviews(table: ReviewTable, wanted: ReviewFilter, noun: str = "reviews") -> Listing:
    """Return the reviews that a filter chooses, under how it was understood, or what is missing."""
    selection = table.select(wanted)
    if not selection.numbers:
        return Listing(nothing(wanted, selection, table, noun))
    heading = f"{describe(wanted, selection, noun)}:"
    return listing_of(table, heading, selection.numbers, shown_for(wanted))


def listing_of(table: ReviewTable, heading: str, numbers: Sequence[int], shown: Collection[str] = ()) -> Listing:
    """Return some reviews under a heading."""
    return Listing(heading, tuple(entry(table, number, shown) for number in numbers[:MAX_LISTED]), len(numbers))


def shown_for(wanted: ReviewFilter) -> tuple[str, ...]:
    """Return the facts that show why a filter chose a review, besides those that are always shown."""
    return tuple(name for name in (SHOWN_BY_SORT.get(wanted.sort) if wanted.sort else None, wanted.tag and TAG) if name)


def entry(table: ReviewTable, number: int, shown: Collection[str] = ()) -> ListedReview:
    """Return a review with its year, creators, reviewer and rating, and the facts of `shown`."""
    index, own = table.place(number)
    labels = index.facts.labels_of(own)
    facts: dict[str, Fact] = {}
    if year := int(index.facts.years[own]):
        facts["year"] = year
    for kind, text in labels:
        if kind in CREATORS:
            known = facts.get(kind, ())
            facts[kind] = (*known, text) if isinstance(known, tuple) else (text,)
    facts |= {kind: text for kind, text in labels if kind in (REVIEWER, RATING)}
    if DATE in shown and (day := int(index.facts.dates[own])):
        facts[DATE] = _day(day)
    if WORDS in shown:
        facts[WORDS] = int(index.facts.words[own])
    if TAG in shown:
        facts["tags"] = tuple(text for kind, text in labels if kind == TAG)
    indexed = index.entry.reviews[own]
    return ListedReview(indexed.slug, indexed.title, Facts(facts), collection=index.entry.name)


def _day(day: int) -> str:
    year, rest = divmod(day, 10_000)
    return f"{year}-{rest // 100:02}-{rest % 100:02}" if rest else str(year)
