"""Examine and copy the database as a file, without changing it, even while the bot is running."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.config import DATABASE_WAIT
from bot.storage.database import refuse_newer
from bot.storage.records import StorageError

_BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_REPAIR = "Replace it with a backup, or move it away. It holds the settings and the stored questions."


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """An intact database: its version, and for each scope the digest of the commands that Discord was given."""

    version: int
    synced: dict[str, str]


def examine(path: Path) -> DatabaseState:
    """Read every page of a database and return its state.

    Raises:
        StorageVersionError: a newer version wrote it.
        StorageError: it is missing, can't be read, or is damaged.
    """
    with _reading(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        refuse_newer(path, version)
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StorageError(f"{path}: The database is damaged ({' '.join(found.split())}). {_REPAIR}")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        # The first version has no such table.
        synced = dict(connection.execute("SELECT scope, digest FROM synced")) if "synced" in tables else {}
    return DatabaseState(version, synced)


def copy_database(path: Path, target: Path) -> DatabaseState:
    """Copy a database as it is at one moment, and examine the copy.

    Args:
        path: the database, which may be in use.
        target: the copy, a single new file.

    Raises:
        StorageVersionError: a newer version wrote it.
        StorageError: it can't be read, or is damaged.
    """
    with _reading(path) as connection, closing(sqlite3.connect(target)) as copied:
        connection.backup(copied)
        # Without WAL, so that the copy is a single file.
        copied.execute("PRAGMA journal_mode = DELETE")
    try:
        return examine(target)
    except StorageError as error:
        # The copy is about to be deleted, and has its faults from the database.
        raise type(error)(str(error).replace(str(target), str(path))) from error


def in_use(path: Path) -> bool:
    """Return True if another process has a database open. Nobody can use a damaged one."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            # Only the sole user of a database can turn WAL off. The next one that opens it turns it on again.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    except sqlite3.DatabaseError:
        return False
    return False


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=DATABASE_WAIT, isolation_level=None)
        ) as connection:
            yield connection
    except (OSError, sqlite3.Error) as error:
        broken = isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN
        advice = _REPAIR if broken else "Check the file, its permissions and the disk."
        raise StorageError(f"{path}: The database can't be read: {error}. {advice}") from error
