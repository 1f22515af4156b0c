"""The reviews of a data directory, to be indexed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from embeddings.documents.files import COLLECTIONS, REVIEWS, collection_folders, digest_of, review_files
from embeddings.documents.parser import read_review, read_reviews
from embeddings.documents.slugs import slugify
from embeddings.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexVersionError,
    NoReviewsError,
    ReviewFileError,
    ReviewFilesError,
)
from embeddings.index.build.freshness import explain_lost_reviews
from embeddings.index.collection import INDEX_DIRECTORY
from embeddings.index.manifest import IndexedReview, Manifest
from embeddings.records import SHARED, Review


@dataclass(frozen=True, slots=True)
class Source:
    """A review to index, with its file if it has one."""

    slug: str
    load: Callable[[], Review]  # reads the review. Called only if the old index does not have it.
    digest: str  # SHA-256 (hex) of the file, or of the review's content
    file: str | None = None  # the file's name within its folder
    size: int = 0  # the file's size in bytes
    modified: int = 0  # the file's modification time in nanoseconds

    @classmethod
    def from_review(cls, review: Review) -> Source:
        """Return the source of a review without a file."""
        content = json.dumps(asdict(review), ensure_ascii=False, sort_keys=True)
        return cls(review.slug, lambda: review, hashlib.sha256(content.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Sources:
    """The reviews of a data directory by collection, and what is wrong with the files that can't be read."""

    collections: dict[str, tuple[Source, ...]]
    errors: tuple[ReviewFileError, ...]

    @property
    def count(self) -> int:
        """The number of reviews in all collections."""
        return sum(map(len, self.collections.values()))


def read_sources(data: Path, indexed: Manifest | None = None) -> Sources:
    """Return every review of every collection. Files as `indexed` has them are not read until they are loaded."""
    collections: dict[str, tuple[Source, ...]] = {}
    errors: list[ReviewFileError] = []
    reserved = data / COLLECTIONS / SHARED
    if reserved.is_dir():
        reason = f"'{SHARED}' is the collection of {data / REVIEWS}. Rename the folder, or move its reviews there."
        errors.append(ReviewFileError(reserved, None, reason))
    entries = indexed.collections if indexed is not None else ()
    known = {entry.name: {review.file: review for review in entry.reviews} for entry in entries}
    for name, folder in collection_folders(data):
        found, wrong = _collection(name, folder, known.get(name, {}))
        errors.extend(wrong)
        if found:
            collections[name] = found
    return Sources(collections, tuple(errors))


def check_reviews(data: Path) -> int:
    """Return how many reviews a data directory has, if all of them can be indexed.

    Raises:
        ReviewFilesError: files can't be read.
        NoReviewsError: there are no reviews, or all the shared reviews of the index have gone at once.
    """
    sources = read_sources(data)
    if sources.errors:
        raise ReviewFilesError(sources.errors)
    manifest = open_previous(data / INDEX_DIRECTORY)
    lost = explain_lost_reviews(data, manifest, found=SHARED in sources.collections)
    if lost is not None or not sources.count:
        raise NoReviewsError(lost or no_reviews(data))
    return sources.count


def open_previous(directory: Path) -> Manifest | None:
    """Return the manifest of the old index, or None if there is none that can be read."""
    try:
        return Manifest.open(directory)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        return None


def no_reviews(data: Path) -> str:
    """Return the message that a data directory has no reviews."""
    return f"{data / REVIEWS}: There are no reviews. Put a .md or .txt file there."


def _collection(
    name: str, folder: Path, known: Mapping[str | None, IndexedReview]
) -> tuple[tuple[Source, ...], tuple[ReviewFileError, ...]]:
    # Digests first: a file saved in between counts as changed the next time, never as read.
    try:
        stamps = {path: _stamp(path, known.get(path.name)) for path in review_files(folder) if path.is_file()}
    except ReviewFileError:
        stamps = {}
    unchanged = {path for path, stamp in stamps.items() if path.name in known and stamp[0] == known[path.name].digest}
    read = read_reviews(folder, collection=name, skip=unchanged)
    loads: dict[str, Callable[[], Review]] = {review.slug: partial(_given, review) for review in read.reviews}
    # Cached, because a file may be saved between two calls.
    loads |= {slugify(path.stem): cache(partial(read_review, path, collection=name)) for path in read.skipped}
    by_slug = {slugify(path.stem): stamp for path, stamp in stamps.items()}
    return tuple(Source(slug, loads[slug], *by_slug[slug]) for slug in by_slug if slug in loads), read.errors


def _given(review: Review) -> Review:
    return review


def _stamp(path: Path, known: IndexedReview | None) -> tuple[str, str, int, int]:
    """Return a file's digest, name, size in bytes and modification time in nanoseconds, as `Source` takes them."""
    try:
        status = path.stat()
        if known is not None and (known.size, known.modified) == (status.st_size, status.st_mtime_ns):
            digest = known.digest
        else:
            digest = digest_of(path)
        return digest, path.name, status.st_size, status.st_mtime_ns
    except OSError:
        # `read_reviews` reports what is wrong with it.
        return "", path.name, 0, 0
