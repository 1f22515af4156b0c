"""What a data directory holds to be indexed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from embeddings.building import Source
from embeddings.errors import ReviewFileError
from embeddings.folders import COLLECTIONS, REVIEWS, collection_folders, review_files
from embeddings.reading import read_reviews
from embeddings.records import SHARED
from embeddings.slugs import slugify


@dataclass(frozen=True, slots=True)
class Sources:
    """The reviews of a data directory by collection, and the files that can't be read."""

    collections: dict[str, tuple[Source, ...]]
    errors: tuple[ReviewFileError, ...]

    @property
    def count(self) -> int:
        """How many reviews there are in all."""
        return sum(map(len, self.collections.values()))


def read_sources(data: Path) -> Sources:
    """Read every review of every collection."""
    collections: dict[str, tuple[Source, ...]] = {}
    errors: list[ReviewFileError] = []
    taken = data / COLLECTIONS / SHARED
    if taken.is_dir():
        reason = f"'{SHARED}' is the collection of {data / REVIEWS}; rename the folder, or move its reviews there"
        errors.append(ReviewFileError(taken, None, reason))
    for name, folder in collection_folders(data):
        # Digests first: a file saved in between counts as changed at the next look, never as read.
        try:
            stamps = {slugify(path.stem): _stamp(path) for path in review_files(folder) if path.is_file()}
        except ReviewFileError:
            stamps = {}
        read = read_reviews(folder, collection=name)
        errors.extend(read.errors)
        found = tuple(
            Source(review, *stamps[review.slug]) for review in read.reviews if stamps.get(review.slug) is not None
        )
        if found:
            collections[name] = found
    return Sources(collections, tuple(errors))


def _stamp(path: Path) -> tuple[str, str, int, int]:
    """A file's digest, name, size in bytes and time of modification in nanoseconds, as `Source` takes them."""
    try:
        status = path.stat()
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.name, status.st_size, status.st_mtime_ns
    except OSError:
        # `read_reviews` says what is wrong with it.
        return "", path.name, 0, 0
