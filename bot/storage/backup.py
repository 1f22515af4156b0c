"""What a backup is: one zip file, a manifest in it that names every other file with its size and digest.

    manifest.json                 format, version of the program, time, version of the database, files
    bot.sqlite3                   the database
    calibration.json              the thresholds, where somebody has calibrated
    reviews/, collections/        the reviews, shared and single servers' own
    questions/                    question files

A zip, not a tar: its table of contents is read before anything is unpacked, and is never larger than the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from bot import __version__
from bot.config import BACKUP_TRIES
from bot.storage.integrity import copy_database
from embeddings import CALIBRATION_FILE, COLLECTIONS, REVIEWS, LibraryError

FORMAT = 1
"""Raised with every change to what an archive holds; an archive of another format is refused."""

MANIFEST = "manifest.json"
DATABASE = "bot.sqlite3"
QUESTIONS = "questions"

FILES = (DATABASE, CALIBRATION_FILE)
FOLDERS = (REVIEWS, COLLECTIONS, QUESTIONS)
ENTRIES = (*FILES, *FOLDERS)
"""What is kept of a data directory; the token, the index and all else that is hidden are not."""


class BackupError(LibraryError):
    """A backup that can't be written or read: the message says why, and that nothing was changed."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of a backup: its path under the data directory with `/` between parts, bytes, SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup's manifest says.

    Attributes:
        version: the program that wrote it.
        made: when, in ISO 8601, UTC.
        database: the database's version, or None where there was none.
        files: ordered by name.
    """

    version: str
    made: str
    database: int | None
    files: tuple[ArchivedFile, ...]

    @property
    def reviews(self) -> int:
        """How many files there are of reviews."""
        return sum(file.name.startswith((f"{REVIEWS}/", f"{COLLECTIONS}/")) for file in self.files)

    def to_json(self) -> bytes:
        """The manifest."""
        return json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Contents:
        """Read a manifest.

        Raises:
            BackupError: it is of another format, names what no backup holds, or can't be understood.
        """
        try:
            stored = json.loads(content)
            if stored["format"] != FORMAT:
                raise BackupError(
                    f"the backup has format {stored['format']}, this program reads format {FORMAT}; update review-bot"
                )
            contents = cls(
                version=str(stored["version"]),
                made=str(stored["made"]),
                database=None if stored["database"] is None else int(stored["database"]),
                files=tuple(
                    ArchivedFile(str(file["name"]), int(file["size"]), str(file["sha256"])) for file in stored["files"]
                ),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BackupError(f"its {MANIFEST} can't be understood ({type(error).__name__})") from None
        for file in contents.files:
            if not belongs(file.name):
                raise BackupError(f"it holds {file.name!r}, which is no file of a data directory")
        if len({file.name for file in contents.files}) < len(contents.files):
            raise BackupError("it holds a file twice")
        if (contents.database is None) == any(file.name == DATABASE for file in contents.files):
            raise BackupError("it does not say which database it holds")
        return contents


def belongs(name: str) -> bool:
    """Whether a path under the data directory is one that backups hold; nothing outside it ever is."""
    parts = name.split("/")
    return (
        name in FILES or (len(parts) > 1 and parts[0] in FOLDERS and not any(map(_foreign, parts)))
    ) and PurePosixPath(name).as_posix() == name


def _foreign(part: str) -> bool:
    """Whether a part of a path is hidden, leads upwards, or can't be put down in UTF-8 on one line."""
    return not part or part.startswith(".") or "\\" in part or not part.isprintable()


_Stamps = dict[str, tuple[int, int, int]]
"""Each file's inode, size in bytes and time of modification in nanoseconds, by its path under the data directory."""


def back_up(data: Path, file: Path) -> Contents:
    """Write a backup of a data directory; a file of that name is replaced in one step, and only its owner can read it.

    Every file is as it was at one moment: the reviews are read again where one has changed meanwhile, and the
    database is copied by SQLite.

    Raises:
        BackupError: there is nothing to back up, or it can't be read or written; what stood in `file` is untouched.
        StorageError: the database can't be read, or is damaged.
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
    for _ in range(BACKUP_TRIES):
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
