"""What setting up leaves behind: reviews in their place, and the token in a file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bot.settings import TOKEN
from embeddings.errors import LibraryError
from embeddings.folders import REVIEWS, review_files


class SetupError(LibraryError):
    """Something can't be put in its place: the message says what, and why."""


def copy_reviews(folder: Path, data: Path, replace: Callable[[Path], bool]) -> tuple[Path, ...]:
    """Copy the reviews of a folder among the shared ones; those that are there already stay as they are.

    Args:
        folder: where they are.
        data: the data directory.
        replace: asked for each file of another content that would be replaced.

    Returns:
        The files that were written.

    Raises:
        SetupError: the folder has no reviews, or can't be read; or the data directory can't be written.
    """
    found = review_files(folder)
    if not found:
        raise SetupError(f"{folder}: there are no .md or .txt files in this folder")
    written = []
    try:
        (data / REVIEWS).mkdir(parents=True, exist_ok=True)
        for path in found:
            target = data / REVIEWS / path.name
            content = path.read_bytes()
            if target.exists() and (target.read_bytes() == content or not replace(target)):
                continue
            _write(target, content, mode=0o644)
            written.append(target)
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}; this review was not copied") from error
    return tuple(written)


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
