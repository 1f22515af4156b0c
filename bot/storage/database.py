"""What the bot remembers on disk: server settings, verdicts on answers, questions where a server keeps them.

SQLite, brought up to date on start. Synchronous and quick; the client calls it through its executor. A database written
by a newer version is refused and left as it is. What is deleted is gone from the file's bytes as well.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from bot.config import CONVERSATION_QUESTIONS, DATABASE_RETRY_PAUSE, DATABASE_WAIT
from bot.storage.records import (
    EVERYWHERE,
    ServerSettings,
    StoredQuestion,
    StoreError,
    StoreVersionError,
)
from bot.storage.schema import MIGRATIONS, VERSION
from embeddings import State

DATABASE = "bot.sqlite3"
"""The database's name in the data directory."""

JOURNAL = ("-wal", "-shm")
"""How the names of the files end that SQLite keeps beside a database."""

_IN_MEMORY = Path(":memory:")
"""What SQLite takes for no file at all."""


_QUESTION = "number, server, member, day, question, state, confidence, review, collections, after"


def readable_by_others(path: Path) -> tuple[Path, ...]:
    """The files of a database, and of its journal, that others than their owner may read or write."""
    found = []
    for file in (path, *(path.with_name(path.name + ending) for ending in JOURNAL)):
        # A journal may go at any moment, with the process that closes the database last.
        with suppress(FileNotFoundError):
            if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                found.append(file)
    return tuple(found)


def _keep_private(path: Path) -> None:
    """Keep a database for its owner alone; where there is none, make its file so. SQLite's journal is as private."""
    if path == _IN_MEMORY:
        return
    with suppress(FileExistsError):
        # An empty file is a new database to SQLite. At no moment may anybody else open what it will be.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # Another user's file is that user's to close; the doctor tells of it.
    with suppress(PermissionError, FileNotFoundError):
        for file in readable_by_others(path):
            file.chmod(0o600)


def refuse_newer(path: Path, version: int) -> None:
    """Go no further with a database of a version that this program doesn't know.

    Raises:
        StoreVersionError: it is newer.
    """
    if version > VERSION:
        raise StoreVersionError(
            f"{path}: written by a newer version of review-bot (database version {version}, "
            f"this one reads up to {VERSION}); update review-bot"
        )


