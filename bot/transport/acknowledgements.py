"""Acknowledge interactions before Discord's deadline of 3 seconds, however many arrive together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord

from bot.config import (
    ACKNOWLEDGE_PAUSE,
    ACKNOWLEDGE_TIMEOUT,
    ACKNOWLEDGE_TRY_TIMEOUT,
    MAX_ACKNOWLEDGEMENTS,
    RUSH_ACKNOWLEDGEMENTS,
    RUSH_POLL_INTERVAL,
    RUSH_TAIL,
)
from bot.observability.metrics import Trouble
from bot.transport.retry import TRANSIENT_ERRORS

_log = logging.getLogger(__name__)

ALREADY_ACKNOWLEDGED = 40060
UNKNOWN_INTERACTION = 10062

# Keys in an interaction's `extras`.
_DEADLINE = "acknowledge before"
_ACKNOWLEDGED = "acknowledged"
_LATE = "late"
_REFUSED = "refused"

Interaction: TypeAlias = discord.Interaction[Any]


class Acknowledgements:
    """Acknowledge interactions in the order in which they arrive.

    Args:
        counts: counts troubles.
        report: counts and logs an acknowledgement that Discord refuses.
    """

    def __init__(self, counts: Counter[str], report: Callable[[Trouble, Exception], None]) -> None:
        self._counts = counts
        self._report = report
        self._due = 0
        # More would all be late together. These go in order, over connections that are open already.
        self._lane = asyncio.Semaphore(MAX_ACKNOWLEDGEMENTS)
        self._rush_until = 0.0

    async def wait(self) -> None:
        """Wait while many acknowledgements are due. A few don't delay other work."""
        until = time.monotonic() + ACKNOWLEDGE_TIMEOUT
        while time.monotonic() < min(self._rush_until, until):
            await asyncio.sleep(RUSH_POLL_INTERVAL)

    async def send(self, interaction: Interaction, call: Callable[[], Awaitable[object]]) -> bool:
        """Acknowledge by `call`, repeated until the deadline. Return True if Discord knows."""
        deadline = interaction.extras.setdefault(_DEADLINE, time.monotonic() + ACKNOWLEDGE_TIMEOUT)
        self._due += 1
        if self._due > RUSH_ACKNOWLEDGEMENTS:
            self._rush_until = time.monotonic() + RUSH_TAIL
        try:
            async with self._lane:
                outcome = await self._send(call, deadline)
        finally:
            self._due -= 1
        interaction.extras[outcome] = True
        return outcome == _ACKNOWLEDGED

    @staticmethod
    def was_sent(interaction: Interaction) -> bool:
        """Return True if the interaction is acknowledged."""
        return _ACKNOWLEDGED in interaction.extras

    @staticmethod
    def was_late(interaction: Interaction) -> bool:
        """Return True if Discord no longer waited for the acknowledgement."""
        return _LATE in interaction.extras

    async def _send(self, call: Callable[[], Awaitable[object]], deadline: float) -> str:
        outcome = _LATE
        while (left := deadline - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(ACKNOWLEDGE_TRY_TIMEOUT, left)):
                    await call()
            except TRANSIENT_ERRORS:
                outcome = _REFUSED
                self._counts[Trouble.ACKNOWLEDGEMENT_RETRIED] += 1
            except discord.HTTPException as error:
                if error.code == ALREADY_ACKNOWLEDGED:
                    # An earlier try arrived, and its response got lost.
                    return _ACKNOWLEDGED
                late = error.code == UNKNOWN_INTERACTION
                self._report(Trouble.LATE if late else Trouble.UNACKNOWLEDGED, error)
                return _LATE if late else _REFUSED
            else:
                return _ACKNOWLEDGED
            await asyncio.sleep(ACKNOWLEDGE_PAUSE)
        self._counts[Trouble.UNACKNOWLEDGED] += 1
        _log.warning("an interaction could not be acknowledged within %.1f s", ACKNOWLEDGE_TIMEOUT)
        return outcome
