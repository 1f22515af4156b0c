"""What a backup is: one zip file, a manifest in it that names every other file with its size and digest.

    manifest.json                 format, version of the program, time, version of the database, files
    bot.sqlite3                   the database
    calibration.json              the thresholds, where somebody has calibrated
    reviews/, collections/        the reviews, shared and single servers' own
    questions/                    question files

A zip, not a tar: its table of contents is read before anything is unpacked, and is never larger than the file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from embeddings import calibration
from embeddings.errors import LibraryError
from embeddings.folders import COLLECTIONS, REVIEWS

FORMAT = 1
"""Raised with every change to what an archive holds; an archive of another format is refused."""

MANIFEST = "manifest.json"
DATABASE = "bot.sqlite3"
QUESTIONS = "questions"

FILES = (DATABASE, calibration.FILE)
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
