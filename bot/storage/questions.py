"""Questions that are kept with consent: stored where a server has chosen that, and deleted for whoever asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from cachetools import TTLCache

from bot.config import ERASURE_LIFETIME, MAX_REMEMBERED
from bot.storage.database import Store
from bot.storage.records import StoredQuestion, StoreError

_log = logging.getLogger(__name__)


class StoredQuestions:
    """The questions that are kept. For the event loop; the store is asked on a thread.

    Args:
        store: where they are kept.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._erased: TTLCache[int, float] = TTLCache(MAX_REMEMBERED, ERASURE_LIFETIME, clock)
        self._turn = asyncio.Lock()

    def was_erased(self, member: int, since: float) -> bool:
        """Whether a member has had their data deleted since then, by the clock."""
        erased = self._erased.get(member)
        return erased is not None and erased >= since

    async def store(self, question: StoredQuestion, *, asked: float) -> None:
        """Store a question if its server keeps them, and the asker has deleted nothing since they asked.

        One that can't be written is logged: nobody need wait for it.
        """
        async with self._turn:
            if self.was_erased(question.member, asked):
                return
            try:
                await asyncio.to_thread(self._store.store_question, question)
            except StoreError:
                _log.exception("a question can't be kept")

    async def of_member(self, member: int) -> tuple[StoredQuestion, ...]:
        """A member's questions, in every server.

        Raises:
            StoreError: they can't be read.
        """
        return await asyncio.to_thread(self._store.questions, member=member)

    async def of_server(self, server: int) -> tuple[StoredQuestion, ...]:
        """A server's questions.

        Raises:
            StoreError: they can't be read.
        """
        return await asyncio.to_thread(self._store.questions, server=server)

    async def erase(self, member: int) -> int:
        """Delete a member's questions, in every server, and those under way; how many were stored.

        Raises:
            StoreError: they can't be deleted, or not from the file's bytes yet; it can be tried again.
        """
        self._erased[member] = self._clock()
        async with self._turn:
            return await asyncio.to_thread(self._store.delete_questions_of, member)
