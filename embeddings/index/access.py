"""Which collections an asker may see: nothing outside them is ranked, counted, completed or named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from embeddings.documents.lookup import unknown_review
from embeddings.index.collection import CollectionIndex
from embeddings.index.manifest import COLLECTIONS, Manifest

Collections = Sequence[str]
"""The names of the collections that the asker may see."""


class OpenedCollections:
    """The collections of an index, opened. Opening raises `IndexDamagedError` as `CollectionIndex` does."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._indexes = {
            entry.name: CollectionIndex(directory / COLLECTIONS / entry.name / entry.generation, entry)
            for entry in manifest.collections
        }

    def visible(self, collections: Collections) -> tuple[CollectionIndex, ...]:
        """Return those of `collections` that have reviews, each once, in the order given."""
        return tuple(self._indexes[name] for name in dict.fromkeys(collections) if name in self._indexes)

    def holding(self, slug: str, collections: Collections) -> CollectionIndex:
        """Return the first visible collection with a review of that slug.

        Raises:
            UnknownReviewError: none has it; the message names the closest slugs.
        """
        visible = self.visible(collections)
        for index in visible:
            if index.entry_of(slug) is not None:
                return index
        raise unknown_review(slug, [(entry.slug, entry.slug) for index in visible for entry in index.entry.reviews])

    def close(self) -> None:
        """Close the files."""
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()
