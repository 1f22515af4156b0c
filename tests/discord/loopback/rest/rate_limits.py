"""Rate limits, and the headers that announce them."""

from __future__ import annotations

import hashlib

from tests.discord.loopback.rest.router import Route
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation.request_log import (
    CALLBACK,
    CHANNEL_MESSAGE,
    CHANNEL_MESSAGES,
    COMMANDS,
    FOLLOW_UP,
    FOLLOW_UP_MESSAGE,
    GUILD_COMMANDS,
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
    ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): (1, 0.25),
    ("PUT", COMMANDS): (2, 10.0),
    ("PUT", GUILD_COMMANDS): (2, 10.0),
}
"""Requests, and the seconds in which they may be made. Discord publishes no numbers: these are those that its headers
have been seen to carry."""
ANY_OTHER = (30, 1.0)
GLOBAL_PER_SECOND = 50
MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


def _bucket(method: str, template: str) -> str:
    return hashlib.md5(f"{method} {template}".encode()).hexdigest()


class RateLimits:
    """Fixed windows by route and major parameter, and the global limit."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.enforced = True
        self._used: dict[tuple[str, ...], tuple[float, int]] = {}
        self._second: tuple[float, int] = (0.0, 0)

    def take(self, route: Route, params: dict[str, str]) -> tuple[dict[str, str], float | None, bool]:
        """Count a request.

        Returns:
            The headers; the seconds to wait if a limit is reached, or None; True if that is the global limit.
        """
        if route.template == CALLBACK or not self.enforced:
            return {}, None, False
        now = self.world.clock.now()
        most, window = BUCKETS.get((route.method, route.template), ANY_OTHER)
        name = _bucket(route.method, route.template)
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
        if route.needs_token:  # an interaction's own routes are outside the global limit
            second, count = self._second
            if now >= second + 1:
                second, count = now, 0
            if count >= GLOBAL_PER_SECOND:
                return headers, second + 1 - now, True
            self._second = (second, count + 1)
        return headers, None, False

    def exhaust(self, template: str, method: str, seconds: float) -> None:
        """Leave one request in every used bucket of a route for `seconds`."""
        most, window = BUCKETS.get((method, template), ANY_OTHER)
        now = self.world.clock.now()
        for key in [key for key in self._used if key[0] == _bucket(method, template)]:
            self._used[key] = (now + seconds - window, most - 1)
