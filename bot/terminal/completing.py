"""What the shell offers for a review or a section. Reads the index, never the encoder; silent when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from embeddings.library import Library

Completions = list[tuple[str, str]]
"""Values, each with a line about it, which some shells show beside it."""


def complete_review(context: typer.Context, incomplete: str) -> Completions:
    """The slugs of the reviews, with their titles."""
    with _library(context) as library:
        return _reviews(library, incomplete) if library is not None else []


def complete_review_or_section(context: typer.Context, incomplete: str) -> Completions:
    """The reviews' slugs; where there is only one review, the slugs of its sections too."""
    with _library(context) as library:
        if library is None:
            return []
        reviews = library.reviews()
        sections = _sections(library, reviews[0].slug, incomplete) if len(reviews) == 1 else []
        return sections + _reviews(library, incomplete)


def complete_section(context: typer.Context, incomplete: str) -> Completions:
    """The slugs of a review's sections, with their headings."""
    review = context.params.get("review")
    with _library(context) as library:
        return _sections(library, str(review), incomplete) if library is not None and review else []


@contextmanager
def _library(context: typer.Context) -> Iterator[Library | None]:
    # Imported here, as everywhere in this package: `--help` must not wait for the engine.
    from embeddings.errors import LibraryError
    from embeddings.library import Library

    try:
        yield Library.open(_data(context))
    except LibraryError:
        # A shell that is completing a word has no place to show an error in.
        yield None


def _data(context: typer.Context) -> Path:
    data = context.params.get("data")
    return data if isinstance(data, Path) else Path("data")


def _reviews(library: Library, incomplete: str) -> Completions:
    return [(review.slug, review.title) for review in library.reviews() if review.slug.startswith(incomplete)]


def _sections(library: Library, review: str, incomplete: str) -> Completions:
    sections = library.find_review(review).sections
    return [(section.slug, section.heading) for section in sections if section.slug.startswith(incomplete)]
