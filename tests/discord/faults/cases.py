"""Cases of `python -m tests.discord.faults` that take many seconds or many questions.

Those of one attempt are written like tests. Those of many questions at once take their number, and return how many of
them ended as promised.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.discord.harness.club import QUESTION, Club, run_club
from tests.discord.harness.programs import channel_and_member, loopback_process, running_program
from tests.discord.loopback.client import connect
from tests.discord.running.test_many import SOON, rush
from tests.embeddings.fixtures.encoders import WrappedEncoder

SLOWNESS = 1.0
"""Seconds of work that the slow encoder adds to each text."""


async def many_reconnects(club: Club, tries: int) -> int:
    """Reconnect one bot again and again, and ask it each time."""
    answered = 0
    for _ in range(tries):
        await club.loopback.disturb("reconnect")
        answered += "deferrals" in (await club.ask()).text
    stats = await club.loopback.stats()
    assert (stats["identifies"], stats["resumes"]) == (1, tries)
    return answered


async def a_lost_session_starts_again(club: Club, disturbance: dict[str, Any]) -> None:
    await club.loopback.call("disturb", **disturbance)
    await club.loopback.ready(identifies=2, timeout=20)
    assert "deferrals" in (await club.ask()).text
    assert (await club.loopback.stats())["identifies"] == 2


class SlowEncoder(WrappedEncoder):
    """The real encoder, which works `SLOWNESS` seconds longer on each text."""

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        until = time.monotonic() + SLOWNESS * len(texts)
        while time.monotonic() < until:
            super().encode(texts)
        return super().encode(texts, progress)


async def a_slow_model(loopback_url: str, reviews: Path, store: Path, tries: int) -> int:
    """Keep the model busy. From 10 s on, discord.py would log that a heartbeat is blocked."""
    async with connect(loopback_url) as loopback:
        await loopback.settings(heartbeat_interval=0.5)
    async with run_club(loopback_url, reviews, store) as club:
        library = club.bot.engine._current.opened.library
        library.models.encoder = SlowEncoder(library.models.encoder)
        ids = await club.loopback.burst((club.ana, club.general, "ask", {"question": QUESTION}) for _ in range(tries))
        begun = time.monotonic()
        answered = await club.loopback.wait_all(ids, "answered", timeout=30 + 3 * SLOWNESS * tries)
        assert time.monotonic() - begun > 0.9 * SLOWNESS * tries
    return answered


async def a_stop_with_questions_in_flight(data: Path, tries: int) -> int:
    """Send SIGTERM once all are acknowledged and none can be answered yet."""
    async with loopback_process() as loopback:
        async with running_program(loopback, data):
            general, ana = await channel_and_member(loopback)
            await loopback.fault("PATCH /webhooks/.*", "delay", seconds=1.0, times=tries)
            ids = await loopback.burst((ana, general, "ask", {"question": QUESTION}) for _ in range(tries))
            assert await loopback.wait_all(ids, "acknowledged", timeout=5) == tries
            assert not any(each["answered_after"] for each in await loopback.interactions(ids))
        return await loopback.wait_all(ids, "answered", timeout=1)


async def many_questions_at_once(reviews: Path, tmp_path: Path, tries: int) -> int:
    """Let many members ask one question each; return how many were acknowledged soon and answered."""
    seen = await rush(tries, reviews, tmp_path, expect=(10062,))
    return sum(
        each["acknowledged_after"] is not None
        and each["acknowledged_after"] < SOON
        and each["answered_after"] is not None
        for each in seen.every
    )
