"""Connect to Discord's gateway: repeat the handshake, let other work run between frames, keep Discord's close code.

An event that can't be read is skipped, so that it ends neither the connection nor the questions under way.

discord.py resumes a session once. If that one handshake fails, it starts a new session and misses the questions asked
meanwhile. This repeats a handshake that fails for a reason that passes, so that discord.py resumes the session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any, TypeAlias

import aiohttp

from bot.config import HANDSHAKE_MAX_PAUSE, HANDSHAKE_PAUSE, HANDSHAKE_TIMEOUT
from bot.transport.retry import reason_in, retry

_log = logging.getLogger(__name__)

_SERVER_ERROR = 500
_NEEDED = frozenset({"READY"})
"""The events without which a session is of no use. Only a new connection mends them."""

Parser: TypeAlias = Callable[[Any], Any]
Connect: TypeAlias = Callable[..., Coroutine[Any, Any, aiohttp.ClientWebSocketResponse]]
"""`discord.http.HTTPClient.ws_connect`, which opens a websocket."""


def resilient(connect: Connect, *, is_closed: Callable[[], bool]) -> Connect:
    """Return a function that connects as `connect` does, and repeats handshakes that fail for a while.

    Args:
        connect: opens a websocket.
        is_closed: whether the client is closed. The returned function then raises `asyncio.CancelledError`, because
            discord.py takes any other error of its first connection for a failure, and tries again forever.
    """

    async def connect_again(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        async for attempt in retry(
            pause=HANDSHAKE_PAUSE, max_pause=HANDSHAKE_MAX_PAUSE, timeout=HANDSHAKE_TIMEOUT, on=_passes
        ):
            with attempt:
                if is_closed():
                    raise asyncio.CancelledError
                try:
                    return _fair(await connect(url, compress=compress))
                except (aiohttp.ClientError, OSError) as error:
                    if is_closed():
                        raise asyncio.CancelledError from None
                    if _passes(error):
                        reason, wait = reason_in(error), attempt.next_wait
                        _log.warning("Discord's gateway doesn't respond (%s), trying again in %.1f s", reason, wait)
                    raise
        raise AssertionError("the last attempt returns or raises")

    return connect_again


def skip_malformed(parsers: MutableMapping[str, Parser], report: Callable[[str, Exception], None]) -> None:
    """Let each parser of an event report what it can't read, and go on.

    Args:
        parsers: discord.py's parsers by event, `ConnectionState.parsers`. They are replaced.
        report: called with the event's name and the error.
    """

    def skipping(event: str, parse: Parser) -> Parser:
        def parse_or_skip(data: object) -> None:
            try:
                parse(data)
            except Exception as error:  # noqa: BLE001  # discord.py raises anything for an event it cannot read
                report(event, error)

        return parse_or_skip

    parsers.update({event: skipping(event, parse) for event, parse in parsers.items() if event not in _NEEDED})


def _passes(error: Exception) -> bool:
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return error.status >= _SERVER_ERROR
    return isinstance(error, aiohttp.ClientError | OSError)


def _fair(socket: aiohttp.ClientWebSocketResponse) -> aiohttp.ClientWebSocketResponse:
    """Let other work run before each frame, and keep Discord's close code.

    discord.py reads all frames that have arrived before it lets anything else run. Of hundreds of questions, the first
    would be acknowledged only after the last has been read.

    aiohttp answers a close frame. If the connection has ended by then, it reports an abnormal close (1006), and
    discord.py would take a refused token for a broken network, and try again.
    """
    receive = socket.receive

    async def receive_fairly(timeout: float | None = None) -> aiohttp.WSMessage:
        await asyncio.sleep(0)
        message = await receive(timeout)
        if message.type is aiohttp.WSMsgType.CLOSE:
            socket._close_code = message.data  # noqa: SLF001  # there is no other way to set it
        return message

    socket.receive = receive_fairly  # type: ignore[method-assign]  # discord.py makes the socket
    return socket
