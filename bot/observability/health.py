"""Serve health checks and metrics over HTTP, on loopback by default.

| path | response |
| --- | --- |
| `/healthz` | 200 `ok`: the process lives and its event loop runs |
| `/readyz` | 200 `ready`: the index is open and Discord is connected. Otherwise 503 and what is missing |
| `/metrics` | the metrics, in Prometheus's text format |

Nothing in it is from a question or identifies a person. There is no authentication, so it is for this machine or a
private network.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

_log = logging.getLogger(__name__)


@asynccontextmanager
async def health(
    host: str, port: int, *, not_ready: Callable[[], str | None], exposition: Callable[[], bytes]
) -> AsyncIterator[tuple[str, int] | None]:
    """Serve within the context.

    If the port is taken, the bot runs without: its members come first, and whoever watches the port will notice.

    Args:
        host: the address to listen at.
        port: the port. 0 takes a free one.
        not_ready: returns why the bot can't answer questions now, or None.
        exposition: returns the metrics in Prometheus's text format.

    Yields:
        The address and port, or None if it can't listen.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        missing = not_ready()
        return web.Response(text=f"{missing or 'ready'}\n", status=503 if missing else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=exposition(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        yield await _listen(runner, host, port)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> tuple[str, int] | None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        _log.warning(
            "No health checks and metrics: can't listen at %s port %d (%s). "
            "Choose another with REVIEW_BOT_HEALTH_PORT.",
            host,
            port,
            "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror or type(error).__name__,
        )
        return None
    where: tuple[str, int] = runner.addresses[0][:2]
    _log.info("Health checks and metrics at http://%s:%d", *where)
    return where
