"""Choose how results are printed: by rich in a terminal, as plain text anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.cli.output import plain
from bot.cli.output.console import in_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.cli.doctor.check import Check
    from embeddings import Answer, Hit, Review, Section


class Printer(Protocol):
    """What the modules `plain` and `rich` both offer: a function that prints each kind of result on stdout."""

    def print_answer(self, answer: Answer, review_of: Callable[[str], Review], data: Path) -> None:
        """Print what the answer's state says, then the quotes with their citations."""

    def print_hits(self, hits: Sequence[Hit], review_of: Callable[[str], Review]) -> None:
        """Print passages with their citations, best first."""

    def print_reviews(self, reviews: Sequence[Review]) -> None:
        """Print the reviews, one per line."""

    def print_sections(self, review: Review) -> None:
        """Print a review's sections, one per line."""

    def print_section(self, review: Review, section: Section) -> None:
        """Print a section's text with numbered paragraphs."""

    def print_checks(self, checks: Sequence[Check]) -> None:
        """Print doctor's checks, one per line."""


def printer() -> Printer:
    """Return the module that prints results for this stdout."""
    if not in_terminal():
        return plain
    # Imported only here, because importing rich takes longer than answering.
    from bot.cli.output import rich

    return rich
