"""How a connection to the gateway ends, and which events don't end it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.observability.metrics import Trouble
from bot.transport.gateway import resilient
from tests.discord.harness.club import run_club
from tests.discord.harness.logs import watch
from tests.discord.loopback.client import connect

BUSY = 0.2
"""Seconds in which a close frame and the end of its connection both arrive."""


async def test_the_loopback_discord_waits_for_a_slow_client_to_close(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback, loopback.http.ws_connect(loopback.gateway) as ws:
        await ws.receive_json()
        closing = asyncio.create_task(loopback.disturb("close", code=4004))
        await asyncio.sleep(BUSY)
        assert not closing.done()
        assert ((await ws.receive(5)).type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, 4004)
        await closing


@asynccontextmanager
async def hasty_gateway() -> AsyncIterator[str]:
    """Run a gateway that ends each connection right after its close frame with code 4004."""

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        assert request.transport is not None
        request.transport.write(b"\x88\x02" + (4004).to_bytes(2))
        request.transport.close()
        return ws

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_close_code_survives_a_connection_that_ends_behind_it() -> None:
    async with hasty_gateway() as gateway, aiohttp.ClientSession() as session:

        async def connect(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
            return await session.ws_connect(url, compress=compress)

        socket = await resilient(connect, is_closed=lambda: False)(gateway)
        await asyncio.sleep(BUSY)
        assert ((await socket.receive(5)).type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 4004)


WRONG: dict[str, Any] = {
    "id": ["SECRET"],
    "guild_id": "SECRET",
    "channel_id": {},
    "author": 5,
    "user": [],
    "member": "SECRET",
    "content": {"SECRET": 1},
    "type": "SECRET",
    "data": [],
    "token": None,
    "version": "SECRET",
    "application_id": {},
    "emoji": 1,
    "ids": 7,
    "threads": [None],
    "members": {"SECRET": 2},
    "roles": 3,
    "role": "SECRET",
    "guild": 0,
}


@pytest.mark.parametrize(
    "data", [{}, None, [], "SECRET", 5, WRONG], ids=["{}", "null", "[]", "text", "5", "wrong types"]
)
async def test_no_event_that_cannot_be_read_ends_the_connection(
    loopback_url: str, reviews: Path, store: Path, data: Any
) -> None:
    async with run_club(loopback_url, reviews, store, errors=True) as club:
        with watch() as log:
            # Discord's library reads these two before its parsers do. `test_run` has them.
            for event in club.bot._connection.parsers.keys() - {"READY", "RESUMED"}:
                await club.loopback.disturb("event", name=event, data=data)
            assert "deferrals" in (await club.ask()).text
        assert "SECRET" not in "\n".join(log.lines)
        assert club.bot.delivery.counts[Trouble.EVENT_SKIPPED] > 20
        assert (await club.loopback.stats())["identifies"] == 1


async def test_a_message_with_a_field_of_a_wrong_type_is_skipped(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, errors=True, expect=(10003,)) as club:
        await club.loopback.settings(rate_limits=False)
        said = (await club.ana.mention(club.general, "What is Hailsham?")).data
        for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            for number, field in enumerate(said):
                for wrong in ([], "SECRET", ["SECRET"]):
                    changed = {**said, "id": str(int(said["id"]) + 1 + number), field: wrong}
                    await club.loopback.disturb("event", name=event, data=changed)
        assert "deferrals" in (await club.ask()).text
        assert (await club.loopback.stats())["identifies"] == 1


async def test_an_interaction_that_cannot_be_read_is_skipped(loopback_url: str, reviews: Path, store: Path) -> None:
    options: list[Any] = [7, "SECRET", [None], [{}], [{"name": "question", "type": 3}]]
    commands = [{"name": "ask", "id": "1", "type": 1, "options": each} for each in options]
    forms = [{"custom_id": 5}, {"custom_id": "SECRET", "component_type": "SECRET"}, {"values": 3, "components": 8}]
    async with run_club(loopback_url, reviews, store, errors=True, expect=(401, 404, 10015, 50027)) as club:
        general = {"id": club.general.id, "type": 0, "guild_id": club.server.id}
        whole = {"version": 1, "application_id": "1", "token": "x", "channel": general, "user": {"id": club.ana.id}}
        with watch() as log:
            for kind in range(1, 6):
                for number, data in enumerate([{}, None, {"name": 5}, {"name": ["ask"]}, 3, *commands, *forms]):
                    made_up = {**whole, "id": str(100 * kind + number), "type": kind, "data": data}
                    await club.loopback.disturb("event", name="INTERACTION_CREATE", data=made_up)
            assert "deferrals" in (await club.ask()).text
        assert "SECRET" not in "\n".join(log.lines)
        assert "never retrieved" not in "\n".join(log.lines)
        assert (await club.loopback.stats())["identifies"] == 1
