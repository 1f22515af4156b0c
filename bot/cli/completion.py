"""Shell completion of reviews and sections. It reads the index but not the encoder, and offers nothing on an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from embeddings import Library, Review

Completions = list[tuple[str, str]]
"""Values, each with a description, which some shells show beside it."""


def complete_review(context: typer.Context, incomplete: str) -> Completions:
    """Return the slugs of the reviews with their titles."""
    return _completions(context, lambda library: _reviews(library, incomplete))


def complete_review_or_section(context: typer.Context, incomplete: str) -> Completions:
    """Return the slugs of the reviews. If there is only one review, also return the slugs of its sections."""

    def found(library: Library) -> Completions:
        reviews = library.reviews()
        sections = _sections(reviews[0], incomplete) if len(reviews) == 1 else []
        return sections + _reviews(library, incomplete)

    return _completions(context, found)


def complete_section(context: typer.Context, incomplete: str) -> Completions:
    """Return the slugs of the sections of the review named before, with their headings."""
    review = str(context.params.get("review"))
    return _completions(context, lambda library: _sections(library.find_review(review), incomplete))


def _completions(context: typer.Context, find: Callable[[Library], Completions]) -> Completions:
    # Imported here, as in every command, so that `--help` doesn't load the engine.
    from embeddings import Library, LibraryError

    try:
        return find(Library.open(context.params["data"]))
    except LibraryError:
        # A shell that completes a word has nowhere to show an error.
        return []


def _reviews(library: Library, incomplete: str) -> Completions:
    return [(review.slug, review.title) for review in library.reviews() if review.slug.startswith(incomplete)]


def _sections(review: Review, incomplete: str) -> Completions:
    return [(section.slug, section.heading) for section in review.sections if section.slug.startswith(incomplete)]
