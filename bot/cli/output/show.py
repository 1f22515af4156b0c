"""Showing what was found: by rich in a terminal, as plain text anywhere else.

rich is imported only where it is used: it would take longer than the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.output import plain
from bot.cli.output.console import in_terminal, say

if TYPE_CHECKING:
    from embeddings import Answer, Hit, Library, Review, Section


def show_answer(answer: Answer, library: Library) -> None:
    """Print an answer."""
    if not in_terminal():
        say(plain.answer_in_plain(answer, library.directory.parent))
        return
    from bot.cli.output import rich as rendering

    rendering.show(rendering.rendered_answer(answer, library.review, library.directory.parent))


def show_hits(hits: Sequence[Hit], library: Library) -> None:
    """Print passages."""
    if not in_terminal():
        say(plain.hits_in_plain(hits, library.review))
        return
    from bot.cli.output import rich as rendering

    rendering.show(rendering.rendered_hits(hits, library.review))


def show_reviews(reviews: Sequence[Review]) -> None:
    """Print which reviews there are."""
    if not in_terminal():
        say(plain.reviews_in_plain(reviews))
        return
    from bot.cli.output import rich as rendering

    rendering.show(rendering.rendered_reviews(reviews))


def show_review(review: Review) -> None:
    """Print which sections a review has."""
    if not in_terminal():
        say(plain.sections_in_plain(review))
        return
    from bot.cli.output import rich as rendering

    rendering.show(rendering.rendered_sections(review))


def show_section(review: Review, section: Section) -> None:
    """Print a section's text."""
    if not in_terminal():
        say(plain.section_in_plain(review, section))
        return
    from bot.cli.output import rich as rendering

    rendering.show(rendering.rendered_section(review, section))
