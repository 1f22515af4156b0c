"""Faults that take a process of their own, many seconds or many questions: for `python -m tests.discord.faults`.

Those of one attempt are written as the tests are. Those of many questions at once take their number, and tell how many
of them were dealt with as promised.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.app.runner import Exit
from embeddings.encoders.base import Encoder, EncoderIdentity
from tests.discord.harness.club import QUESTION, Club, club
from tests.discord.harness.logs import LogWatch, problems_in
from tests.discord.harness.programs import PATIENCE, channel_and_member, copied, exit_code_of, loopback_process, program
from tests.discord.loopback.client import connect
from tests.discord.running.test_faults import said_in, until
from tests.discord.running.test_many import SOON, rush

SLOWNESS = 1.0
"""Seconds of work that the slow encoder adds to each text."""


async def many_reconnects(loopback_url: str, reviews: Path, store: Path, log: LogWatch, tries: int) -> int:
    """One bot is sent away that often, and asked something each time."""
    answered = 0
    async with club(loopback_url, reviews, store) as here:
        for _ in range(tries):
            await here.there.disturb("reconnect")
            answered += "deferrals" in (await here.ask()).text
        await here.assert_clean(log)
        stats = await here.there.stats()
        assert (stats["identifies"], stats["resumes"]) == (1, tries)
    return answered


async def a_lost_session_starts_again(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch, disturbance: dict[str, Any]
) -> None:
    async with club(loopback_url, reviews, store) as here:
        await here.there.call("disturb", **disturbance)
        await here.there.ready(identifies=2, timeout=20)
        assert "deferrals" in (await here.ask()).text
        assert (await here.there.stats())["identifies"] == 2
        await here.assert_clean(log)


async def a_heartbeat_without_acknowledgement_leads_to_a_new_connection(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with connect(loopback_url) as there:
        await there.settings(heartbeat_interval=0.2)
    async with club(loopback_url, reviews, store, heartbeat_timeout=0.5) as here:
        await here.there.disturb("heartbeats", acknowledged=False)
        await _until_resumed(here)
        await here.there.disturb("heartbeats", acknowledged=True)
        assert "deferrals" in (await here.ask()).text
        assert (await here.there.stats())["identifies"] == 1
        await here.assert_clean(log)


async def _until_resumed(here: Club) -> None:
    async with asyncio.timeout(10):
        while not (await here.there.stats())["resumes"]:
            await asyncio.sleep(0.05)


async def what_ends_the_program(
    reviews: Path, tmp_path: Path, disturbance: dict[str, Any], exit_code: Exit, said: str
) -> None:
    async with loopback_process() as there:
        with program(there.url, copied(reviews, tmp_path), "run", token=there.token, errors=True) as bot:
            await there.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(there)
            await (await ana.slash(general, "ask", question=QUESTION)).answer()
            await there.call("disturb", **disturbance)
            assert await exit_code_of(bot) == exit_code
            assert said in bot.output
            assert (await there.stats())["identifies"] == 1


async def a_refused_token_ends_the_program(reviews: Path, tmp_path: Path, token: str) -> None:
    async with loopback_process(expect=(401,)) as there:
        with program(there.url, copied(reviews, tmp_path), "run", token=token) as bot:
            assert await exit_code_of(bot) == Exit.TOKEN_REFUSED
            assert "refuses the token" in bot.output
            assert (await there.stats())["identifies"] == 0


async def a_start_is_tried_again(reviews: Path, tmp_path: Path, route: str, said: str) -> None:
    async with loopback_process() as there:
        await there.fault(route, "status", status=503, times=2)
        with program(there.url, copied(reviews, tmp_path), "run", token=there.token) as bot:
            await there.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(there)
            answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
            assert "deferrals" in answer.text
            assert bot.output.count(said) == 2
            assert await asyncio.to_thread(bot.stop) == 0
            await there.assert_clean()
            assert problems_in(bot.output, await there.secrets()) == []


async def a_global_limit_leaves_callbacks_alone(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        await here.there.fault("POST /channels/.*", "status", status=429, scope_global=True, retry_after=1.5)
        await here.ana.mention(here.general, QUESTION)
        asked = await here.ana.slash(here.general, "ask", question=QUESTION)
        assert await asked.acknowledged() < 1.0
        await until(lambda: said_in(here), "deferrals", "deferrals")
        assert (await here.there.stats())["rate_limited"] == 0
        await here.assert_clean(log)


class SlowEncoder:
    """The real encoder, kept at work for `SLOWNESS` seconds more by each text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def identity(self) -> EncoderIdentity:
        return self._encoder.identity

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        until = time.monotonic() + SLOWNESS * len(texts)
        while time.monotonic() < until:
            self._encoder.encode(texts)
        return self._encoder.encode(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)


async def a_slow_model(loopback_url: str, reviews: Path, store: Path, log: LogWatch, tries: int) -> int:
    """Questions that keep the model busy; from 10 s on, discord.py would say that a heartbeat is blocked."""
    async with connect(loopback_url) as there:
        await there.settings(heartbeat_interval=0.5)
    async with club(loopback_url, reviews, store) as here:
        library = here.bot.engine._current.opened.library
        library.models.encoder = SlowEncoder(library.models.encoder)
        ids = await here.there.burst((here.ana, here.general, "ask", {"question": QUESTION}) for _ in range(tries))
        begun = time.monotonic()
        answered = await here.there.wait_all(ids, "answered", timeout=30 + 3 * SLOWNESS * tries)
        assert time.monotonic() - begun > 0.9 * SLOWNESS * tries
        await here.assert_clean(log)
    return answered


async def a_stop_with_questions_in_flight(reviews: Path, tmp_path: Path, tries: int) -> int:
    """SIGTERM once all are acknowledged and none can have been answered."""
    async with loopback_process() as there:
        with program(there.url, copied(reviews, tmp_path), "run", token=there.token) as bot:
            await there.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(there)
            await there.fault("PATCH /webhooks/.*", "delay", seconds=1.0, times=tries)
            ids = await there.burst((ana, general, "ask", {"question": QUESTION}) for _ in range(tries))
            assert await there.wait_all(ids, "acknowledged", timeout=5) == tries
            assert not any(each["answered_after"] for each in await there.interactions(ids))
            assert await asyncio.to_thread(bot.stop) == 0
            await there.assert_clean()
            assert problems_in(bot.output, await there.secrets()) == []
            return await there.wait_all(ids, "answered", timeout=1)


async def many_questions_at_once(reviews: Path, tmp_path: Path, tries: int) -> int:
    """As many members, one question each; how many were acknowledged soon, and answered."""
    seen = await rush(tries, reviews, tmp_path, expect=(10062,))
    return sum(
        each["acknowledged_after"] is not None
        and each["acknowledged_after"] < SOON
        and each["answered_after"] is not None
        for each in seen.every
    )
