"""What the bot remembers on disk: server settings, verdicts on answers, and what was last synchronised.

SQLite, brought up to date on start. Synchronous and quick; the client calls it through its executor. A database written
by a newer version is refused and left as it is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from embeddings.errors import LibraryError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE servers (
            server INTEGER PRIMARY KEY,
            private_answers INTEGER NOT NULL CHECK (private_answers IN (0, 1)),
            hide_spoilers INTEGER NOT NULL CHECK (hide_spoilers IN (0, 1)),
            default_review TEXT
        ) STRICT
        """,
        """
        CREATE TABLE mention_channels (
            server INTEGER NOT NULL REFERENCES servers (server) ON DELETE CASCADE,
            channel INTEGER NOT NULL,
            PRIMARY KEY (server, channel)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE synced (
            scope TEXT PRIMARY KEY,
            digest TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE verdicts (
            answer INTEGER NOT NULL,
            member INTEGER NOT NULL,
            helpful INTEGER NOT NULL CHECK (helpful IN (0, 1)),
            PRIMARY KEY (answer, member)
        ) STRICT, WITHOUT ROWID
        """,
    ),
)
"""What leads from each version of the database to the next. Never change an entry: add one."""

VERSION = len(MIGRATIONS)
"""The version that this program reads and writes, kept in the database's `user_version`."""

EVERYWHERE = "global"
"""The scope of commands that are synchronised for every server; a single server's scope is its id."""

_PATIENCE = 5.0  # seconds to wait for another process that is writing


class StoreError(LibraryError):
    """The database can't be opened, read or written: mend the file or its folder."""


class StoreVersionError(StoreError):
    """The database was written by a newer version: update this one. It was left as it is."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What those who manage a server have chosen; the defaults hold where they haven't.

    `mention_channels` are the ids of the channels where mentions are answered, in order; none means all.
    `default_review` is a slug.
    """

    private_answers: bool = False
    hide_spoilers: bool = True
    mention_channels: tuple[int, ...] = ()
    default_review: str | None = None

    def answers_mentions_in(self, *channels: int) -> bool:
        """Whether mentions are answered in a channel; give a thread's own id and its parent's."""
        return not self.mention_channels or any(channel in self.mention_channels for channel in channels)


class Store:
    """An open database. Calls from several threads take turns; every change is on disk when its call returns.

    Raises:
        StoreVersionError: it was written by a newer version.
        StoreError: it can't be opened, or isn't a database of the bot's. Later calls raise it as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Closing twice does nothing."""
        with self._lock:
            self._connection.close()

    def server_settings(self, server: int) -> ServerSettings:
        """A server's settings, by its id."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute(
                "SELECT private_answers, hide_spoilers, default_review FROM servers WHERE server = ?", (server,)
            ).fetchone()
            if row is None:
                return ServerSettings()
            channels = connection.execute(
                "SELECT channel FROM mention_channels WHERE server = ? ORDER BY channel", (server,)
            ).fetchall()
        return ServerSettings(bool(row[0]), bool(row[1]), tuple(channel for (channel,) in channels), row[2])

    def save_server_settings(self, server: int, settings: ServerSettings) -> None:
        """Replace a server's settings."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO servers (server, private_answers, hide_spoilers, default_review) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (server) DO UPDATE SET private_answers = excluded.private_answers, "
                "hide_spoilers = excluded.hide_spoilers, default_review = excluded.default_review",
                (server, settings.private_answers, settings.hide_spoilers, settings.default_review),
            )
            connection.execute("DELETE FROM mention_channels WHERE server = ?", (server,))
            connection.executemany(
                "INSERT INTO mention_channels (server, channel) VALUES (?, ?)",
                [(server, channel) for channel in sorted(set(settings.mention_channels))],
            )

    def synced_digest(self, scope: str = EVERYWHERE) -> str | None:
        """The digest of the commands that were last synchronised in a scope, or None."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute("SELECT digest FROM synced WHERE scope = ?", (scope,)).fetchone()
        return None if row is None else str(row[0])

    def save_synced_digest(self, digest: str, scope: str = EVERYWHERE) -> None:
        """Remember the digest of the commands that were just synchronised."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO synced (scope, digest) VALUES (?, ?) "
                "ON CONFLICT (scope) DO UPDATE SET digest = excluded.digest",
                (scope, digest),
            )

    def save_verdict(self, answer: int, member: int, *, helpful: bool) -> None:
        """Note whether an answer, by its message's id, helped a member. Their latest verdict counts."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO verdicts (answer, member, helpful) VALUES (?, ?, ?) "
                "ON CONFLICT (answer, member) DO UPDATE SET helpful = excluded.helpful",
                (answer, member, helpful),
            )

    def verdicts(self) -> tuple[int, int]:
        """How many verdicts were helpful, and how many were not."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute("SELECT coalesce(sum(helpful), 0), count(*) FROM verdicts").fetchone()
        return int(row[0]), int(row[1]) - int(row[0])

    def _prepare(self) -> None:
        with self._explained():
            # A newer version's file is looked at before anything, the journal's mode included, is changed.
            self._refuse_newer(self._version())
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        with self._transaction("IMMEDIATE") as connection:
            version = self._version()
            self._refuse_newer(version)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            # PRAGMA takes no parameters; the number is this module's own.
            connection.execute(f"PRAGMA user_version = {VERSION:d}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _refuse_newer(self, version: int) -> None:
        if version > VERSION:
            raise StoreVersionError(
                f"{self._path}: written by a newer version of review-bot (database version {version}, "
                f"this one reads up to {VERSION}); update review-bot"
            )

    @contextmanager
    def _transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        """All or nothing; a writer begins with IMMEDIATE, so that it never has to give way halfway."""
        with self._lock, self._explained():
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield self._connection
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self._path}: {error}; check the file, its permissions and the disk") from error
