"""The database as a file: examined and copied without a change, also while the bot is running."""

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
_INSTEAD = "put a backup in its place, or move it away; the settings and the kept questions are in it"


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A sound database: its version, and each scope's digest of the commands that were last synchronised."""

    version: int
    synced: dict[str, str]


def examine(path: Path) -> DatabaseState:
    """Read every page of a database.

    Raises:
        StorageVersionError: it was written by a newer version.
        StorageError: it is missing, can't be read, or is damaged.
    """
    with _reading(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        refuse_newer(path, version)
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StorageError(f"{path}: the database is damaged ({' '.join(found.split())}); {_INSTEAD}")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        # Databases of the first version have no such table.
        synced = dict(connection.execute("SELECT scope, digest FROM synced")) if "synced" in tables else {}
    return DatabaseState(version, synced)


def copy_database(path: Path, target: Path) -> DatabaseState:
    """Copy a database as it stands at one moment, and examine the copy.

    Args:
        path: the database, which may be in use.
        target: the copy, a single file; there is none of this name yet.

    Raises:
        StorageVersionError: it was written by a newer version.
        StorageError: it can't be read, or is damaged.
    """
    with _reading(path) as connection, closing(sqlite3.connect(target)) as copied:
        connection.backup(copied)
        # Out of WAL, so that the copy has no other files beside it.
        copied.execute("PRAGMA journal_mode = DELETE")
    try:
        return examine(target)
    except StorageError as error:
        # What is wrong with the copy is wrong with the database, and the copy is about to go.
        raise type(error)(str(error).replace(str(target), str(path))) from error


def in_use(path: Path) -> bool:
    """Whether another process has a database open. A damaged one, which nobody can use, is not."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            # Only who is alone may leave WAL; the next to open the database enters it again.
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
        advice = _INSTEAD if broken else "check the file, its permissions and the disk"
        raise StorageError(f"{path}: {error}; {advice}") from error
