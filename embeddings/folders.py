"""Where a data directory keeps its reviews.

reviews/                   the shared collection
collections/<name>/        a collection that only some askers may see
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from embeddings.errors import ReviewFileError
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
