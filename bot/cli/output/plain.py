"""Answers and reviews as plain text: for pipes, for files, and for terminals that can't mark anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.output.wording import about, citation, counted, heading_of, preface

if TYPE_CHECKING:
    from embeddings import Answer, Hit, Review, Section


def answer_in_plain(answer: Answer, data: Path) -> str:
    """The quotes in quotation marks, each with its citation, one to a line."""
    quotes = (
        f"{quote.label}. “{quote.text}” — {citation(quote.title, quote.heading, quote.paragraph)}"
        for quote in answer.quotes
    )
    return "\n".join((*preface(answer, data), *quotes))


def hits_in_plain(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> str:
    """The passages in quotation marks, each with its citation, one to a line."""
    lines = []
    for rank, hit in enumerate(hits, start=1):
        review = review_of(hit.review)
        place = citation(review.title, review.section(hit.section).heading, hit.paragraph)
        lines.append(f"{rank}. “{review.text[hit.start : hit.end]}” — {place}")
    return "\n".join(lines)


def reviews_in_plain(reviews: Sequence[Review]) -> str:
    """Slug, title, what it is about, and the number of sections, one review to a line."""
    return "\n".join(
        f"{review.slug}: {review.title}{about(review)}, {counted(len(review.sections), 'section')}"
        for review in reviews
    )


def sections_in_plain(review: Review) -> str:
    """Number, heading and slug, one section to a line."""
    return "\n".join(
        f"{number}. {heading_of(section)} [{section.slug}], {counted(len(section.paragraphs), 'paragraph')}"
        for number, section in enumerate(review.sections, start=1)
    )


def section_in_plain(review: Review, section: Section) -> str:
    """Title and heading, then the paragraphs with their numbers."""
    paragraphs = (
        f"¶{paragraph.number} {review.text[paragraph.start : paragraph.end]}" for paragraph in section.paragraphs
    )
    return "\n\n".join((f"{review.title}, {heading_of(section)}", *paragraphs))
