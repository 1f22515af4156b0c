"""Count the work in flight, so that a stopping bot finishes it first, and recognise what has been handled before."""

from __future__ import annotations

import asyncio
from types import TracebackType

from cachetools import FIFOCache

from bot.config import MAX_REMEMBERED


class InFlight:
    """Counts the work in flight (`with in_flight:`), and remembers the ids of what was handled."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._seen: FIFOCache[int, None] = FIFOCache(MAX_REMEMBERED)

    def __enter__(self) -> None:
        self._count += 1
        self._idle.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._count -= 1
        if not self._count:
            self._idle.set()

    async def finished(self) -> None:
        """Wait until nothing is in flight."""
        await self._idle.wait()

    def is_new(self, number: int) -> bool:
        """Return True the first time that the id of an interaction or message is given."""
        if number in self._seen:
            return False
        self._seen[number] = None
        return True
