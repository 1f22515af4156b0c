"""What setting up leaves behind: reviews in their place, and the token in a file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.settings import TOKEN
from embeddings.errors import LibraryError
from embeddings.folders import REVIEWS, SUFFIXES, review_files
from embeddings.slugs import slugify

NAMED = 3
"""How many files that were left out are named in a line."""


class SetupError(LibraryError):
    """Something can't be put in its place: the message says what, and why."""


class FolderError(SetupError):
    """There are no reviews to copy where they were said to be: name another folder."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying a folder's reviews.

    Attributes:
        written: the files that were written.
        left_out: why others were not, a line for each reason.
    """

    written: tuple[Path, ...]
    left_out: tuple[str, ...]


def copy_reviews(folder: Path, data: Path, replace: Callable[[Path], bool]) -> Copied:
    """Copy the reviews of a folder among the shared ones; those that are there already stay as they are.

    Args:
        folder: where they are.
        data: the data directory.
        replace: asked for each file of another content that would be replaced.

    Raises:
        FolderError: it is no folder, or has no reviews; nothing was written.
        SetupError: the folder can't be read, or the data directory can't be written.
    """
    found = _reviews_in(folder)
    written, left_out = [], []
    try:
        (data / REVIEWS).mkdir(parents=True, exist_ok=True)
        for path in found:
            target = data / REVIEWS / path.name
            # Two files of one slug could not be indexed, whatever is in them.
            slug = slugify(path.stem)
            taken = [each for each in review_files(data / REVIEWS) if slugify(each.stem) == slug and each != target]
            if taken:
                left_out.append(f"{path}: left out, since {taken[0]} has the same short name, '{slug}'")
                continue
            content = path.read_bytes()
            if target.exists() and (target.read_bytes() == content or not replace(target)):
                continue
            _write(target, content, mode=0o644)
            written.append(target)
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}; this review was not copied") from error
    others = _other_files(folder)
    if others:
        named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
        left_out.append(
            f"{folder}: left out what is neither .md nor .txt ({named}); `review-bot add FILE` takes .html and .epub"
        )
    return Copied(tuple(written), tuple(left_out))


def _reviews_in(folder: Path) -> tuple[Path, ...]:
    if not folder.exists():
        raise FolderError(f"{folder}: no such folder")
    if not folder.is_dir():
        raise FolderError(f"{folder}: this is a file; name its folder, or use `review-bot add FILE`")
    found = review_files(folder)
    if not found:
        others = _other_files(folder)
        hint = "; `review-bot add FILE` takes .html and .epub" if others else ""
        raise FolderError(f"{folder}: there are no .md or .txt files in this folder{hint}")
    return found


def _other_files(folder: Path) -> list[str]:
    names = (path.name for path in folder.iterdir() if path.is_file() and path.suffix.lower() not in SUFFIXES)
    return sorted(name for name in names if not name.startswith("."))


def save_token(token: str, data: Path) -> Path:
    """Put a token into the data directory, where `find_token` looks; return the file.

    Raises:
        SetupError: it can't be written; an older token stays.
    """
    file = data / TOKEN
    try:
        data.mkdir(parents=True, exist_ok=True)
        _write(file, f"{token}\n".encode(), mode=0o600)
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}; the token was not saved") from error
    return file


def _write(file: Path, content: bytes, *, mode: int) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        # The mode is given when the file is made: at no moment can anybody else read it.
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
