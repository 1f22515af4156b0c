"""The server: one port for REST, the gateway, uploads and the control channel."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import Future
from typing import Self

from aiohttp import web

from tests.discord.loopback.control.operations import Control
from tests.discord.loopback.control.users import NotOfferedError
from tests.discord.loopback.faults import Faults
from tests.discord.loopback.gateway import Gateway
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.handler import PREFIX, Rest
from tests.discord.loopback.rest.uploads import TEMPLATE, Cdn
from tests.discord.loopback.state.objects import CONTROL
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation.request_log import RequestLog


class Server:
    """A Discord on loopback, on an event loop that is already running."""

    def __init__(self) -> None:
        self.world = World()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on a port, or on any free one."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        faults = Faults()
        log = RequestLog(self.world, faults)
        gateway = Gateway(self.world, faults, heartbeat_interval=41.25, url="")
        api = Api(self.world, gateway)
        rest = Rest(api, faults, log)
        control = Control(api, rest, faults, log)

        async def operate(request: web.Request) -> web.Response:
            try:
                operation = control.operation(request.match_info["name"])
                answer = await operation(**json.loads(await request.read() or b"{}"))
            except (NotOfferedError, KeyError, ValueError, TypeError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=409)
            return web.json_response({"answer": answer})

        app.router.add_post(CONTROL + "{name}", operate)
        app.router.add_get("/gateway/", gateway.handle)
        app.router.add_get(TEMPLATE, Cdn(self.world, faults).handle)
        app.router.add_route("*", PREFIX + "/{tail:.*}", rest.handle)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=4096)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.world.cdn = self.url
        gateway.url = f"ws://127.0.0.1:{self.port}/gateway/"

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._runner is not None:
            await self._runner.cleanup()


class ThreadedServer:
    """A loopback Discord on a thread of its own, so that a bot that blocks its loop doesn't stop Discord."""

    def __init__(self) -> None:
        self.server = Server()
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="loopback-discord", daemon=True)

    async def _serve(self) -> None:
        await self.server.start()
        self._started.set_result(asyncio.get_running_loop())
        await self._stop.wait()
        await self.server.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._started.result().call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
