"""The reviews of a data directory, to be indexed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from embeddings.documents.files import COLLECTIONS, REVIEWS, collection_folders, digest_of, review_files
from embeddings.documents.parser import read_review
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
) -> tuple[tuple[Source, ...], list[ReviewFileError]]:
    """Return the reviews of a folder, and what is wrong with the files that are none.

    Files that share a slug are all left out, because none of them has a better claim to it.
    """
    try:
        paths = review_files(folder)
    except ReviewFileError as error:
        return (), [error]
    by_slug: dict[str, list[Path]] = {}
    for path in paths:
        by_slug.setdefault(slugify(path.stem), []).append(path)
    sources: list[Source] = []
    errors: list[ReviewFileError] = []
    for path in paths:
        slug = slugify(path.stem)
        first, *others = by_slug[slug]
        if path != first:
            reason = f"The slug '{slug}' is also the slug of {first}. Rename or remove one of the files."
            errors.append(ReviewFileError(path, None, reason))
        indexed = known.get(path.name)
        # Before it is read: a file saved in between counts as changed the next time, never as read.
        stamp = _stamp(path, indexed)
        # Cached, because a file may be saved between two calls.
        load = cache(partial(read_review, path, collection=name))
        try:
            if indexed is None or indexed.digest != stamp[0]:
                load()
        except ReviewFileError as error:
            errors.append(error)
        else:
            if not others:
                sources.append(Source(slug, load, *stamp))
    return tuple(sources), errors


def _stamp(path: Path, known: IndexedReview | None) -> tuple[str, str, int, int]:
    """Return a file's digest, name, size in bytes and modification time in nanoseconds, as `Source` takes them."""
    # Reading a pipe or a device may never end. `read_review` reports what is wrong with it.
    unreadable = "", path.name, 0, 0
    if not path.is_file():
        return unreadable
    try:
        status = path.stat()
        if known is not None and (known.size, known.modified) == (status.st_size, status.st_mtime_ns):
            digest = known.digest
        else:
            digest = digest_of(path)
        return digest, path.name, status.st_size, status.st_mtime_ns
    except OSError:
        return unreadable
