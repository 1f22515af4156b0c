"""Quotes in the passages that they stand in, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.records import Answer, Hit, Review

WHOLE = 1000
"""Up to how many characters a paragraph is shown whole."""

AROUND = 300
"""How many characters are shown on either side of the quotes of a longer paragraph."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of one paragraph, and what is marked in it.

    Attributes:
        labels: the quotes' labels, or a hit's rank.
        title: the review's.
        heading: the section's.
        paragraph: its number within the section.
        text: the reviewer's words.
        marks: ranges of `text`, in their order.
        cut_before: whether the paragraph begins before the text.
        cut_after: whether it goes on after the text.
    """

    labels: tuple[int, ...]
    title: str
    heading: str
    paragraph: int
    text: str
    marks: tuple[tuple[int, int], ...]
    cut_before: bool = False
    cut_after: bool = False


def excerpts_of_answer(answer: Answer, review_of: Callable[[str], Review]) -> tuple[Excerpt, ...]:
    """The paragraphs that hold an answer's quotes, in the order of the first quote of each."""
    labels: dict[tuple[str, str, int], list[int]] = {}
    for place, quote in enumerate(answer.quotes):
        labels.setdefault((quote.review, quote.section, quote.paragraph), []).append(place)
    found = []
    for (slug, section, number), places in labels.items():
        review = review_of(slug)
        paragraph = review.section(section).paragraphs[number - 1]
        quotes = [answer.quotes[place] for place in places]
        marks = sorted((quote.start, quote.end) for quote in quotes)
        found.append(
            _excerpt(
                tuple(quote.label for quote in quotes),
                (quotes[0].title, quotes[0].heading, number),
                review.text,
                (paragraph.start, paragraph.end),
                marks,
            )
        )
    return tuple(found)


def excerpts_of_hits(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> tuple[Excerpt, ...]:
    """Each hit's passage, its best sentence marked."""
    found = []
    for rank, hit in enumerate(hits, start=1):
        review = review_of(hit.review)
        marks = [(sentence.start, sentence.end) for sentence in hit.sentences[:1]]
        place = (review.title, review.section(hit.section).heading, hit.paragraph)
        found.append(_excerpt((rank,), place, review.text, (hit.start, hit.end), marks))
    return tuple(found)


def _excerpt(
    labels: tuple[int, ...],
    place: tuple[str, str, int],
    text: str,
    whole: tuple[int, int],
    marks: Sequence[tuple[int, int]],
) -> Excerpt:
    start, end = whole
    if end - start > WHOLE and marks:
        start, end = _around(text, whole, marks[0][0], marks[-1][1])
    return Excerpt(
        labels,
        *place,
        text=text[start:end],
        marks=tuple((first - start, last - start) for first, last in marks),
        cut_before=start > whole[0],
        cut_after=end < whole[1],
    )


def _around(text: str, whole: tuple[int, int], first: int, last: int) -> tuple[int, int]:
    """The range to show around `text[first:last]`, cut between words."""
    start, end = max(whole[0], first - AROUND), min(whole[1], last + AROUND)
    if start > whole[0]:
        start = text.find(" ", start, first) + 1 or first
    if end < whole[1]:
        space = text.rfind(" ", last, end)
        end = space if space >= 0 else last
    return start, end
