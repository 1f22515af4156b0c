"""Verdicts on answers: counted on disk by answer; who gave them is known in memory alone, and not for long.

Whoever presses the same button again is not counted again, and whoever presses the other one has changed their mind.
That takes knowing who pressed what; it is known for a day at most, and not after a restart: then a press counts
again. Nothing that stands for a person, a keyed hash included, is written anywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from cachetools import TTLCache

from bot.config import FEEDBACK_LIFETIME, MAX_REMEMBERED
from bot.storage.database import Store
from bot.storage.records import StoreError

_log = logging.getLogger(__name__)


class Feedback:
    """The verdicts of members on answers. For the event loop; the store is asked on a thread."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._given: TTLCache[tuple[int, int], bool] = TTLCache(MAX_REMEMBERED, FEEDBACK_LIFETIME, clock)
        self._turn = asyncio.Lock()

    async def record(self, answer: int, member: int, server: int | None, *, helpful: bool) -> None:
        """Count a member's verdict on an answer, by its message's id; their latest one counts.

        One that can't be written is logged: nobody need wait for it.
        """
        async with self._turn:
            before = self._given.get((answer, member))
            if before is helpful:
                # Stored again, so that its lifetime starts anew.
                self._given[answer, member] = helpful
                return
            try:
                await asyncio.to_thread(
                    self._store.count_feedback, answer, server, helpful=helpful, instead=before is not None
                )
            except StoreError:
                _log.exception("a verdict can't be written")
            else:
                self._given[answer, member] = helpful

    def given_by(self, member: int) -> dict[int, bool]:
        """A member's verdicts as far as they are known to be theirs, by answer."""
        return {answer: helpful for (answer, who), helpful in self._given.items() if who == member}

    def forget(self, member: int) -> None:
        """Forget who gave a member's verdicts; they go on counting."""
        for answer in self.given_by(member):
            del self._given[answer, member]
