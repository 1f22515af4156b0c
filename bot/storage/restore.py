"""Putting a backup in the place of a data directory's content: all of it, or none.

Everything is unpacked beside and checked first. Then what is there is moved aside, and the new into its place; whatever
fails on the way is undone, and what a kill left behind is undone by the next restore.

.restore/new/       what was unpacked
.restore/moving/    what was there, as far as it has been moved aside
.restore/aside/     all that was there, while the new is being moved into its place
.restore/done/      the same, once the new is in its place
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.storage.backup import DATABASE, ENTRIES, MANIFEST, ArchivedFile, BackupError, Contents
from bot.storage.integrity import examine, in_use

STAGING = ".restore"

_NEW, _MOVING, _ASIDE, _DONE = "new", "moving", "aside", "done"

_LONGEST_MANIFEST = 64 << 20
"""Bytes; some 400,000 files."""

_MOVED = (*ENTRIES, f"{DATABASE}-wal", f"{DATABASE}-shm")


def restore(file: Path, data: Path, *, replace: bool = False) -> Contents:
    """Put a backup's content into a data directory; the index is left to be brought up to date.

    Args:
        file: what `back_up` wrote.
        data: the data directory; made where there is none.
        replace: whether what is there may be replaced. All of it is, also what the backup has nothing for.

    Raises:
        BackupError: the backup can't be read, isn't what was written, or is not wanted here; nothing was changed.
        StorageError: its database is damaged, or newer than this program; nothing was changed.
    """
    try:
        made = not data.is_dir()
        data.mkdir(parents=True, exist_ok=True)
        try:
            with _alone(data):
                return _restored(file, data, replace=replace)
        finally:
            if made and not any(data.iterdir()):
                data.rmdir()
    except OSError as error:
        place = Path(error.filename or data)
        if place.is_relative_to(data / STAGING):
            # That folder is gone by now, or never was: what is at fault is where it was to be.
            place = data
        raise BackupError(f"{place}: {error.strerror or error}; nothing was changed") from error


def interrupted(data: Path) -> bool:
    """Whether a restore was killed while it was moving files, so that some of them are not in their places."""
    return any(os.path.lexists(data / STAGING / name) for name in (_MOVING, _ASIDE))


def undo_interrupted(data: Path) -> None:
    """Put back what a killed restore had moved aside, and remove what it had unpacked.

    Raises:
        OSError: it can't be done; doing it again goes on from there.
    """
    staging = data / STAGING
    if os.path.lexists(staging / _ASIDE):
        # All that was there is aside, so that what is there now is new.
        for name in _MOVED:
            _remove(data / name)
        (staging / _ASIDE).rename(staging / _MOVING)
    if os.path.lexists(staging / _MOVING):
        for path in (staging / _MOVING).iterdir():
            path.rename(data / path.name)
    _remove(staging)


def _restored(file: Path, data: Path, *, replace: bool) -> Contents:
    undo_interrupted(data)
    try:
        taken = [name for name in ENTRIES if _filled(data / name)]
        if taken and not replace:
            raise BackupError(
                f"{data}: there is something already ({', '.join(taken)}); name another folder with --data, or "
                "replace all of it with --replace"
            )
        contents = _unpacked(file, data / STAGING / _NEW)
        if (data / DATABASE).exists() and in_use(data / DATABASE):
            raise BackupError(f"{data / DATABASE}: in use; stop the bot first, and start it again afterwards")
        _swap(data)
        return contents
    finally:
        if not interrupted(data):
            shutil.rmtree(data / STAGING, ignore_errors=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError(f"{data}: another restore is going on") from None
    finally:
        os.close(folder)


def _filled(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else os.path.lexists(path)


def _unpacked(file: Path, new: Path) -> Contents:
    new.mkdir(parents=True)
    try:
        with zipfile.ZipFile(file) as archive:
            contents = _contents(archive)
            _check_room(contents, new)
            for each in contents.files:
                _unpack(archive, each, new / each.name)
        if contents.database is not None and examine(new / DATABASE).version != contents.database:
            raise BackupError("its database is not of the version that it says")
    except BackupError as error:
        raise BackupError(f"{file}: {error}; nothing was changed") from None
    # An archive of any content makes zipfile raise any of these, a damaged one the first three.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise BackupError(f"{file}: not a sound backup ({error}); nothing was changed") from None
    return contents


def _contents(archive: zipfile.ZipFile) -> Contents:
    names = archive.namelist()
    if not {each.compress_type for each in archive.infolist()} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BackupError("it is compressed in a way that no backup is")
    if MANIFEST not in names:
        raise BackupError(f"not a backup of review-bot: it has no {MANIFEST}")
    with archive.open(MANIFEST) as stream:
        content = stream.read(_LONGEST_MANIFEST + 1)
    if len(content) > _LONGEST_MANIFEST:
        raise BackupError(f"its {MANIFEST} is too long")
    contents = Contents.from_json(content)
    if sorted(names) != sorted([MANIFEST, *(file.name for file in contents.files)]):
        raise BackupError(f"it does not hold the files that its {MANIFEST} names")
    return contents


def _check_room(contents: Contents, folder: Path) -> None:
    wanted, free = sum(file.size for file in contents.files), shutil.disk_usage(folder).free
    if wanted > free:
        raise BackupError(f"it needs {wanted:,} bytes, and {free:,} are free")


def _unpack(archive: zipfile.ZipFile, file: ArchivedFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    # The database holds what members asked: at no moment may anybody else open it.
    mode = 0o600 if file.name == DATABASE else 0o666
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(opened, "wb") as target, archive.open(file.name) as source:
        while block := source.read(1 << 20):
            size += len(block)
            if size > file.size:
                break
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    if (size, digest.hexdigest()) != (file.size, file.sha256):
        raise BackupError(f"{file.name} is not what was backed up")


def _swap(data: Path) -> None:
    staging = data / STAGING
    (staging / _MOVING).mkdir()
    try:
        for name in _MOVED:
            if os.path.lexists(data / name):
                (data / name).rename(staging / _MOVING / name)
        (staging / _MOVING).rename(staging / _ASIDE)
        for path in (staging / _NEW).iterdir():
            path.rename(data / path.name)
        _flush(data)
        (staging / _ASIDE).rename(staging / _DONE)
    except BaseException:
        undo_interrupted(data)
        raise


def _flush(folder: Path) -> None:
    """Have the names in a folder on the disk; what the files hold is there already."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
