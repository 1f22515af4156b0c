"""Store questions in servers that choose it, find them, and delete them for the member who asked."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from cachetools import TTLCache

from bot.config import CONVERSATION_QUESTIONS, ERASURE_LIFETIME, MAX_REMEMBERED
from bot.storage.database import Database
from bot.storage.records import StorageError, StoredQuestion
from embeddings import State

_log = logging.getLogger(__name__)

_COLUMNS = "number, server, member, day, question, state, confidence, review, collections, after"


def today() -> date:
    """Return the day in UTC, as precisely as a question's time is stored."""
    return datetime.now(UTC).date()


class StoredQuestions:
    """The stored questions. For the event loop; the database is used on a thread.

    Args:
        database: where they are stored.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._erased: TTLCache[int, float] = TTLCache(MAX_REMEMBERED, ERASURE_LIFETIME, clock)
        self._turn = asyncio.Lock()

    def was_erased(self, member: int, since: float) -> bool:
        """Return True if a member has deleted their data since then, by the clock."""
        erased = self._erased.get(member)
        return erased is not None and erased >= since

    async def store(self, question: StoredQuestion, *, asked: float) -> None:
        """Store a question if its server stores questions and the member has deleted nothing since they asked.

        A question that can't be written is logged, so that nobody waits for it.
        """
        async with self._turn:
            if self.was_erased(question.member, asked):
                return
            try:
                await asyncio.to_thread(store_question, self._database, question)
            except StorageError:
                _log.exception("A question can't be stored")

    async def find(self, *, server: int | None = None, member: int | None = None) -> tuple[StoredQuestion, ...]:
        """Return a server's questions, or a member's in every server.

        Raises:
            StorageError: they can't be read.
        """
        return await asyncio.to_thread(stored_questions, self._database, server=server, member=member)

    async def erase(self, member: int) -> int:
        """Delete a member's questions in every server, with those in flight. Return how many were stored.

        Raises:
            StorageError: they can't be deleted, or are still in the file's bytes. It can be tried again.
        """
        self._erased[member] = self._clock()
        async with self._turn:
            return await asyncio.to_thread(delete_questions_of, self._database, member)


def store_question(database: Database, question: StoredQuestion) -> bool:
    """Store a question if its server stores questions. Return True if it does.

    Only `after` is stored of the context, and only while the question of that number is stored.
    """
    with database.writing() as connection:
        stored = connection.execute(
            f"INSERT INTO questions ({_COLUMNS}) "  # noqa: S608  # the columns are this module's own
            "SELECT :number, :server, :member, :day, :text, :state, :confidence, :review, :collections, "
            "(SELECT number FROM questions WHERE number = :after AND server = :server) "
            "FROM servers WHERE server = :server AND keep_questions = 1",
            {
                "number": question.number,
                "server": question.server,
                "member": question.member,
                "day": question.day.isoformat(),
                "text": question.text,
                "state": question.state.value,
                "confidence": question.confidence,
                "review": question.review,
                "collections": json.dumps(question.collections),
                "after": question.after,
            },
        )
        return stored.rowcount == 1


def stored_questions(
    database: Database, *, server: int | None = None, member: int | None = None, since: date | None = None
) -> tuple[StoredQuestion, ...]:
    """Return the stored questions by day: all, or those of a server, of a member, or from a day on."""
    with database.reading() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM questions "  # noqa: S608  # the columns are this module's own
            "WHERE (:server IS NULL OR server = :server) AND (:member IS NULL OR member = :member) "
            "AND (:since IS NULL OR day >= :since) "
            "ORDER BY day, number",
            {"server": server, "member": member, "since": since.isoformat() if since else None},
        ).fetchall()
        return tuple(_question(row, _context(connection, row[-1])) for row in rows)


def delete_questions_of(database: Database, member: int) -> int:
    """Delete every question of a member, in every server. Return how many."""
    with database.writing() as connection:
        deleted = connection.execute("DELETE FROM questions WHERE member = ?", (member,)).rowcount
    database.erase_deleted(deleted)
    return deleted


def delete_questions_until(database: Database, day: date) -> int:
    """Delete the questions of a day and of all days before it. Return how many."""
    with database.writing() as connection:
        deleted = connection.execute("DELETE FROM questions WHERE day <= ?", (day.isoformat(),)).rowcount
    database.erase_deleted(deleted)
    return deleted


def _context(connection: sqlite3.Connection, number: int | None) -> tuple[str, ...]:
    """Return the question of a number and those before it, oldest first."""
    turns: list[str] = []
    while number is not None and len(turns) < CONVERSATION_QUESTIONS:
        text, number = connection.execute(
            "SELECT question, after FROM questions WHERE number = ?", (number,)
        ).fetchone()
        turns.append(text)
    return tuple(reversed(turns))


def _question(row: tuple[Any, ...], context: tuple[str, ...]) -> StoredQuestion:
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
