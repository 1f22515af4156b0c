"""Write a file that a user names: in one step, and never over somebody else's work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from filecmp import cmp
from pathlib import Path
from typing import BinaryIO

from embeddings.documents.filesystem import copy_mode, replace_file
from embeddings.errors import OutputError

PARTIAL = ".review-bot."
"""How the names of files begin while they are written."""

IsOurs = Callable[[Path], bool]
"""Returns True if a file is an earlier output of the same kind, which may be renewed."""


def written_by_nobody(_: Path) -> bool:
    """Return False: every existing file is somebody's work."""
    return False


def written_by_us(_: Path) -> bool:
    """Return True: only this program has a file of that name, or the user has agreed to replace it."""
    return True


def check_output(file: Path, is_ours: IsOurs = written_by_nobody, *, force: bool = False) -> None:
    """Refuse to write a file if that would replace anything but an earlier output. An empty file is nobody's work.

    With `force` any file is replaced, but never a folder or a device.

    Raises:
        OutputError: the file must not be replaced.
    """
    if file.is_dir():
        raise OutputError(f"{file}: This is a folder. Name a file in it.")
    if not file.exists():
        return
    if not file.is_file():
        raise OutputError(f"{file}: This is not a file that can be replaced. Name another one.")
    if not (force or file.stat().st_size == 0 or is_ours(file)):
        raise OutputError(
            f"{file}: There is a file of this name already, which this command did not write. "
            "Name another one, or replace it with --force."
        )


@contextmanager
def output_file(
    file: Path, is_ours: IsOurs = written_by_nobody, *, force: bool = False, mode: int | None = None
) -> Iterator[BinaryIO]:
    """Open a file to write, and put it in its place in one step when the block ends without an error.

    Until then it has another name in the same folder, so whoever is killed leaves the old file or the new one. A file
    with the same content is no obstacle. A symbolic link stays, and the file that it names is replaced.

    Args:
        file: the file to write. Its folder must exist.
        is_ours: recognises an earlier output, which may be replaced.
        force: whether the user wants any file to be replaced.
        mode: the file's permissions; None keeps those of the file that it replaces, or takes the usual ones.

    Raises:
        OutputError: the file must not be replaced.
        OSError: it can't be written. The old file, if there was one, is unchanged.
    """
    place = Path(os.path.realpath(file))
    beside = place.with_name(f"{PARTIAL}{os.urandom(8).hex()}")
    # The file has its mode from the start: at no moment can another user read what they shouldn't.
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            if mode is None and place.is_file():
                copy_mode(place, descriptor)
            yield stream
            stream.flush()
            os.fsync(descriptor)
        check_output(file, lambda old: is_ours(old) or cmp(old, beside, shallow=False), force=force)
        replace_file(beside, place)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_output(
    file: Path,
    content: str | bytes,
    is_ours: IsOurs = written_by_nobody,
    *,
    force: bool = False,
    mode: int | None = None,
) -> None:
    """Write a file's whole content as `output_file` does. Text is written in UTF-8."""
    with output_file(file, is_ours, force=force, mode=mode) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
