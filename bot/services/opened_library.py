"""TBD."""

from __future__ import annotations

import logging
from pathlib import Path

from bot.services.titles import Titles
from embeddings import MANIFEST_FILE, Library, Review

_log = logging.getLogger(__name__)


class OpenedLibrary:
    """A library, and how many calls are in it; it is closed when the last is out and it has been replaced."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.titles = Titles(_every_review(library))
        self.written = (library.directory / MANIFEST_FILE).stat().st_mtime
        self.calls = 0
        self.replaced = False

    def leave(self) -> None:
        """End a call."""
        self.calls -= 1
        self.close_if_done()

    def close_if_done(self) -> None:
        """Close the library if it has been replaced and no call uses it."""
        if self.replaced and self.calls == 0:
            self.library.close()


def open_library(data: Path, reranker: str) -> Library:
    """Open the library with its encoder; a reranker that can't be opened is logged."""
    library = Library.open(data, reranker=reranker)
    # Now, so that the first question doesn't wait for it, and that a damaged encoder is found at once.
    library.encoder.count_tokens([""])
    if library.reranker_problem is not None:
        _log.warning("answering without the reranker: %s", library.reranker_problem)
    return library


def _every_review(library: Library) -> tuple[Review, ...]:
    return library.reviews(collections=_all(library))


def _all(library: Library) -> tuple[str, ...]:
    return tuple(entry.name for entry in library.manifest.collections)
