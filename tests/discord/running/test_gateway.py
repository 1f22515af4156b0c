"""How a connection to the gateway ends: the other side receives the close code, however busy it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.transport.gateway import resilient
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
