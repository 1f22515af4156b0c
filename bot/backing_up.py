"""Writing a backup, while the bot may be running."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.archives import DATABASE, FILES, FOLDERS, MANIFEST, ArchivedFile, BackupError, Contents, belongs
from bot.database import copy_database
from bot.version import __version__

_TRIES = 5
"""How often the reviews are read anew where one was changed while they were being read."""

_Stamps = dict[str, tuple[int, int, int]]
"""Each file's inode, size in bytes and time of modification in nanoseconds, by its path under the data directory."""


def back_up(data: Path, file: Path) -> Contents:
    """Write a backup of a data directory; a file of that name is replaced in one step, and only its owner can read it.

    Every file is as it was at one moment: the reviews are read again where one has changed meanwhile, and the
    database is copied by SQLite.

    Raises:
        BackupError: there is nothing to back up, or it can't be read or written; what stood in `file` is untouched.
        StoreError: the database can't be read, or is damaged.
    """
    if file.is_dir():
        raise BackupError(f"{file}: this is a folder; name the file that the backup is to be written to")
    if not file.parent.is_dir():
        raise BackupError(f"{file.parent}: there is no such folder; make it, or name another for the backup")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as beside:
            return _written(data, file, Path(beside))
    except OSError as error:
        raise BackupError(f"{error.filename or file}: {error.strerror or error}; the backup was not written") from error


def _written(data: Path, file: Path, beside: Path) -> Contents:
    archive = beside / "archive"
    database = _copied_database(data, beside)
    for _ in range(_TRIES):
        before = _stamps(data)
        if not before and database is None:
            raise BackupError(f"{data}: there is nothing to back up; name the data directory with --data")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            files = [_put(opened, data / name, name) for name in before]
            if database is not None:
                files.append(_put(opened, beside / DATABASE, DATABASE))
            contents = Contents(
                version=__version__,
                made=datetime.now(UTC).isoformat(timespec="seconds"),
                database=database,
                files=tuple(sorted(files, key=lambda each: each.name)),
            )
            opened.writestr(MANIFEST, contents.to_json())
        if _stamps(data) == before:
            break
    else:
        raise BackupError(f"{data}: the reviews are being changed; try again when they are not")
    with archive.open("rb") as stream:
        os.fsync(stream.fileno())
    archive.chmod(0o600)
    archive.replace(file)
    return contents


def _copied_database(data: Path, beside: Path) -> int | None:
    """The version of the copy, or None where there is no database."""
    if not (data / DATABASE).exists():
        return None
    return copy_database(data / DATABASE, beside / DATABASE).version


def _stamps(data: Path) -> _Stamps:
    stamps = {}
    for path in _files(data):
        name = path.relative_to(data).as_posix()
        if not belongs(name):
            raise BackupError(f"{path}: a file of such a name can't be backed up; rename it")
        status = path.stat()
        stamps[name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return stamps


def _files(data: Path) -> Iterator[Path]:
    """Every file that is kept, but the database; nothing hidden."""
    yield from (data / name for name in FILES if name != DATABASE and (data / name).is_file())
    for folder in FOLDERS:
        for place, folders, names in os.walk(data / folder, onerror=_refuse):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    # A folder that isn't there has no files; of one that can't be listed nobody knows what would be lost.
    if not isinstance(error, FileNotFoundError):
        raise error


def _put(archive: zipfile.ZipFile, path: Path, name: str) -> ArchivedFile:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while block := source.read(1 << 20):
            digest.update(block)
            size += len(block)
            target.write(block)
    return ArchivedFile(name, size, digest.hexdigest())
