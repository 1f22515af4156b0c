"""Limit how often a member, and a server as a whole, asks and looks at further passages.

discord.py's `CooldownMapping` would allow a server twice its share within a minute, around the end of a window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from cachetools import LRUCache

from bot.config import MAX_REMEMBERED

_MINUTE = 60.0


class RateLimits:
    """Knows who asked when, in memory.

    Args:
        clock: a monotonic clock, in seconds.
        member_wait: seconds between two questions of one member, and between two presses that search. 0 for no wait.
        server_rate: questions and such presses per minute in one server. 0 for no limit.
    """

    def __init__(self, clock: Callable[[], float], *, member_wait: float, server_rate: int) -> None:
        self._clock = clock
        self._member_wait = member_wait
        self._server_rate = server_rate
        self._members: LRUCache[tuple[int, bool], float] = LRUCache(MAX_REMEMBERED)
        self._servers: dict[int, deque[float]] = {}

    def claim(self, member: int, server: int | None, *, pressed: bool = False) -> float:
        """Return the seconds that the member has to wait. 0 counts as a question.

        A member who has just asked may look further at once: a press that searches (`pressed`) waits only for another.
        """
        now = self._clock()
        wait = max(self._member_waits((member, pressed), now), self._server_waits(server, now))
        if wait > 0:
            return wait
        if self._member_wait:
            self._members[member, pressed] = now
        if server is not None and self._server_rate:
            self._servers.setdefault(server, deque(maxlen=self._server_rate)).append(now)
        return 0.0

    def forget(self, member: int) -> None:
        """Forget when a member asked."""
        for pressed in (False, True):
            self._members.pop((member, pressed), None)

    def _member_waits(self, claim: tuple[int, bool], now: float) -> float:
        return max(0.0, self._members.get(claim, -self._member_wait) + self._member_wait - now)

    def _server_waits(self, server: int | None, now: float) -> float:
        asked = self._servers.get(server) if server is not None else None
        if asked is None or len(asked) < self._server_rate:
            return 0.0
        return max(0.0, asked[0] + _MINUTE - now)
