"""What the shell offers for a review or a section. Reads the index, never the encoder; silent when there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from embeddings import Library, Review

Completions = list[tuple[str, str]]
"""Values, each with a line about it, which some shells show beside it."""


def complete_review(context: typer.Context, incomplete: str) -> Completions:
    """The slugs of the reviews, with their titles."""
    return _listed(context, lambda library: _reviews(library, incomplete))


def complete_review_or_section(context: typer.Context, incomplete: str) -> Completions:
    """The reviews' slugs; where there is only one review, the slugs of its sections too."""

    def listed(library: Library) -> Completions:
        reviews = library.reviews()
        sections = _sections(reviews[0], incomplete) if len(reviews) == 1 else []
        return sections + _reviews(library, incomplete)

    return _listed(context, listed)


def complete_section(context: typer.Context, incomplete: str) -> Completions:
    """The slugs of the sections of the review that was named before, with their headings."""
    review = str(context.params.get("review"))
    return _listed(context, lambda library: _sections(library.find_review(review), incomplete))


def _listed(context: typer.Context, listed: Callable[[Library], Completions]) -> Completions:
    # Imported here, as everywhere in this package: `--help` must not wait for the engine.
    from embeddings import Library, LibraryError

    try:
        return listed(Library.open(context.params["data"]))
    except LibraryError:
        # A shell that is completing a word has no place to show an error in.
        return []


def _reviews(library: Library, incomplete: str) -> Completions:
    return [(review.slug, review.title) for review in library.reviews() if review.slug.startswith(incomplete)]


def _sections(review: Review, incomplete: str) -> Completions:
    return [(section.slug, section.heading) for section in review.sections if section.slug.startswith(incomplete)]
