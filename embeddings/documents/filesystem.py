"""What file systems do differently: whether a mode closes a file, a folder opens, and an open file can be replaced.

What Windows refuses or lacks is here, tested on a simulated Windows only (`tests/simulated_windows/`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from embeddings.config import DIGEST_BYTES, REPLACE_PAUSE_SECONDS, REPLACE_WAIT_SECONDS

HAS_MODES = hasattr(os, "geteuid")
"""Whether a file's mode says who may open it. On Windows the access list of its folder does, and modes say nothing."""

LONGEST_PATH = 259
"""The most characters of a path that Windows opens if long paths are not switched on."""

OWN_PATH_CHARACTERS = 135
"""The most characters that this program adds to a data folder's path, but for the reviews of feeds (200)."""

_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)\d", re.ASCII | re.IGNORECASE)


def names_device(stem: str) -> bool:
    """Return True if Windows takes a file or folder of that name, with any ending, for a device."""
    return _DEVICE.fullmatch(stem) is not None


def is_too_long(path: Path, *, room: int = 0) -> bool:
    """Return True if Windows can't open a path to which `room` characters are added."""
    return not HAS_MODES and len(os.path.abspath(path)) + room > LONGEST_PATH and not _opens_long_paths()  # noqa: PTH100


def digest_of(file: Path) -> str:
    """Return the SHA-256 (hex) of a file, read in pieces, because it may be larger than the memory.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with file.open("rb", buffering=0) as stream:
        # A thread that digests waits for the others between two pieces, so they are large.
        piece = memoryview(bytearray(min(DIGEST_BYTES, os.fstat(stream.fileno()).st_size + 1)))
        while count := stream.readinto(piece):
            digest.update(piece[:count])
    return digest.hexdigest()


def allows_others(file: Path, permissions: int) -> bool:
    """Return True if a file's mode gives one of these permissions, such as `stat.S_IRWXO`.

    Raises:
        OSError: the file can't be examined.
    """
    mode = file.stat().st_mode
    return HAS_MODES and bool(mode & permissions)


def copy_mode(file: Path, descriptor: int) -> None:
    """Give an open file the mode of another file.

    Raises:
        OSError: the file can't be examined, or the mode can't be changed.
    """
    if HAS_MODES:
        os.fchmod(descriptor, file.stat().st_mode & 0o7777)


def flush_folder(folder: Path) -> None:
    """Write a folder's names to the disk, where a folder can be opened for that.

    Raises:
        OSError: the disk refuses.
    """
    try:
        opened = os.open(folder, os.O_RDONLY)
    except PermissionError:
        # Windows opens no folder, and NTFS has the names in its journal.
        if HAS_MODES:
            raise
        return
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _opens_long_paths() -> bool:
    import ctypes

    try:
        allowed = ctypes.WinDLL("ntdll").RtlAreLongPathsEnabled  # type: ignore[attr-defined, unused-ignore]
    except (AttributeError, OSError):
        # Windows before 10, or a simulated one.
        return False
    allowed.restype = ctypes.c_ubyte
    return bool(allowed())


def replace_file(source: Path, target: Path) -> None:
    """Put a file in the place of another in one step.

    Windows refuses while another process has one of the two open, even to read it. That lasts only a moment, so it is
    tried again.

    Raises:
        OSError: it can't be done. `target` is unchanged.
    """
    until = time.monotonic() + REPLACE_WAIT_SECONDS
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if HAS_MODES or time.monotonic() > until:
                raise
        time.sleep(REPLACE_PAUSE_SECONDS)


def remove_unused_folder(folder: Path) -> None:
    """Remove a folder that nothing refers to any more, as far as possible.

    On Windows a folder that another process reads stays whole, to be removed another time. Elsewhere that process can
    still read what it has open.
    """
    leaving = folder if folder.name.startswith(".") else folder.with_name(f".{folder.name}.old")
    with suppress(OSError):
        if leaving != folder:
            # Windows renames no folder in which a file is open.
            folder.rename(leaving)
        shutil.rmtree(leaving, ignore_errors=True)
