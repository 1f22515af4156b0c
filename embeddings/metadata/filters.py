"""What reviews to choose by their facts, and in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from embeddings.records import Rating


class Sort(StrEnum):
    """An order of reviews. Those that lack the fact come last."""

    NEWEST = "newest"
    """By the day of the review, then by the work's year, latest first."""
    OLDEST = "oldest"
    LATEST_WORK = "latest-work"
    """By the work's year, latest first."""
    EARLIEST_WORK = "earliest-work"
    LONGEST = "longest"
    SHORTEST = "shortest"
    RATING = "rating"
    """By the reviewer's own rating as a share of its scale, best first."""
    LOWEST = "lowest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Years:
    """The years from `first` to `last`, each None if there is no limit on that side. `text` is how a person says it."""

    first: int | None
    last: int | None
    text: str


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """The facts that reviews must have, each None if it doesn't matter.

    Attributes:
        by: who wrote the review or made the work, in any role.
        reviewer: who wrote the review.
        creator: who made the work.
        about: the work's title, a creator of it, or a tag.
        years: when the work was made.
        tag: a tag or genre.
        written: when the review was written.
        kind: a kind of works in the plural, as `WORK_KINDS` has it. Works of which no fact tells the kind count too.
        rating: the rating that it must have.
        is_rated: whether the review must have a rating.
        sort: their order; None is by collection and slug.
    """

    by: str | None = None
    reviewer: str | None = None
    creator: str | None = None
    about: str | None = None
    years: Years | None = None
    tag: str | None = None
    written: Years | None = None
    kind: str | None = None
    rating: Rating | None = None
    is_rated: bool = False
    sort: Sort | None = None


_YEAR = r"(?:1[0-9]{3}|20[0-9]{2})"
_RANGE = re.compile(rf"(?:between |from )?({_YEAR}) ?(?:-|to|and|until|till|through) ?({_YEAR})")
_ONE = re.compile(rf"(?:the year )?({_YEAR})")
_CENTURY = re.compile(r"(?:the )?(1[0-9]|20|21)(?:st|th)[ -]century")
_BOUND = re.compile(
    r"(before|until|till|up to|older than|earlier than|prior to|pre|after|newer than|later than|post|since|from)"
    r"[ -](.+)"
)


def read_years(text: str) -> Years | None:
    """Return the years that a text such as `1994`, `the nineties`, `1990-1995` or `before 1960` means, or None.

    `80s` is the 1980s, `10s` the 2010s, and `20s` the 1920s.
    """
    text = " ".join(text.casefold().replace("’", "'").replace("–", "-").split())
    if found := _ONE.fullmatch(text):
        return Years(int(found[1]), int(found[1]), found[1])
    if found := _RANGE.fullmatch(text):
        first, last = sorted((int(found[1]), int(found[2])))
        return Years(first, last, f"{first} to {last}")
    if (decade := _decade(text)) is not None:
        return Years(decade, decade + 9, f"the {decade}s")
    if found := _CENTURY.fullmatch(text):
        first = 100 * (int(found[1]) - 1)
        suffix = "st" if found[1] == "21" else "th"
        return Years(first, first + 99, f"the {found[1]}{suffix} century")
    if (found := _BOUND.fullmatch(text)) and (inner := read_years(found[2])) is not None:
        if inner.first is None or inner.last is None:
            return None
        if found[1] in ("after", "newer than", "later than", "post"):
            return Years(inner.last + 1, None, f"after {inner.text}")
        if found[1] in ("since", "from"):
            return Years(inner.first, None, f"since {inner.text}")
        if found[1] in ("until", "till", "up to"):
            return Years(None, inner.last, f"until {inner.text}")
        return Years(None, inner.first - 1, f"before {inner.text}")
    return None


def _decade(text: str) -> int | None:
    pattern, words = _decades()
    found = pattern.fullmatch(text)
    if found is None:
        return None
    if found[1]:
        return int(f"{found[1]}{found[2]}0")
    tens = int(found[3]) if found[3] else words[found[4] or found[5]]
    return (2000 if tens < 2 and not found[5] else 1900) + 10 * tens


@cache
def _decades() -> tuple[re.Pattern[str], dict[str, int]]:
    # Imported here so that the command line can parse its options without the lexicon.
    from embeddings.lexicon import DECADE_WORDS

    word = "|".join(DECADE_WORDS)
    short = rf"(1[0-9]|20)(\d)0'?s|'?(\d)0'?s|({word})|nineteen[ -]({word})"
    return re.compile(f"(?:the )?(?:{short})"), DECADE_WORDS
