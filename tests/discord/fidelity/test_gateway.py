"""The gateway behaves as Discord's: sessions, shards, compression, and how a connection ends."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import discord
import pytest
import yarl
import zstandard

from tests.discord.harness.bots import INTENTS, QUESTION, Small, echoing, running, scene, until
from tests.discord.loopback.client import connect


async def test_a_shard_hears_of_its_own_servers(loopback_url: str) -> None:
    bot = Small()
    async with connect(loopback_url) as loopback:
        await loopback.settings(shards=2)
        async with running(bot, loopback, shards=2):
            servers = [await loopback.server(f"Club {number}") for number in range(4)]
            for number, server in enumerate(servers):
                await (await server.member(f"Member {number}")).mention(await server.channel(), str(number))
            ana = await loopback.person("Ana")
            await ana.say(await ana.dm(), "in private")
            await until(lambda: len(bot.heard) >= 5)
            shards = {each.guild.shard_id if each.guild else 0 for each in bot.heard}
            assert shards == {*((int(server.id) >> 22) % 2 for server in servers), 0}
            assert (await loopback.stats())["intents"] == [INTENTS.value, INTENTS.value]


@pytest.mark.parametrize("compress", ["zlib-stream", "zstd-stream", None])
async def test_the_gateway_compresses_as_the_client_asks(loopback_url: str, compress: str | None) -> None:
    address = yarl.URL(loopback_url.replace("http://", "ws://") + "/gateway/").update_query(v="10", encoding="json")
    address = address.update_query(compress=compress) if compress else address
    inflate = zlib.decompressobj().decompress
    unpack = zstandard.ZstdDecompressor().decompressobj().decompress
    frames = []
    async with connect(loopback_url) as loopback, loopback.http.ws_connect(address) as ws:
        identify = {"op": 2, "d": {"token": loopback.token, "intents": 0, "properties": {}}}
        for sent in (None, identify, {"op": 1, "d": 1}):
            if sent is not None:
                await ws.send_json(sent)
            message = await ws.receive(5)
            if message.type is aiohttp.WSMsgType.TEXT:
                frames.append(json.loads(message.data))
            else:
                frames.append(json.loads((unpack if compress == "zstd-stream" else inflate)(message.data)))
    assert [(frame["op"], frame.get("t")) for frame in frames] == [(10, None), (0, "READY"), (11, None)]


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


@pytest.mark.parametrize(
    "how",
    [
        {"action": "reconnect"},
        {"action": "reset"},
        {"action": "invalidate", "resumable": True},
        {"action": "close", "code": 1000},
        {"action": "close", "code": 1001},
        {"action": "close", "code": 4000},
    ],
)
async def test_a_question_asked_while_the_bot_is_away_is_replayed(loopback_url: str, how: dict[str, Any]) -> None:
    async with scene(loopback_url, echoing()) as club:
        await club.loopback.call("disturb", **how)
        assert (await club.ask()).text == f"You asked: {QUESTION}"
        stats = await club.loopback.stats()
        assert (stats["identifies"], stats["resumes"]) == (1, 1)


@pytest.mark.parametrize("how", [{"action": "invalidate", "resumable": False}, {"action": "close", "code": 4009}])
async def test_a_lost_session_starts_again(loopback_url: str, how: dict[str, Any]) -> None:
    bot = Small()
    async with scene(loopback_url, bot) as club:
        await club.loopback.call("disturb", **how)
        await club.loopback.ready(identifies=2)
        await club.ana.mention(club.general, QUESTION)
        await until(lambda: bot.heard)
        assert (await club.loopback.stats())["identifies"] == 2


async def test_a_heartbeat_without_acknowledgement_ends_the_connection(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.settings(heartbeat_interval=0.2)
    async with scene(loopback_url, echoing(heartbeat_timeout=0.5)) as club:
        await club.loopback.disturb("heartbeats", acknowledged=False)
        async with asyncio.timeout(5):
            while (await club.loopback.stats())["resumes"] == 0:
                await asyncio.sleep(0.05)
        await club.loopback.disturb("heartbeats", acknowledged=True)
        assert (await club.ask()).text == f"You asked: {QUESTION}"


@pytest.mark.parametrize(
    "how", [{"action": "event", "name": "MESSAGE_CREATE", "data": {}}, {"action": "raw", "hex": "0011223344"}]
)
async def test_a_malformed_event_or_frame_kills_the_client(loopback_url: str, how: dict[str, Any]) -> None:
    async with connect(loopback_url) as loopback, running(echoing(), loopback) as task:
        await loopback.call("disturb", **how)
        async with asyncio.timeout(5):
            with pytest.raises(Exception) as error:  # noqa: PT011  # whichever the client dies of
                await task
        assert not isinstance(error.value, TimeoutError)


async def test_a_refused_token_ends_the_bot(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        loopback.about["token"] = "wrong"
        with pytest.raises(discord.LoginFailure):
            async with running(echoing(), loopback):
                pass


async def test_an_intent_that_is_not_granted_ends_the_bot(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(Small(intents=discord.Intents.all()), loopback):
                pass


async def test_the_handshake_can_fail(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.fault("GET /gateway/", "status", status=503)
        # aiohttp repeats a GET once if its connection was kept alive.
        await loopback.fault("GET /gateway/", "reset", times=2)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await loopback.http.ws_connect(loopback.gateway)
        with pytest.raises(aiohttp.ClientOSError):
            await loopback.http.ws_connect(loopback.gateway)
        async with loopback.http.ws_connect(loopback.gateway) as ws:
            assert (await ws.receive_json())["op"] == 10


async def test_frames_can_be_delayed(loopback_url: str) -> None:
    async with scene(loopback_url, echoing()) as club:
        await club.loopback.disturb("delay", seconds=0.3)
        assert await (await club.ana.slash(club.general, "ask", question=QUESTION)).acknowledged() > 0.25
