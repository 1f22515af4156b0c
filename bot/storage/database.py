"""The SQLite database: open it, migrate it, keep it private, and erase what is deleted from the file's bytes.

The modules named for a kind of record have the SQL. Calls are synchronous and quick; the event loop makes them on a
thread.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Literal, Self

from bot.config import DATABASE_RETRY_PAUSE, DATABASE_WAIT
from bot.storage.records import StorageError, StorageVersionError
from bot.storage.schema import CLEAN, MIGRATIONS, VERSION, clean_questions
from embeddings import allows_others

DATABASE = "bot.sqlite3"
"""The database's name in the data folder."""

JOURNAL = ("-wal", "-shm")
"""How the names of SQLite's own files beside a database end."""

_IN_MEMORY = Path(":memory:")
"""SQLite's name for no file at all."""


class Database:
    """An open database. Calls from several threads take turns, and every change is on disk when its call returns.

    Raises:
        StorageVersionError: a newer version wrote it. It is left as it is.
        StorageError: it can't be opened, or isn't a database of the bot. Later calls raise it as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # The process that wrote last may have been killed during a deletion.
        self._has_deleted_bytes = True
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_private(path)
            self._connection = sqlite3.connect(
                path, timeout=DATABASE_WAIT, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Closing twice does nothing."""
        with self._lock:
            self._connection.close()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Read in one transaction."""
        return self._transaction("DEFERRED")

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Write in one transaction: all or nothing."""
        # IMMEDIATE, so that a writer never has to give way halfway.
        return self._transaction("IMMEDIATE")

    def erase_deleted(self, deleted: int) -> None:
        """Rewrite the file without deleted rows, and empty the journal, which still has them.

        SQLite's `secure_delete` alone leaves copies of rows that moved between pages. If another process prevents it,
        the next deletion or change of settings tries again.

        Args:
            deleted: the number of rows that were just deleted.

        Raises:
            StorageError: rows that were just deleted are still in the file's bytes.
        """
        with self._lock, self._explained():
            self._has_deleted_bytes = self._has_deleted_bytes or deleted > 0
            if self._has_deleted_bytes:
                self._has_deleted_bytes = not self._rewrite()
                if self._has_deleted_bytes and deleted:
                    raise sqlite3.OperationalError("another process is reading it")

    def _rewrite(self) -> bool:
        """Rewrite the file and empty its journal. Return False if another process prevents it."""
        until = time.monotonic() + DATABASE_WAIT
        try:
            self._connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return False
        # SQLite itself waits for readers and writers, but not for another process that empties the journal.
        while True:
            (busy, *_), *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not busy or time.monotonic() > until:
                return not busy
            time.sleep(DATABASE_RETRY_PAUSE)

    def _prepare(self) -> None:
        with self._explained():
            # Before anything is changed, the journal's mode included: a newer version's file is left as it is.
            refuse_newer(self._path, self._version())
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA secure_delete = ON").fetchall()
            # No copies in temporary files.
            self._connection.execute("PRAGMA temp_store = MEMORY")
        with self.writing() as connection:
            version = self._version()
            refuse_newer(self._path, version)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            if version < CLEAN:
                clean_questions(connection)
            # PRAGMA takes no parameters. The number is this program's own.
            connection.execute(f"PRAGMA user_version = {VERSION:d}")
        if 0 < version < VERSION:
            # Rows that a migration dropped are still in the file.
            self.erase_deleted(1)

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield self._connection
            except BaseException:
                # If the disk is full, SQLite has rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"{self._path}: The database can't be used: {error}. Check the file, its permissions and the disk."
            ) from error


def readable_by_others(path: Path) -> tuple[Path, ...]:
    """Return the files of a database and its journal that others than their owner may read or write."""
    found = []
    for file in (path, *(path.with_name(path.name + ending) for ending in JOURNAL)):
        # A journal may vanish at any moment, with the process that closes the database last.
        with suppress(FileNotFoundError):
            if allows_others(file, stat.S_IRWXG | stat.S_IRWXO):
                found.append(file)
    return tuple(found)


def refuse_newer(path: Path, version: int) -> None:
    """Refuse a database of a version that this program doesn't know.

    Raises:
        StorageVersionError: it is newer.
    """
    if version > VERSION:
        raise StorageVersionError(
            f"{path}: A newer version of review-bot wrote this database (version {version}, this program reads up to "
            f"{VERSION}). Update review-bot."
        )


def _make_private(path: Path) -> None:
    """Make a database its owner's alone, and create it if there is none. SQLite gives its journal the same mode."""
    if path == _IN_MEMORY:
        return
    with suppress(FileExistsError):
        # SQLite takes an empty file for a new database. At no moment may anybody else open it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # Only its owner can change a file's mode. `review-bot doctor` reports a file of another user.
    with suppress(PermissionError, FileNotFoundError):
        for file in readable_by_others(path):
            file.chmod(0o600)
