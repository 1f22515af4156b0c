"""Print results in a terminal, by rich: quotes are marked in their passages.

Review text only ever goes into `Text`, which takes no markup, and only after `visible`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.doctor.check import Check, Status
from bot.cli.output.console import visible
from bot.cli.output.wording import (
    QUOTED,
    about,
    about_entry,
    citation,
    counted,
    facts_of,
    heading_of,
    listing_end,
    preface,
    quoted,
)
from bot.config import EXCERPT_MARGIN, LISTED_LINES, MAX_WHOLE_PARAGRAPH

if TYPE_CHECKING:
    from embeddings import Answer, Hit, Listing, Review, Section

# Bold and dim are not colours: they tell the quote from its surroundings under NO_COLOR too.
QUOTE = "bold"
DIM = "dim"
PLACE = "cyan"
LABEL = "bold cyan"
WARNING = "yellow"
MARKS = {
    Status.OK: ("✓", "green"),
    Status.FAILED: ("✗", "bold red"),
    Status.SKIPPED: ("–", DIM),
    Status.ABSENT: ("·", DIM),
}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of one paragraph with its marked ranges.

    Attributes:
        labels: the labels of the quotes, or the rank of a hit.
        title: the title of the review.
        heading: the heading of the section.
        paragraph: the number of the paragraph within the section.
        text: the reviewer's words.
        marks: ranges of `text`, in order.
        cut_before: whether the paragraph begins before the text.
        cut_after: whether the paragraph goes on after the text.
        is_quoted: whether the reviewer quotes it from somebody else.
    """

    labels: tuple[int, ...]
    title: str
    heading: str
    paragraph: int
    text: str
    marks: tuple[tuple[int, int], ...]
    cut_before: bool = False
    cut_after: bool = False
    is_quoted: bool = False


def print_answer(answer: Answer, review_of: Callable[[str], Review], data: Path) -> None:
    """Print what the answer's state says, then the quotes marked in their passages, or the reviews asked for."""
    if answer.listing is not None:
        _print(*_listing(answer.listing, review_of, data))
        return
    said = [Text(line, style=WARNING if number == 0 else "") for number, line in enumerate(preface(answer, data))]
    excerpts = excerpts_of_answer(answer, review_of)
    if not excerpts:
        _print(*said)
    else:
        _print(*said, *([Text()] if said else []), _excerpts(excerpts))


def _listing(listing: Listing, review_of: Callable[[str], Review], data: Path) -> Iterator[Text]:
    yield _text(listing.heading, "" if listing.total or listing.names else WARNING)
    for entry in listing.entries[:LISTED_LINES]:
        yield Text.assemble(_text(entry.title, QUOTE), _text(f"{about_entry(entry)}  "), _text(entry.review, PLACE))
        for quote in entry.quotes:
            place = citation(quote.title, quote.heading, quote.paragraph)
            yield Text.assemble(f"  “{visible(quote.text)}” ", _text(f"— {place}{quoted(quote, review_of)}", PLACE))
    for line in listing_end(listing, data):
        yield _text(line)


