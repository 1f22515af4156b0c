"""Faults of requests strike as they are laid. What the unmodified discord.py makes of them is seen here."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import discord
import pytest

from tests.discord.harness.bots import QUESTION, Small, answering, echoing, running, scene
from tests.discord.harness.logs import watch
from tests.discord.loopback.client import UnansweredError, connect
from tests.discord.loopback.validation.request_log import CALLBACK, CHANNEL_MESSAGES

CALLBACKS = "POST /interactions/.*/callback"
EDITS = "PATCH /webhooks/.*/@original"


@pytest.mark.parametrize("route", ["GET /users/@me", "PUT /applications/.*"])
async def test_a_503_can_end_the_start(loopback_url: str, route: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.fault(route, "status", status=503)
        with pytest.raises(discord.DiscordServerError):
            async with running(echoing(), loopback):
                pass
        await loopback.assert_clean()


@pytest.mark.parametrize("how", [{"status": 429, "retry_after": 0.1}, {"status": 500}, {"status": 503}])
async def test_discordpy_retries_an_answer_that_asks_for_it(loopback_url: str, how: dict[str, Any]) -> None:
    async with scene(loopback_url, echoing()) as club:
        await club.loopback.fault(CALLBACKS, "status", **how)
        assert (await club.ask()).text == f"You asked: {QUESTION}"
        found = await club.loopback.requests(CALLBACK)
        assert [(each["status"], each["injected"]) for each in found] == [(how["status"], True), (200, False)]


async def test_a_429_without_via_is_not_retried(loopback_url: str) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        await club.loopback.fault(CALLBACKS, "status", status=429, via=False)
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        with pytest.raises(UnansweredError, match="did not respond"):
            await asked.acknowledged(timeout=1)
        assert (await asked.now())["attempts"] == 0


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("after", [False, True])
async def test_discordpy_loses_a_callback_that_is_cut_off(loopback_url: str, kind: str, after: bool) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        await club.loopback.fault(CALLBACKS, kind, after=after)
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        await club.loopback.wait_requests("POST", CALLBACK)
        state = await asked.now()
        assert (state["attempts"], state["acknowledged_after"] is not None) == ((1, True) if after else (0, False))


async def test_a_retry_after_a_lost_response_is_excused(loopback_url: str) -> None:
    codes = []

    async def answer(interaction: discord.Interaction) -> None:
        try:
            await interaction.response.defer()
        except aiohttp.ClientError:
            try:
                await interaction.response.defer()
            except discord.HTTPException as error:
                codes.append(error.code)
        await interaction.edit_original_response(content="Here")

    async with scene(loopback_url, answering(answer)) as club:
        await club.loopback.fault(CALLBACKS, "reset", after=True)
        assert (await (await club.ana.slash(club.general, "ask")).answer()).text == "Here"
        assert codes == [40060]


async def test_a_delay_and_a_silence_take_their_time(loopback_url: str) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        await club.loopback.fault(CALLBACKS, "delay", seconds=0.3)
        await club.loopback.fault(EDITS, "silence", seconds=0.2, after=True)
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        assert (await asked.answer()).text == f"You asked: {QUESTION}"
        state = await asked.now()
        assert state["answered_after"] - state["acknowledged_after"] > 0.25


async def test_a_fault_strikes_as_often_as_it_was_laid(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.fault("GET /gateway", "status", status=502, skip=1, times=2)
        seen = []
        for _ in range(4):
            async with loopback.http.get(f"{loopback.api}/gateway") as response:
                seen.append(response.status)
        assert seen == [200, 502, 502, 200]
        await loopback.assert_clean()


async def test_an_expired_token_refuses_the_answer(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await asyncio.sleep(0.2)
        await interaction.edit_original_response(content="Late")

    async with scene(loopback_url, answering(answer), judged=False) as club:
        asked = await club.ana.slash(club.general, "ask")
        await asked.acknowledged()
        await asked.expire()
        async with asyncio.timeout(5):
            while not any(each["code"] == 50027 for each in await club.loopback.requests()):
                await asyncio.sleep(0.02)
        assert (await asked.now())["thinking"]


async def test_a_revoked_token_is_refused_and_counted(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(401,)) as club:
        await club.loopback.call("revoke")
        for _ in range(3):
            with pytest.raises(discord.HTTPException, match="401"):
                await bot.channel(club.general).send("x")
        assert (await club.loopback.stats())["invalid_requests"] == 3


async def test_an_exhausted_bucket_makes_the_client_wait(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot) as club:
        channel = bot.channel(club.general)
        await channel.send("1")
        await club.loopback.call("exhaust", method="POST", template=CHANNEL_MESSAGES, seconds=0.5)
        begun = asyncio.get_running_loop().time()
        await channel.send("2")
        await channel.send("3")
        assert asyncio.get_running_loop().time() - begun > 0.4


async def test_a_global_429_holds_everything_back(loopback_url: str) -> None:
    bot = Small()
    with watch(logging.WARNING) as log:
        async with scene(loopback_url, bot) as club:
            await club.loopback.fault("POST /channels/.*", "status", status=429, scope_global=True, retry_after=0.3)
            await bot.channel(club.general).send("x")
    assert any("Global rate limit has been hit" in line for line in log.lines)
