"""Back up a data folder to one zip file, with a manifest that names every other file with its size and digest.

    manifest.json                 format, version of the program, time, version of the database, files
    bot.sqlite3                   the database
    feeds.json                    the feeds that are read, if there are any
    calibration.json              the thresholds, if somebody calibrated
    folders.json                  the folders whose reviews are read where they are, without the reviews
    reviews/, collections/        the reviews, shared and single servers' own
    questions/                    question files

It is a zip and not a tar because a zip's table of contents can be read before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from bot import __version__
from bot.config import BACKUP_TRIES
from bot.storage.database import DATABASE
from bot.storage.feeds import FEEDS
from bot.storage.integrity import copy_database
from embeddings import CALIBRATION_FILE, COLLECTIONS, FOLDERS_FILE, REVIEWS, LibraryError, check_output, output_file

FORMAT = 1
"""Rises with every change of the format. An archive of another format is refused."""

MANIFEST = "manifest.json"
QUESTIONS = "questions"

FILES = (DATABASE, CALIBRATION_FILE, FEEDS, FOLDERS_FILE)
FOLDERS = (REVIEWS, COLLECTIONS, QUESTIONS)
ENTRIES = (*FILES, *FOLDERS)
"""The entries of a data folder that a backup holds. It leaves out the token, the index and all hidden files."""

MAX_MANIFEST_BYTES = 64 << 20
"""About 400,000 files."""

_FileStamps = dict[str, tuple[int, int, int]]
"""Each file's inode, size in bytes and modification time in nanoseconds, by its path under the data folder."""


class BackupError(LibraryError):
    """A backup can't be written or read. The message says why."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of a backup.

    Attributes:
        name: its path under the data folder, with `/` between parts.
        size: its size in bytes.
        sha256: its digest, in hex.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's table of contents.

    Attributes:
        version: of the program that wrote the backup.
        made: when, in ISO 8601, UTC.
        database: the database's version, or None if there is none.
        files: ordered by name.
    """

    version: str
    made: str
    database: int | None
    files: tuple[ArchivedFile, ...]

    @property
    def reviews(self) -> int:
        """The number of review files."""
        return sum(file.name.startswith((f"{REVIEWS}/", f"{COLLECTIONS}/")) for file in self.files)

    def to_json(self) -> bytes:
        """Return the manifest's file."""
        return json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Read a manifest's file.

        Raises:
            BackupError: it has another format, names a file that no backup holds, or is invalid.
        """
        try:
            stored = json.loads(content)
            if stored["format"] != FORMAT:
                raise BackupError(
                    f"The backup has format {stored['format']} and this program reads format {FORMAT}. "
                    "Update review-bot."
                )
            manifest = cls(
                version=str(stored["version"]),
                made=str(stored["made"]),
                database=None if stored["database"] is None else int(stored["database"]),
                files=tuple(
                    ArchivedFile(str(file["name"]), int(file["size"]), str(file["sha256"])) for file in stored["files"]
                ),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BackupError(f"Its {MANIFEST} is invalid ({type(error).__name__}).") from None
        for file in manifest.files:
            if not belongs(file.name):
                raise BackupError(f"It holds {file.name!r}, which is not a file of a data folder.")
        if len({file.name for file in manifest.files}) < len(manifest.files):
            raise BackupError("It holds a file twice.")
        if (manifest.database is None) == any(file.name == DATABASE for file in manifest.files):
            raise BackupError("It does not say which database it holds.")
        return manifest


def back_up(data: Path, file: Path, *, force: bool = False) -> Manifest:
    """Write a backup of a data folder, readable by its owner alone. It replaces an earlier backup in one step.

    Every file is as it is at one moment: SQLite copies the database, and the reviews are read again if one changes
    meanwhile.

    Args:
        data: the data folder.
        file: the backup to write.
        force: whether to replace a file that is not a backup.

    Raises:
        BackupError: there is nothing to back up, or it can't be read or written. `file` is unchanged.
        OutputError: `file` is not a backup, and not `force`. It is unchanged.
        StorageError: the database is damaged or can't be read.
    """
    if file.is_dir():
        raise BackupError(f"{file}: This is a folder. Name the file to write the backup to.")
    if not file.parent.is_dir():
        raise BackupError(f"{file.parent}: There is no such folder. Create it, or name another one for the backup.")
    try:
        check_output(file, _is_backup, force=force)
        with (
            tempfile.TemporaryDirectory(prefix=".review-bot.", dir=file.parent) as beside,
            output_file(file, _is_backup, force=force, mode=0o600) as stream,
        ):
            return _write(data, stream, Path(beside))
    except OSError as error:
        raise BackupError(
            f"{error.filename or file}: {error.strerror or error}. The backup was not written."
        ) from error


def belongs(name: str) -> bool:
    """Return True if backups hold a path under the data folder. A path that leads out of the folder never belongs."""
    parts = name.split("/")
    return (
        name in FILES or (len(parts) > 1 and parts[0] in FOLDERS and not any(map(_is_foreign, parts)))
    ) and PurePosixPath(name).as_posix() == name


def _is_foreign(part: str) -> bool:
    """Return True if a part of a path is hidden, leads upwards, or can't be written in UTF-8 on one line."""
    return not part or part.startswith(".") or "\\" in part or not part.isprintable()


def _is_backup(file: Path) -> bool:
    """Return True if a file is a backup of any format."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(MANIFEST) as stream:
            manifest = json.loads(stream.read(MAX_MANIFEST_BYTES))
    # zipfile raises the first four for a damaged archive, and all of these for a forged one.
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and {"format", "version", "files"} <= manifest.keys()


def _write(data: Path, stream: BinaryIO, beside: Path) -> Manifest:
    database = None
    if (data / DATABASE).exists():
        database = copy_database(data / DATABASE, beside / DATABASE).version
    for _ in range(BACKUP_TRIES):
        before = _file_stamps(data)
        if not before and database is None:
            raise BackupError(
                f"{data}: There is nothing to back up. Name another data folder with --data or REVIEW_BOT_DATA."
            )
        stream.seek(0)
        stream.truncate()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
            files = [_add(opened, data / name, name) for name in before]
            if database is not None:
                files.append(_add(opened, beside / DATABASE, DATABASE))
            manifest = Manifest(
                version=__version__,
                made=datetime.now(UTC).isoformat(timespec="seconds"),
                database=database,
                files=tuple(sorted(files, key=lambda each: each.name)),
            )
            opened.writestr(MANIFEST, manifest.to_json())
        if _file_stamps(data) == before:
            break
    else:
        raise BackupError(f"{data}: The reviews are being changed. Try again later.")
    return manifest


def _file_stamps(data: Path) -> _FileStamps:
    stamps = {}
    for path in _files(data):
        name = path.relative_to(data).as_posix()
        if not belongs(name):
            raise BackupError(f"{path}: A file with this name can't be backed up. Rename it.")
        status = path.stat()
        stamps[name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return stamps


def _files(data: Path) -> Iterator[Path]:
    """Yield every file to back up except the database."""
    yield from (data / name for name in FILES if name != DATABASE and (data / name).is_file())
    for folder in FOLDERS:
        for place, folders, names in os.walk(data / folder, onerror=_raise_if_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _raise_if_unreadable(error: OSError) -> None:
    # A missing folder has no files. An unreadable one may have some, which would be lost.
    if not isinstance(error, FileNotFoundError):
        raise error


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> ArchivedFile:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while block := source.read(1 << 20):
            digest.update(block)
            size += len(block)
            target.write(block)
    return ArchivedFile(name, size, digest.hexdigest())
