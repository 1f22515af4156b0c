"""Restore a backup in place of a data folder's content: all of it, or nothing.

The backup is unpacked and checked first. Then the earlier content is moved aside and the new content moved into its
place. A failure undoes this, and the next restore undoes what a kill left behind.

    .restore/new/       the unpacked backup
    .restore/moving/    the earlier content, while it is being moved aside
    .restore/aside/     all the earlier content, while the new content is being moved into its place
    .restore/done/      the same, once the new content is in its place
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.storage.backup import ENTRIES, MANIFEST, MAX_MANIFEST_BYTES, ArchivedFile, BackupError, Manifest
from bot.storage.database import DATABASE, JOURNAL
from bot.storage.integrity import examine, in_use
from embeddings import flush_folder

STAGING = ".restore"

LOCK = ".restore.lock"
"""Locked while a restore runs. Its content and whether it exists mean nothing."""

_NEW, _MOVING, _ASIDE, _DONE = "new", "moving", "aside", "done"

_MOVED = (*ENTRIES, *(DATABASE + ending for ending in JOURNAL))


def restore(file: Path, data: Path, *, replace: bool = False) -> Manifest:
    """Restore a backup to a data folder. The index is not updated.

    Args:
        file: the backup.
        data: the data folder, which is created if it doesn't exist.
        replace: whether to replace all of the folder's content, even what the backup has nothing for.

    Raises:
        BackupError: the backup can't be read, is damaged, or would replace content unasked. Nothing is changed.
        StorageError: its database is damaged or newer than this program. Nothing is changed.
    """
    try:
        is_new = not data.is_dir()
        data.mkdir(parents=True, exist_ok=True)
        try:
            with _alone(data):
                return _restore(file, data, replace=replace)
        finally:
            if is_new and [path.name for path in data.iterdir()] == [LOCK]:
                (data / LOCK).unlink()
                data.rmdir()
    except OSError as error:
        place = Path(error.filename or data)
        if place.is_relative_to(data / STAGING):
            # The staging folder is gone again or was never created. The fault is with the folder around it.
            place = data
        raise BackupError(f"{place}: {error.strerror or error}. Nothing was changed.") from error


def interrupted(data: Path) -> bool:
    """Return True if a restore was killed while it moved files, so that some are not in their places."""
    return any(os.path.lexists(data / STAGING / name) for name in (_MOVING, _ASIDE))


def undo_interrupted(data: Path) -> None:
    """Move back what a killed restore moved aside, and remove what it unpacked.

    Raises:
        OSError: it can't be done. Another call continues from there.
    """
    staging = data / STAGING
    if os.path.lexists(staging / _ASIDE):
        # All the earlier content is aside, so the content in place is new.
        for name in _MOVED:
            _remove(data / name)
        (staging / _ASIDE).rename(staging / _MOVING)
    if os.path.lexists(staging / _MOVING):
        for path in (staging / _MOVING).iterdir():
            path.rename(data / path.name)
    _remove(staging)


def _restore(file: Path, data: Path, *, replace: bool) -> Manifest:
    undo_interrupted(data)
    try:
        # First of all, because whoever mistypes the name of a backup needs no advice on the folder.
        with _opened(file):
            pass
        existing = [name for name in ENTRIES if _has_content(data / name)]
        if existing and not replace:
            raise BackupError(
                f"{data}: The folder is not empty ({', '.join(existing)}). Name another folder with --data, or replace "
                "everything in it with --replace."
            )
        manifest = _unpack(file, data / STAGING / _NEW)
        if (data / DATABASE).exists() and in_use(data / DATABASE):
            raise BackupError(
                f"{data / DATABASE}: The database is in use. Stop the bot first, and start it again afterwards."
            )
        _swap(data)
        return manifest
    finally:
        if not interrupted(data):
            shutil.rmtree(data / STAGING, ignore_errors=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    # Imported here because it imports asyncio, which `doctor` doesn't need.
    import filelock

    lock = filelock.FileLock(data / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise BackupError(f"{data}: Another restore is running. Try again later.") from None
    try:
        yield
    finally:
        lock.release()


def _has_content(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else os.path.lexists(path)


def _unpack(file: Path, new: Path) -> Manifest:
    new.mkdir(parents=True)
    with _opened(file) as (archive, manifest):
        _check_space(manifest, new)
        for each in manifest.files:
            _unpack_file(archive, each, new / each.name)
        if manifest.database is not None and examine(new / DATABASE).version != manifest.database:
            raise BackupError("Its database has another version than it says.")
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open a backup, and name it in the errors of the block."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive, _read_manifest(archive)
    except BackupError as error:
        raise BackupError(f"{file}: {error} Nothing was changed.") from None
    # zipfile raises the first three for a damaged archive, and all of these for a forged one.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise BackupError(f"{file}: This is not a readable backup ({error}). Nothing was changed.") from None


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    names = archive.namelist()
    if not {each.compress_type for each in archive.infolist()} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BackupError("It is compressed as no backup is.")
    if MANIFEST not in names:
        raise BackupError(f"It is not a backup of review-bot: it has no {MANIFEST}.")
    with archive.open(MANIFEST) as stream:
        content = stream.read(MAX_MANIFEST_BYTES + 1)
    if len(content) > MAX_MANIFEST_BYTES:
        raise BackupError(f"Its {MANIFEST} is too large.")
    manifest = Manifest.from_json(content)
    if sorted(names) != sorted([MANIFEST, *(file.name for file in manifest.files)]):
        raise BackupError(f"It does not hold the files that its {MANIFEST} names.")
    return manifest


def _check_space(manifest: Manifest, folder: Path) -> None:
    needed, free = sum(file.size for file in manifest.files), shutil.disk_usage(folder).free
    if needed > free:
        raise BackupError(f"It needs {needed:,} bytes and only {free:,} are free.")


def _unpack_file(archive: zipfile.ZipFile, file: ArchivedFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    # The database holds members' questions: at no moment may anybody else open it.
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
        raise BackupError(f"{file.name} is not the file that was backed up.")


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
        flush_folder(data)
        (staging / _ASIDE).rename(staging / _DONE)
    except BaseException:
        undo_interrupted(data)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
