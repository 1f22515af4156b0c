"""What a data directory holds to be indexed, and whether an index still agrees with it.

reviews/                   the shared collection
collections/<name>/        a collection that only some askers may see
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.building import Source
from embeddings.errors import ReviewFileError
from embeddings.manifest import Manifest
from embeddings.reading import read_reviews, review_files, slugify
from embeddings.records import SHARED

REVIEWS = "reviews"
COLLECTIONS = "collections"


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
    for name, folder in _folders(data):
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


def outdated(data: Path, manifest: Manifest) -> tuple[str, ...]:
    """The slugs of the reviews that were added, changed or removed since they were indexed, in order."""
    changed: set[str] = set()
    indexed = {entry.name: {review.file: review for review in entry.reviews} for entry in manifest.collections}
    for name, folder in _folders(data):
        known = indexed.pop(name, {})
        for path in review_files(folder):
            review = known.pop(path.name, None)
            if review is None or not _agrees(path, review.digest, review.size, review.modified):
                changed.add(slugify(path.stem))
        changed.update(review.slug for review in known.values())
    changed.update(review.slug for reviews in indexed.values() for review in reviews.values())
    return tuple(sorted(changed))


def _folders(data: Path) -> Iterator[tuple[str, Path]]:
    yield SHARED, data / REVIEWS
    own = data / COLLECTIONS
    if own.is_dir():
        for folder in sorted(own.iterdir()):
            if folder.is_dir() and folder.name != SHARED and not folder.name.startswith("."):
                yield folder.name, folder


def _agrees(path: Path, digest: str, size: int, modified: int) -> bool:
    try:
        status = path.stat()
        if status.st_size != size:
            return False
        return status.st_mtime_ns == modified or hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _stamp(path: Path) -> tuple[str, str, int, int]:
    """A file's digest, name, size in bytes and time of modification in nanoseconds, as `Source` takes them."""
    try:
        status = path.stat()
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.name, status.st_size, status.st_mtime_ns
    except OSError:
        # `read_reviews` says what is wrong with it.
        return "", path.name, 0, 0
