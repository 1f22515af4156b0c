"""Review files in a data directory: list them, add one, remove one.

reviews/                   the shared collection
collections/<name>/        a collection that only some people may see
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.config import MAX_SERVER_CHARACTERS, MAX_SERVER_REVIEWS
from embeddings.documents.filesystem import flush_folder
from embeddings.documents.outputs import PARTIAL, write_output, written_by_us
from embeddings.documents.slugs import slugify
from embeddings.errors import ReviewFileError, ReviewStorageError
from embeddings.records import SHARED

REVIEWS = "reviews"
COLLECTIONS = "collections"
SUFFIXES = (".md", ".txt")
"""The endings of review files, in lower case."""


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A review file, and the SHA-256 (hex) of its content."""

    file: Path
    digest: str


def collection_folder(data: Path, collection: str) -> Path:
    """Return the folder of a collection's reviews, which need not exist yet."""
    return data / REVIEWS if collection == SHARED else data / COLLECTIONS / collection


def collection_folders(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield each collection's name and folder, the shared one first, the others by name."""
    yield SHARED, data / REVIEWS
    folders = data / COLLECTIONS
    if folders.is_dir():
        for folder in sorted(folders.iterdir()):
            if folder.is_dir() and folder.name != SHARED and not folder.name.startswith("."):
                yield folder.name, folder


def review_files(directory: Path) -> tuple[Path, ...]:
    """Return the review files of a folder, sorted by name, without hidden files and without those of subfolders.

    A missing folder has no files. Every other `.md` or `.txt` counts, also `README.md`: notes about the reviews belong
    beside the folder, not in it.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    try:
        entries = sorted(directory.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return ()
    except OSError as error:
        reason = f"The folder can't be listed ({error.strerror or type(error).__name__})."
        raise ReviewFileError(directory, None, reason) from error
    return tuple(path for path in entries if not path.name.startswith(".") and path.suffix.lower() in SUFFIXES)


def digest_of(file: Path) -> str:
    """Return the SHA-256 (hex) of a file, read in pieces, because it may be larger than a review."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def find_review_file(data: Path, collection: str, slug: str, *, title: str | None = None) -> ReviewFile | None:
    """Return the file of the review with that slug, or None.

    Raises:
        ReviewStorageError: the file can't be read, or the review has another title than the `title` of the one that is
            to replace it.
    """
    for file in review_files(collection_folder(data, collection)):
        if slugify(file.stem) == slug:
            try:
                present = title_in(file.read_text(encoding="utf-8", errors="replace"), file) if title else None
                found = ReviewFile(file, digest_of(file))
            except OSError as error:
                raise ReviewStorageError(f"The review '{slug}' can't be read ({error.strerror}).") from error
            if title and present and slugify(present) != slugify(title):
                raise ReviewStorageError(
                    f"The name '{slug}' belongs to the review “{present}”, which “{title}” does not replace. "
                    "Choose another name."
                )
            return found
    return None


def title_in(content: str, file: Path) -> str | None:
    """Return the title of a Markdown review, or None if it has none."""
    # Imported here because listing reviews needs no YAML.
    from embeddings.documents.formats.front_matter import split_front_matter

    if file.suffix.lower() != ".md":
        return None
    try:
        return split_front_matter(content.removeprefix("\ufeff").replace("\r\n", "\n"), file)[0].title
    except ReviewFileError:
        return None


def add_review(data: Path, collection: str, slug: str, content: str, *, replaces: str | None = None) -> Path:
    """Store a review file, Markdown with front matter, in one step, and return its path.

    `replaces` is the digest of the file that it replaces, or None if there must be none.

    Raises:
        ReviewStorageError: the present file is not the expected one or has another title, the collection is full, or
            the disk refuses.
    """
    folder = collection_folder(data, collection)
    present = find_review_file(data, collection, slug, title=title_in(content, Path(f"{slug}.md")))
    if (present.digest if present else None) != replaces:
        raise ReviewStorageError(f"The review '{slug}' was added or changed in the meantime. Try again.")
    if present is not None and present.file.suffix.lower() != ".md":
        raise ReviewStorageError(f"The review '{slug}' is stored as {present.file.name}. Remove it first.")
    if collection != SHARED:
        _check_room(folder, content, present)
    target = present.file if present else folder / f"{slug}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Of processes that were killed.
        for left_over in folder.glob(f"{PARTIAL}*"):
            left_over.unlink()
        write_output(target, content, written_by_us)
        flush_folder(folder)
    except OSError as error:
        raise ReviewStorageError(f"The review '{slug}' can't be written ({error.strerror}).") from error
    return target


def remove_review(data: Path, collection: str, slug: str) -> None:
    """Delete a review's file.

    Raises:
        ReviewStorageError: there is no such file, or the disk refuses.
    """
    present = find_review_file(data, collection, slug)
    if present is None:
        raise ReviewStorageError(f"The review '{slug}' no longer exists.")
    try:
        present.file.unlink()
        flush_folder(present.file.parent)
    except OSError as error:
        raise ReviewStorageError(f"The review '{slug}' can't be removed ({error.strerror}).") from error


def _check_room(folder: Path, content: str, replaced: ReviewFile | None) -> None:
    """Refuse what would make a server's collection too large. A collection that is too large may always shrink."""
    lengths = {file: _characters(file) for file in review_files(folder)}
    if replaced is None and len(lengths) >= MAX_SERVER_REVIEWS:
        raise ReviewStorageError(f"There are already {MAX_SERVER_REVIEWS} reviews here, the limit. Remove one first.")
    before = sum(lengths.values())
    after = before - (lengths[replaced.file] if replaced else 0) + len(content)
    if after > max(MAX_SERVER_CHARACTERS, before):
        raise ReviewStorageError(
            f"The reviews here would have {after:,} characters in all. The limit is {MAX_SERVER_CHARACTERS:,}. "
            "Shorten this review, or remove another first."
        )


def _characters(file: Path) -> int:
    """Return how many characters a file has, 0 if it can't be read: then it isn't indexed either."""
    try:
        with file.open("rb") as opened:
            # No character takes more than four bytes, so what comes after these is too much in any case.
            return len(opened.read(4 * (MAX_SERVER_CHARACTERS + 1)).decode("utf-8", "replace"))
    except OSError:
        return 0
