"""Rate limits, with the headers that announce them."""

from __future__ import annotations

import hashlib

from tests.discord.loopback.rest.router import COMMANDS, GUILD_COMMANDS, Route
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation.ledger import (
    CALLBACK,
    CHANNEL_MESSAGE,
    CHANNEL_MESSAGES,
    FOLLOW_UP,
    FOLLOW_UP_MESSAGE,
    ORIGINAL,
)

BUCKETS: dict[tuple[str, str], tuple[int, float]] = {
    ("POST", CHANNEL_MESSAGES): (5, 5.0),
    ("PATCH", CHANNEL_MESSAGE): (5, 5.0),
    ("DELETE", CHANNEL_MESSAGE): (5, 1.0),
    ("POST", FOLLOW_UP): (5, 2.0),
    ("PATCH", ORIGINAL): (5, 2.0),
    ("PATCH", FOLLOW_UP_MESSAGE): (5, 2.0),
    ("POST", "/channels/{channel_id}/typing"): (5, 5.0),
    ("PUT", COMMANDS): (2, 10.0),
    ("PUT", GUILD_COMMANDS): (2, 10.0),
}
"""Requests, and the seconds in which they may be made. Discord publishes no numbers: these are those its
headers have been seen to carry."""
ANY_OTHER = (30, 1.0)
A_SECOND_GLOBALLY = 50
MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


class Buckets:
    """Rate limits: fixed windows by route and major parameter, and the global one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.enforced = True
        self._used: dict[tuple[str, ...], tuple[float, int]] = {}
        self._second: tuple[float, int] = (0.0, 0)

    def take(self, call_route: Route, params: dict[str, str]) -> tuple[dict[str, str], float | None, bool]:
        """Headers, the seconds to wait where the bucket is empty, and whether that is the global one."""
        if call_route.template == CALLBACK or not self.enforced:
            return {}, None, False
        now = self.world.clock.now()
        most, window = BUCKETS.get((call_route.method, call_route.template), ANY_OTHER)
        name = hashlib.md5(f"{call_route.method} {call_route.template}".encode()).hexdigest()
        key = (name, *(params[each] for each in MAJOR if each in params))
        start, used = self._used.get(key, (now, 0))
        if now >= start + window:
            start, used = now, 0
        after = start + window - now
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Reset": f"{now + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": name,
        }
        if used >= most:
            return headers, after, False
        self._used[key] = (start, used + 1)
        if call_route.needs_token:
            # An interaction's own routes are outside of the global limit.
            second, count = self._second
            if now >= second + 1:
                second, count = now, 0
            if count >= A_SECOND_GLOBALLY:
                return headers, second + 1 - now, True
            self._second = (second, count + 1)
        return headers, None, False

    def exhaust(self, template: str, method: str, seconds: float) -> None:
        """Empty every bucket of a route for `seconds`."""
        name = hashlib.md5(f"{method} {template}".encode()).hexdigest()
        most, window = BUCKETS.get((method, template), ANY_OTHER)
        now = self.world.clock.now()
        for key in [key for key in self._used if key[0] == name]:
            self._used[key] = (now + seconds - window, most - 1)
