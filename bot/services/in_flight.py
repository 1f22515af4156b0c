"""What is under way: so that a bot that is told to stop finishes it first, and does nothing twice."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from types import TracebackType

from bot.config import MAX_REMEMBERED


class InFlight:
    """Counts what is under way (`with work:`), and knows what has been taken up before."""

    def __init__(self) -> None:
        self._under_way = 0
        self._none = asyncio.Event()
        self._none.set()
        self._seen: OrderedDict[int, None] = OrderedDict()

    def __enter__(self) -> None:
        self._under_way += 1
        self._none.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._none.set()

    async def finished(self) -> None:
        """Wait until nothing is under way."""
        await self._none.wait()

    def is_new(self, number: int) -> bool:
        """Whether an interaction or message comes for the first time, by its id; asking makes it known."""
        if number in self._seen:
            return False
        self._seen[number] = None
        while len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return True
