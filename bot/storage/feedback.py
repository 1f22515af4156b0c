"""Count feedback on answers. Who gave it is known in memory only, for a day.

A second press of the same button doesn't count again, and a press of the other one changes the feedback. After a day or
a restart a press counts again. Nothing that identifies a person, not even a keyed hash, is written to the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from cachetools import TTLCache

from bot.config import FEEDBACK_LIFETIME, MAX_REMEMBERED
from bot.storage.database import Database
from bot.storage.records import StorageError

_log = logging.getLogger(__name__)


class Feedback:
    """The members' feedback. For the event loop; the database is used on a thread."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._given: TTLCache[tuple[int, int], bool] = TTLCache(MAX_REMEMBERED, FEEDBACK_LIFETIME, clock)
        self._turn = asyncio.Lock()

    async def record(self, answer: int, member: int, server: int | None, *, helpful: bool) -> None:
        """Count a member's feedback on an answer, by its message's id. The member's latest feedback counts.

        Feedback that can't be written is logged, so that nobody waits for it.
        """
        async with self._turn:
            before = self._given.get((answer, member))
            if before is not helpful:
                try:
                    await asyncio.to_thread(
                        count_feedback, self._database, answer, server, helpful=helpful, instead=before is not None
                    )
                except StorageError:
                    _log.exception("Feedback can't be written")
                    return
            # Stored again, even if it is the same, to restart its lifetime.
            self._given[answer, member] = helpful

    async def counts(self, server: int) -> tuple[int, int]:
        """Return how much feedback in a server was "helpful" and how much "not helpful".

        Raises:
            StorageError: it can't be read.
        """
        return await asyncio.to_thread(feedback_counts, self._database, server)

    def given_by(self, member: int) -> dict[int, bool]:
        """Return a member's feedback by answer, as far as it is known to be theirs."""
        return {answer: helpful for (answer, who), helpful in self._given.items() if who == member}

    def forget(self, member: int) -> None:
        """Forget whose feedback it was. It still counts."""
        for answer in self.given_by(member):
            del self._given[answer, member]


def count_feedback(
    database: Database, answer: int, server: int | None, *, helpful: bool, instead: bool = False
) -> None:
    """Count feedback on an answer, by its message's id and its server's.

    With `instead` it replaces the opposite feedback, which the same member gave before.
    """
    added, taken = ("helpful", "not_helpful") if helpful else ("not_helpful", "helpful")
    with database.writing() as connection:
        # The names of the columns are this module's own.
        connection.execute(
            f"INSERT INTO verdicts (answer, server, {added}, {taken}) VALUES (?, ?, 1, 0) "  # noqa: S608
            f"ON CONFLICT (answer) DO UPDATE SET {added} = {added} + 1, {taken} = max({taken} - ?, 0)",
            (answer, server, instead),
        )


def feedback_counts(database: Database, server: int | None = None) -> tuple[int, int]:
    """Return how much feedback was "helpful" and how much "not helpful", in one server or in all."""
    with database.reading() as connection:
        row = connection.execute(
            "SELECT coalesce(sum(helpful), 0), coalesce(sum(not_helpful), 0) FROM verdicts "
            "WHERE :server IS NULL OR server = :server",
            {"server": server},
        ).fetchone()
    return int(row[0]), int(row[1])