def print_hits(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> None:
    """Print the passages, each with its best sentence marked."""
    _print(_excerpts(excerpts_of_hits(hits, review_of)))


def print_reviews(reviews: Sequence[Review]) -> None:
    """Print the reviews, one per line if there is room."""
    _print(
        *(
            Text.assemble(
                _text(review.title, "bold"),
                _text(f"{about(review)}, {counted(len(review.sections), 'section')}{facts_of(review)}  "),
                _text(review.slug, PLACE),
            )
            for review in reviews
        )
    )


def print_sections(review: Review) -> None:
    """Print a table of a review's sections."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    for number, section in enumerate(review.sections, start=1):
        size = counted(len(section.paragraphs), "paragraph")
        table.add_row(_text(str(number), LABEL), _text(heading_of(section), "bold"), _text(size, DIM))
    _print(_text(review.title, PLACE), Text(), table)


def print_section(review: Review, section: Section) -> None:
    """Print a section's text with the paragraph numbers at the side."""
    table = _two_columns()
    for paragraph in section.paragraphs:
        table.add_row(_text(f"¶{paragraph.number}", LABEL), _text(review.text[paragraph.start : paragraph.end]))
        if paragraph is not section.paragraphs[-1]:
            table.add_row()
    _print(Text.assemble(_text(review.title, PLACE), " · ", _text(heading_of(section), "bold")), Text(), table)


def print_checks(checks: Sequence[Check]) -> None:
    """Print status, name and finding of each check."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for check in checks:
        mark, style = MARKS[check.status]
        table.add_row(Text(mark, style), _text(check.name, "bold"), _text(check.finding, "" if check.ok else style))
    _print(table)


def excerpts_of_answer(answer: Answer, review_of: Callable[[str], Review]) -> tuple[Excerpt, ...]:
    """Return the paragraphs that hold an answer's quotes, in the order of the first quote of each."""
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
                review,
                (paragraph.start, paragraph.end),
                marks,
            )
        )
    return tuple(found)


def excerpts_of_hits(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> tuple[Excerpt, ...]:
    """Return the passage of each hit with its best sentence marked."""
    found = []
    for rank, hit in enumerate(hits, start=1):
        review = review_of(hit.review)
        marks = [(sentence.start, sentence.end) for sentence in hit.sentences[:1]]
        place = (review.title, review.section(hit.section).heading, hit.paragraph)
        found.append(_excerpt((rank,), place, review, (hit.start, hit.end), marks))
    return tuple(found)


def _excerpt(
    labels: tuple[int, ...],
    place: tuple[str, str, int],
    review: Review,
    whole: tuple[int, int],
    marks: Sequence[tuple[int, int]],
) -> Excerpt:
    text = review.text
    start, end = whole
    if end - start > MAX_WHOLE_PARAGRAPH and marks:
        start, end = _around(text, whole, marks[0][0], marks[-1][1])
    return Excerpt(
        labels,
        *place,
        text=text[start:end],
        marks=tuple((first - start, last - start) for first, last in marks),
        cut_before=start > whole[0],
        cut_after=end < whole[1],
        is_quoted=review.is_quoted(start, end),
    )


def _around(text: str, whole: tuple[int, int], first: int, last: int) -> tuple[int, int]:
    """Return the range to show around `text[first:last]`, cut between words."""
    start, end = max(whole[0], first - EXCERPT_MARGIN), min(whole[1], last + EXCERPT_MARGIN)
    if start > whole[0]:
        start = text.find(" ", start, first) + 1 or first
    if end < whole[1]:
        space = text.rfind(" ", last, end)
        end = space if space >= 0 else last
    return start, end


def _excerpts(excerpts: Sequence[Excerpt]) -> RenderableType:
    table = _two_columns()
    for number, excerpt in enumerate(excerpts):
        if number:
            table.add_row()
        table.add_row(_text(",".join(map(str, excerpt.labels)), LABEL), _marked(excerpt))
        place = citation(excerpt.title, excerpt.heading, excerpt.paragraph)
        table.add_row("", _text(f"— {place}{QUOTED if excerpt.is_quoted else ''}", PLACE))
    return table


def _marked(excerpt: Excerpt) -> Text:
    text = Text("… " if excerpt.cut_before else "", DIM)
    end = 0
    for first, last in excerpt.marks:
        text.append(visible(excerpt.text[end:first]), DIM)
        text.append(visible(excerpt.text[first:last]), f"not dim {QUOTE}")
        end = last
    text.append(visible(excerpt.text[end:]), DIM)
    text.append(" …" if excerpt.cut_after else "", DIM)
    return text


def _two_columns() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    return table


def _text(content: str, style: str = "") -> Text:
    return Text(visible(content), style)


def _print(*content: RenderableType) -> None:
    """Print on stdout, which is a terminal, wrapped to its width."""
    Console(force_terminal=True, highlight=False, emoji=False, markup=False).print(Group(*content))
