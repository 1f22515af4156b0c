"""The way onto Discord's gateway: a patient handshake, frames that leave others a turn, a close code that is heard.

discord.py resumes a session once. Where the handshake of that one try fails, it begins a new session, and never hears
what was asked in between. So a handshake that fails for a reason that passes is tried again underneath it: the session
is resumed, and Discord sends what was missed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

import aiohttp
import discord

_log = logging.getLogger(__name__)

KEEP_TRYING = 45.0
"""Seconds for which a handshake is tried; discord.py gives it 60, and then logs an error and begins a new session."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
_SERVERS_FAULT = 500


class Connect(Protocol):
    """`discord.http.HTTPClient.ws_connect`."""

    async def __call__(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket."""


def patient_and_fair(connect: Connect, *, is_over: Callable[[], bool]) -> Connect:
    """The same way onto the gateway, tried again while the failure is one that passes.

    Args:
        connect: the way as it is.
        is_over: whether the client has been closed, and nothing is to be tried any more.

    The way that is returned raises `asyncio.CancelledError` where it is over.
    """

    async def opened(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        until = time.monotonic() + KEEP_TRYING
        pause = FIRST_PAUSE
        while True:
            if is_over():
                # discord.py takes anything else for a failure, and begins a first connection anew for ever.
                raise asyncio.CancelledError
            try:
                return _fair(await connect(url, compress=compress))
            except (aiohttp.ClientError, OSError) as error:
                if not is_over() and (not _passes(error) or time.monotonic() + pause > until):
                    raise
                _log.warning("Discord's gateway doesn't answer (%s); trying again in %.1f s", reason_in(error), pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    return opened


def _passes(error: aiohttp.ClientError | OSError) -> bool:
    return not isinstance(error, aiohttp.WSServerHandshakeError) or error.status >= _SERVERS_FAULT


def reason_in(error: Exception) -> str:
    """Why Discord can't be reached, in a word or two."""
    if isinstance(error, discord.HTTPException | aiohttp.ClientResponseError):
        return f"status {error.status}"
    return type(error).__name__


def _fair(socket: aiohttp.ClientWebSocketResponse) -> aiohttp.ClientWebSocketResponse:
    """The socket, whose every frame lets the event loop have a turn first, and whose close code is Discord's.

    discord.py reads all the frames that have come in before it lets anything else run: the first of hundreds of
    questions would be acknowledged when the last has been read.

    aiohttp answers a close frame, and where the connection has ended behind that it calls the close an abnormal one
    (1006): a refused token would be taken for a broken network, and tried again.
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
