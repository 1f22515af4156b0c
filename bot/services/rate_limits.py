"""How long a member, and a server as a whole, waits between questions, and between looks at further passages."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import TypeVar

from bot.config import COOLDOWN_NOTICE_INTERVAL, MAX_REMEMBERED

Key = TypeVar("Key", bound=Hashable)

_MINUTE = 60.0


class RateLimits:
    """Who has asked when, in memory.

    Args:
        clock: a monotonic clock, in seconds.
        member_wait: seconds between two questions of one member, and between two presses that search; 0 for none.
        server_rate: questions and such presses a minute in one server; 0 for any number.
    """

    def __init__(self, clock: Callable[[], float], *, member_wait: float, server_rate: int) -> None:
        self._clock = clock
        self._member_wait = member_wait
        self._server_rate = server_rate
        self._members: OrderedDict[tuple[int, bool], float] = OrderedDict()
        self._told: OrderedDict[int, float] = OrderedDict()
        self._servers: dict[int, deque[float]] = {}

    def claim(self, member: int, server: int | None, *, pressed: bool = False) -> float:
        """Seconds that the member has to wait, or 0, which counts.

        Who has just asked may look further at once: a search by a press is `pressed`, and waits for another only.
        """
        now = self._clock()
        wait = max(self._member_waits((member, pressed), now), self._server_waits(server, now))
        if wait > 0:
            return wait
        if self._member_wait:
            _note(self._members, (member, pressed), now)
        if server is not None and self._server_rate:
            self._servers.setdefault(server, deque(maxlen=self._server_rate)).append(now)
        return 0.0

    def may_notify(self, member: int) -> bool:
        """Whether to tell a member aloud that they have to wait: not again and again while they go on."""
        now = self._clock()
        told = self._told.get(member)
        if told is not None and now < told + COOLDOWN_NOTICE_INTERVAL:
            return False
        _note(self._told, member, now)
        return True

    def forget(self, member: int) -> None:
        """Forget when a member has asked."""
        for pressed in (False, True):
            self._members.pop((member, pressed), None)
        self._told.pop(member, None)

    def _member_waits(self, claim: tuple[int, bool], now: float) -> float:
        asked = self._members.get(claim)
        return 0.0 if asked is None else max(0.0, asked + self._member_wait - now)

    def _server_waits(self, server: int | None, now: float) -> float:
        asked = self._servers.get(server) if server is not None else None
        if asked is None or len(asked) < self._server_rate:
            return 0.0
        return max(0.0, asked[0] + _MINUTE - now)


def _note(times: OrderedDict[Key, float], key: Key, now: float) -> None:
    times[key] = now
    times.move_to_end(key)
    while len(times) > MAX_REMEMBERED:
        times.popitem(last=False)