class Store:
    """An open database. Calls from several threads take turns; every change is on disk when its call returns.

    Raises:
        StoreVersionError: it was written by a newer version.
        StoreError: it can't be opened, or isn't a database of the bot's. Later calls raise it as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # Whatever wrote to it last may have been killed in the middle of a deletion.
        self._unclean = True
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            _keep_private(path)
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
                "SELECT private_answers, hide_spoilers, default_review, keep_questions FROM servers WHERE server = ?",
                (server,),
            ).fetchone()
            if row is None:
                return ServerSettings()
            channels = connection.execute(
                "SELECT channel FROM mention_channels WHERE server = ? ORDER BY channel", (server,)
            ).fetchall()
        mentions = tuple(channel for (channel,) in channels)
        return ServerSettings(bool(row[0]), bool(row[1]), mentions, row[2], bool(row[3]))

    def save_server_settings(self, server: int, settings: ServerSettings) -> int:
        """Replace a server's settings. One that keeps no questions any more has those deleted that were kept.

        Returns:
            How many were deleted.
        """
        with self._transaction("IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO servers (server, private_answers, hide_spoilers, default_review, keep_questions) "
                "VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (server) DO UPDATE SET private_answers = excluded.private_answers, "
                "hide_spoilers = excluded.hide_spoilers, default_review = excluded.default_review, "
                "keep_questions = excluded.keep_questions",
                (
                    server,
                    settings.private_answers,
                    settings.hide_spoilers,
                    settings.default_review,
                    settings.store_questions,
                ),
            )
            deleted = 0
            if not settings.store_questions:
                deleted = connection.execute("DELETE FROM questions WHERE server = ?", (server,)).rowcount
            connection.execute("DELETE FROM mention_channels WHERE server = ?", (server,))
            connection.executemany(
                "INSERT INTO mention_channels (server, channel) VALUES (?, ?)",
                [(server, channel) for channel in sorted(set(settings.mention_channels))],
            )
        self._scrub(deleted)
        return deleted

    def synced_digest(self, scope: str = EVERYWHERE) -> str | None:
        """The digest of the commands that were last synchronised in a scope, or None."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute("SELECT digest FROM synced WHERE scope = ?", (scope,)).fetchone()
        return None if row is None else str(row[0])

    def synced_digests(self) -> dict[str, str]:
        """Each scope in which commands were synchronised, with their digest."""
        with self._transaction("DEFERRED") as connection:
            return dict(connection.execute("SELECT scope, digest FROM synced ORDER BY scope").fetchall())

    def forget_synced_digest(self, scope: str) -> None:
        """Forget that commands were synchronised in a scope: there are none any more."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute("DELETE FROM synced WHERE scope = ?", (scope,))

    def save_synced_digest(self, digest: str, scope: str = EVERYWHERE) -> None:
        """Remember the digest of the commands that were just synchronised."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO synced (scope, digest) VALUES (?, ?) "
                "ON CONFLICT (scope) DO UPDATE SET digest = excluded.digest",
                (scope, digest),
            )

    def count_feedback(self, answer: int, server: int | None, *, helpful: bool, instead: bool = False) -> None:
        """Count a verdict on an answer, by its message's id and its server's. Who gave it isn't stored.

        With `instead` it takes the place of the opposite one, which the same person gave before.
        """
        added, taken = ("helpful", "not_helpful") if helpful else ("not_helpful", "helpful")
        with self._transaction("IMMEDIATE") as connection:
            # The names of the columns are this module's own.
            connection.execute(
                f"INSERT INTO verdicts (answer, server, {added}, {taken}) VALUES (?, ?, 1, 0) "  # noqa: S608
                f"ON CONFLICT (answer) DO UPDATE SET {added} = {added} + 1, {taken} = max({taken} - ?, 0)",
                (answer, server, instead),
            )

    def feedback_counts(self, server: int | None = None) -> tuple[int, int]:
        """How many verdicts were helpful, and how many were not: those of one server, or all."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute(
                "SELECT coalesce(sum(helpful), 0), coalesce(sum(not_helpful), 0) FROM verdicts "
                "WHERE ?1 IS NULL OR server = ?1",
                (server,),
            ).fetchone()
        return int(row[0]), int(row[1])

    def store_question(self, question: StoredQuestion) -> bool:
        """Store a question if its server keeps them; whether it does.

        Of its context `after` alone is stored, and that only as long as the question of that number is.
        """
        with self._transaction("IMMEDIATE") as connection:
            stored = connection.execute(
                f"INSERT INTO questions ({_QUESTION}) "  # noqa: S608  # the columns are this module's own
                "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                "(SELECT number FROM questions WHERE number = ?10 AND server = ?2) "
                "FROM servers WHERE server = ?2 AND keep_questions = 1",
                (
                    question.number,
                    question.server,
                    question.member,
                    question.day.isoformat(),
                    question.text,
                    question.state.value,
                    question.confidence,
                    question.review,
                    json.dumps(question.collections),
                    question.after,
                ),
            )
            return stored.rowcount == 1

    def questions(
        self, *, server: int | None = None, member: int | None = None, since: date | None = None
    ) -> tuple[StoredQuestion, ...]:
        """The questions that are kept, by day: of one server, of one member, from a day on, or all."""
        with self._transaction("DEFERRED") as connection:
            rows = connection.execute(
                f"SELECT {_QUESTION} FROM questions "  # noqa: S608  # the columns are this module's own
                "WHERE (?1 IS NULL OR server = ?1) AND (?2 IS NULL OR member = ?2) AND (?3 IS NULL OR day >= ?3) "
                "ORDER BY day, number",
                (server, member, since.isoformat() if since else None),
            ).fetchall()
            return tuple(_kept(row, _context(connection, row[-1])) for row in rows)

    def delete_questions_of(self, member: int) -> int:
        """Delete every question of a member, in every server; how many there were."""
        with self._transaction("IMMEDIATE") as connection:
            deleted = connection.execute("DELETE FROM questions WHERE member = ?", (member,)).rowcount
        self._scrub(deleted)
        return deleted

    def purge(self, last: date) -> int:
        """Delete the questions that were asked on that day or before it; how many there were."""
        with self._transaction("IMMEDIATE") as connection:
            deleted = connection.execute("DELETE FROM questions WHERE day <= ?", (last.isoformat(),)).rowcount
        self._scrub(deleted)
        return deleted

    def known_servers(self) -> frozenset[int]:
        """Every server of which anything is stored."""
        with self._transaction("DEFERRED") as connection:
            rows = connection.execute(
                "SELECT server FROM servers UNION SELECT server FROM questions UNION SELECT server FROM departures "
                "UNION SELECT server FROM verdicts WHERE server IS NOT NULL "
                "UNION SELECT CAST(scope AS INTEGER) FROM synced WHERE scope != ?",
                (EVERYWHERE,),
            ).fetchall()
        return frozenset(int(server) for (server,) in rows)

    def left_servers(self) -> dict[int, int]:
        """The servers that the bot has left, each with when that was noticed, in seconds of Unix time."""
        with self._transaction("DEFERRED") as connection:
            return dict(connection.execute("SELECT server, noticed FROM departures ORDER BY server").fetchall())

    def record_departure(self, server: int, noticed: int) -> None:
        """Note that the bot isn't in a server any more; if that has been noted before, it was then."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute("INSERT OR IGNORE INTO departures (server, noticed) VALUES (?, ?)", (server, noticed))

    def cancel_departure(self, server: int) -> None:
        """Note that the bot is in a server after all."""
        with self._transaction("IMMEDIATE") as connection:
            connection.execute("DELETE FROM departures WHERE server = ?", (server,))

    def forget_server(self, server: int) -> None:
        """Delete all that is stored of a server."""
        with self._transaction("IMMEDIATE") as connection:
            for table in ("questions", "verdicts", "servers", "departures"):
                # The names of the tables are this module's own.
                connection.execute(f"DELETE FROM {table} WHERE server = ?", (server,))  # noqa: S608
            connection.execute("DELETE FROM synced WHERE scope = ?", (str(server),))
        self._scrub(1)

    def _scrub(self, deleted: int) -> None:
        """Rewrite the file without what was deleted, now or before, and empty the journal that still has it.

        `secure_delete` alone leaves copies of rows that SQLite has moved from page to page. Where another process
        keeps it from being done, the next change tries again.

        Raises:
            StoreError: it kept what was deleted just now from being gone.
        """
        with self._lock, self._explained():
            self._unclean = self._unclean or deleted > 0
            if self._unclean:
                self._unclean = not self._rewritten()
                if self._unclean and deleted:
                    raise sqlite3.OperationalError("another process is reading it")

    def _rewritten(self) -> bool:
        """Rewrite the file and empty its journal; whether other processes let that be done."""
        until = time.monotonic() + DATABASE_WAIT
        try:
            self._connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return False
        # SQLite itself waits for who reads or writes, but not for another that empties the journal.
        while True:
            (busy, *_), *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not busy or time.monotonic() > until:
                return not busy
            time.sleep(DATABASE_RETRY_PAUSE)

    def _prepare(self) -> None:
        with self._explained():
            # A newer version's file is looked at before anything, the journal's mode included, is changed.
            refuse_newer(self._path, self._version())
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA secure_delete = ON").fetchall()
            # No copies in temporary files.
            self._connection.execute("PRAGMA temp_store = MEMORY")
        with self._transaction("IMMEDIATE") as connection:
            version = self._version()
            refuse_newer(self._path, version)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            # PRAGMA takes no parameters; the number is this module's own.
            connection.execute(f"PRAGMA user_version = {VERSION:d}")
        if 0 < version < VERSION:
            # What a migration took out is still in the file.
            self._scrub(1)

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

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


def _context(connection: sqlite3.Connection, number: int | None) -> tuple[str, ...]:
    """The question of that number and those before it, oldest first."""
    turns: list[str] = []
    while number is not None and len(turns) < CONVERSATION_QUESTIONS:
        text, number = connection.execute(
            "SELECT question, after FROM questions WHERE number = ?", (number,)
        ).fetchone()
        turns.append(text)
    return tuple(reversed(turns))


def _kept(row: tuple[Any, ...], context: tuple[str, ...]) -> StoredQuestion:
    number, server, member, day, text, state, confidence, review, collections, after = row
    return StoredQuestion(
        number,
        server,
        member,
        date.fromisoformat(day),
        text,
        State(state),
        confidence,
        review,
        tuple(json.loads(collections)),
        after,
        context,
    )
