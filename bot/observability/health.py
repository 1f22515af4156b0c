"""How the bot is, for those who run it: over HTTP, on loopback unless told otherwise.

| path | says |
| --- | --- |
| `/healthz` | 200 `ok`: the process lives, and its event loop has its turn |
| `/readyz` | 200 `ready`: the index is open and Discord connected; else 503, with what is missing |
| `/metrics` | the metrics, in Prometheus's text format |

There is no word of any question in it, nor anybody's id. It asks nobody who they are, so that it is for this machine,
or for a network of one's own.
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
    host: str, port: int, *, lacking: Callable[[], str | None], exposition: Callable[[], bytes]
) -> AsyncIterator[tuple[str, int] | None]:
    """Answer for as long as this lasts.

    Where the port can't be had, the bot does without: its members matter more than being watched, and whoever looks
    at the port notices.

    Args:
        host: the address to listen at.
        port: the port; 0 takes one that is free.
        lacking: what keeps the bot from answering questions just now, or None.
        exposition: the metrics in Prometheus's text format.

    Yields:
        Where it listens, or None where it can't.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        missing = lacking()
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
            "no health checks and no metrics: can't listen at %s port %d (%s); set REVIEW_BOT_HEALTH_PORT to another",
            host,
            port,
            "it is taken" if error.errno == errno.EADDRINUSE else error.strerror or type(error).__name__,
        )
        return None
    where: tuple[str, int] = runner.addresses[0][:2]
    _log.info("health checks and metrics at http://%s:%d", *where)
    return where
