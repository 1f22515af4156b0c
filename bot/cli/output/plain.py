"""Print results as plain text, for pipes, files and terminals that can't style text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.output.console import one_line, say
from bot.cli.output.wording import (
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
from bot.config import LISTED_LINES

if TYPE_CHECKING:
    from bot.cli.doctor.check import Check
    from embeddings import Answer, Hit, Listing, Review, Section


def print_answer(answer: Answer, review_of: Callable[[str], Review], data: Path) -> None:
    """Print the quotes in quotation marks, each with its citation, one per line, or the reviews that are asked for."""
    if answer.listing is not None:
        say("\n".join(_listing(answer.listing, review_of, data)))
        return
    quotes = (
        f"{quote.label}. “{quote.text}” — {citation(quote.title, quote.heading, quote.paragraph)}"
        f"{quoted(quote, review_of)}"
        for quote in answer.quotes
    )
    say("\n".join((*preface(answer, data), *quotes)))


def _listing(listing: Listing, review_of: Callable[[str], Review], data: Path) -> Iterator[str]:
    yield listing.heading
    for entry in listing.entries[:LISTED_LINES]:
        yield f"{entry.review}: {entry.title}{about_entry(entry)}"
        for quote in entry.quotes:
            place = citation(quote.title, quote.heading, quote.paragraph)
            yield f"    “{quote.text}” — {place}{quoted(quote, review_of)}"
    yield from listing_end(listing, data)


def print_hits(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> None:
    """Print the passages in quotation marks, each with its citation, one per line."""
    lines = []
    for rank, hit in enumerate(hits, start=1):
        review = review_of(hit.review)
        place = citation(review.title, review.section(hit.section).heading, hit.paragraph)
        lines.append(f"{rank}. “{review.text[hit.start : hit.end]}” — {place}")
    say("\n".join(lines))


def print_reviews(reviews: Sequence[Review]) -> None:
    """Print slug, title, year, author and number of sections, one review per line."""
    say(
        "\n".join(
            f"{review.slug}: {review.title}{about(review)}, {counted(len(review.sections), 'section')}"
            f"{facts_of(review)}"
            for review in reviews
        )
    )


def print_sections(review: Review) -> None:
    """Print number, heading, slug and number of paragraphs, one section per line."""
    say(
        "\n".join(
            f"{number}. {heading_of(section)} [{section.slug}], {counted(len(section.paragraphs), 'paragraph')}"
            for number, section in enumerate(review.sections, start=1)
        )
    )


def print_section(review: Review, section: Section) -> None:
    """Print title and heading, then the numbered paragraphs."""
    paragraphs = (
        f"¶{paragraph.number} {review.text[paragraph.start : paragraph.end]}" for paragraph in section.paragraphs
    )
    say("\n\n".join((f"{review.title}, {heading_of(section)}", *paragraphs)))


def print_checks(checks: Sequence[Check]) -> None:
    """Print status, name and finding of each check, one per line."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        say(f"{check.status.value:4} {check.name:{width}} {one_line(check.finding)}")
