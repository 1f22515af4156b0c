"""Faults of requests and of the gateway strike as they are laid, and as Discord's do."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.discord.harness.bots import QUESTION, Small, echoing, scene, until
from tests.discord.loopback.client import connect
from tests.discord.loopback.validation.request_log import CALLBACK, CHANNEL_MESSAGES

CALLBACKS = "POST /interactions/.*/callback"


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("after", [False, True])
async def test_discordpy_loses_a_callback_that_is_cut_off(loopback_url: str, kind: str, after: bool) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        await club.loopback.fault(CALLBACKS, kind, after=after)
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        await club.loopback.wait_requests("POST", CALLBACK)
        state = await asked.now()
        assert (state["attempts"], state["acknowledged_after"] is not None) == ((1, True) if after else (0, False))


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


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong", "intents": 0}, 4004),
        ({"intents": 1 << 15}, 4014),
        ({"intents": 1 << 30}, 4013),
        ({"intents": 0, "shard": [2, 2]}, 4010),
    ],
)
async def test_a_bad_identify_closes_the_connection(loopback_url: str, identify: dict[str, Any], code: int) -> None:
    async with connect(loopback_url) as loopback, loopback.http.ws_connect(loopback.gateway) as ws:
        await ws.receive_json()
        await ws.send_json({"op": 2, "d": {"token": loopback.token, "properties": {}} | identify})
        assert ((await ws.receive(5)).type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, code)


@pytest.mark.parametrize("how", [{"action": "invalidate", "resumable": False}, {"action": "close", "code": 4009}])
async def test_a_lost_session_starts_again(loopback_url: str, how: dict[str, Any]) -> None:
    bot = Small()
    async with scene(loopback_url, bot) as club:
        await club.loopback.call("disturb", **how)
        await club.loopback.ready(identifies=2)
        await club.ana.mention(club.general, QUESTION)
        await until(lambda: bot.heard)
        assert (await club.loopback.stats())["identifies"] == 2
