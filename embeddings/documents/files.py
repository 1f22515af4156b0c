"""Where a data directory keeps its reviews.

reviews/                   the shared collection
collections/<name>/        a collection that only some askers may see
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents.slugs import slugify
from embeddings.errors import ReviewFileError, ReviewStorageError
from embeddings.records import SHARED

REVIEWS = "reviews"
COLLECTIONS = "collections"

SUFFIXES = (".md", ".txt")
"""The endings of review files, in lower case."""


def collection_folder(data: Path, collection: str) -> Path:
    """Where a collection's reviews are kept, whether or not the folder is there yet."""
    return data / REVIEWS if collection == SHARED else data / COLLECTIONS / collection


def review_files(directory: Path) -> tuple[Path, ...]:
    """The review files that stand in a folder itself, sorted by name; hidden files are none.

    A missing folder has no files. Every other `.md` or `.txt` counts, `README.md` too: notes about the reviews
    belong beside the folder, not in it.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    try:
        entries = sorted(directory.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ReviewFileError(
            directory, None, f"the folder can't be listed: {error.strerror or type(error).__name__}"
        ) from error
    return tuple(path for path in entries if not path.name.startswith(".") and path.suffix.lower() in SUFFIXES)


def collection_folders(data: Path) -> Iterator[tuple[str, Path]]:
    """Each collection's name and folder, the shared one first, the others by name."""
    yield SHARED, data / REVIEWS
    own = data / COLLECTIONS
    if own.is_dir():
        for folder in sorted(own.iterdir()):
            if folder.is_dir() and folder.name != SHARED and not folder.name.startswith("."):
                yield folder.name, folder


def digest_of(file: Path) -> str:
    """The SHA-256 (hex) of a file, which is read piece by piece: it may be larger than a review.

    Raises:
        OSError: it can't be read.
    """
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


MOST_REVIEWS = 100
"""Reviews in one server's own collection, so that no server fills the disk."""


MOST_CHARACTERS = 2_000_000
"""Characters of all review files in one server's own collection, so that the others' don't wait long for the index:
half a million take a minute and a half of one core."""


_UNFINISHED = ".adding-"
"""How the names of files begin that are being written; hidden files are no reviews."""


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A review file as it stands: where, and the SHA-256 (hex) of its content."""

    file: Path
    digest: str


def find_review_file(data: Path, collection: str, slug: str) -> ReviewFile | None:
    """The file of the review of that slug, or None.

    Raises:
        ReviewStorageError: it can't be read.
    """
    for file in review_files(collection_folder(data, collection)):
        if slugify(file.stem) == slug:
            try:
                return ReviewFile(file, digest_of(file))
            except OSError as error:
                raise ReviewStorageError(f"the review '{slug}' can't be read: {error.strerror}") from error
    return None


def add_review(data: Path, collection: str, slug: str, content: str, *, replaces: str | None = None) -> Path:
    """Keep a review file; where it stands then.

    It is written beside, flushed to the disk, and put in its place in one step: killed at any moment, there is the old
    file or the new one.

    Args:
        data: the data directory.
        collection: where the review belongs.
        slug: the review's slug.
        content: Markdown with front matter.
        replaces: the digest of the file that it is to replace; None where there is to be none.

    Raises:
        ReviewStorageError: another file stands there than was expected, there are too many or they would be too long in
            all, or the disk refuses.
    """
    folder = collection_folder(data, collection)
    kept = find_review_file(data, collection, slug)
    if (kept.digest if kept else None) != replaces:
        raise ReviewStorageError(f"the review '{slug}' has been added or changed meanwhile; nothing was done")
    if kept is not None and kept.file.suffix.lower() != ".md":
        raise ReviewStorageError(f"the review '{slug}' is kept as {kept.file.name}; remove it first")
    if kept is None and collection != SHARED and len(review_files(folder)) >= MOST_REVIEWS:
        raise ReviewStorageError(f"there are {MOST_REVIEWS} reviews here already; remove one first")
    if collection != SHARED:
        _refuse_much(folder, content, kept)
    place = kept.file if kept else folder / f"{slug}.md"
    unfinished = folder / f"{_UNFINISHED}{slug}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(f"{_UNFINISHED}*"):
            left_over.unlink()
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
        _flush(folder)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise ReviewStorageError(f"the review '{slug}' can't be written: {error.strerror}") from error
    return place


def remove_review(data: Path, collection: str, slug: str) -> None:
    """Delete a review's file.

    Raises:
        ReviewStorageError: there is none, or the disk refuses.
    """
    kept = find_review_file(data, collection, slug)
    if kept is None:
        raise ReviewStorageError(f"there is no review '{slug}' any more")
    try:
        kept.file.unlink()
        _flush(kept.file.parent)
    except OSError as error:
        raise ReviewStorageError(f"the review '{slug}' can't be removed: {error.strerror}") from error


def _refuse_much(folder: Path, content: str, replaces: ReviewFile | None) -> None:
    """Refuse what would make a collection too long; what makes one shorter that is too long already may be kept."""
    lengths = {file: _characters(file) for file in review_files(folder)}
    before = sum(lengths.values())
    after = before - (lengths[replaces.file] if replaces else 0) + len(content)
    if after > max(MOST_CHARACTERS, before):
        raise ReviewStorageError(
            f"the reviews here would be {after:,} characters long in all, where {MOST_CHARACTERS:,} may be kept; "
            "shorten this one, or remove another first"
        )


def _characters(file: Path) -> int:
    """How long a file is; one that can't be read isn't indexed either."""
    try:
        with file.open("rb") as opened:
            # No character takes more than four bytes: what comes after that many is too much in any case.
            return len(opened.read(4 * (MOST_CHARACTERS + 1)).decode("utf-8", "replace"))
    except OSError:
        return 0


def _flush(folder: Path) -> None:
    """Have a folder's entries written to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
