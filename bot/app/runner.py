"""Run the bot: connect to Discord, reconnect, follow changed reviews, and stop on SIGTERM in good order."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from enum import IntEnum
from pathlib import Path

import aiohttp
import discord
import filelock

from bot.app.client import ReviewBot
from bot.config import CONNECT_MAX_PAUSE, CONNECT_PAUSE, DISCONNECT_TIMEOUT, INDEX_CHECK_INTERVAL
from bot.observability.health import health
from bot.observability.metrics import Metrics, Status
from bot.services.engine import Engine
from bot.services.feeds.reader import FeedReader
from bot.settings import Settings
from bot.token import PORTAL
from bot.transport.retry import reason_in
from embeddings import LibraryError

_log = logging.getLogger(__name__)

LOCK = "bot.lock"
"""Locked while the bot runs. Its content and whether it exists mean nothing."""

_AUTHENTICATION_FAILED = 4004
_UNREACHABLE = (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError)


class Exit(IntEnum):
    """Why the bot ended, as an exit code with the number of sysexits.h."""

    NO_INDEX = 66
    CONNECTION = 70
    RUNNING = 75
    INTENTS_REFUSED = 76
    TOKEN_REFUSED = 77
    SETTINGS = 78


class StoppedError(LibraryError):
    """The bot can't go on. `code` says why. Only `Exit.RUNNING` may pass without help."""

    def __init__(self, code: Exit, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@contextmanager
def running_alone(data: Path) -> Iterator[None]:
    """Lock the data directory for one bot. Of two bots, each would answer every question.

    The operating system releases the lock when the process ends, however it ends.

    Raises:
        StoppedError: another bot holds the lock, or the lock can't be made.
    """
    lock = filelock.FileLock(data / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise StoppedError(Exit.RUNNING, f"{data}: Another review-bot uses this folder. Stop it first.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoppedError(
            Exit.SETTINGS, f"{data / LOCK}: {reason}. Give the folder to the user that the bot runs as."
        ) from None
    try:
        yield
    finally:
        lock.release()


async def serve(make_bot: Callable[[], ReviewBot], engine: Engine, settings: Settings, metrics: Metrics) -> None:
    """Stay connected until SIGTERM, Ctrl-C or Ctrl-Break, then finish the work in flight.

    Args:
        make_bot: makes a bot. One that could not log in is thrown away.
        engine: the bot's engine, whose index follows the reviews meanwhile.
        settings: the bot's settings.
        metrics: the bot's metrics, which the health server shows.

    Raises:
        StoppedError: Discord refuses the bot, or the connection can't be restored.
    """
    connection = _Connection(make_bot, settings.token)
    stop = asyncio.Event()
    stop_on_signals(stop)

    def not_ready() -> str | None:
        if stop.is_set():
            return "stopping"
        return None if connection.is_ready else "not connected to Discord"

    def exposition() -> bytes:
        return metrics.exposition(connection.status(engine))

    connected = asyncio.create_task(connection.run(), name="connection")
    stopped = asyncio.create_task(stop.wait(), name="stop signal")
    tasks = [connected, stopped, asyncio.create_task(update_index(engine), name="index updates")]
    if settings.feed_minutes:
        following = FeedReader(settings.data).follow(60.0 * settings.feed_minutes)
        tasks.append(asyncio.create_task(following, name="feeds"))
    try:
        async with AsyncExitStack() as stack:
            if settings.health_port:
                await stack.enter_async_context(
                    health(settings.health_host, settings.health_port, not_ready=not_ready, exposition=exposition)
                )
            await asyncio.wait({connected, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set() and not connected.done():
                _log.info("stopping")
                await connection.shut_down()
            if connection.is_up:
                await asyncio.wait({connected}, timeout=DISCONNECT_TIMEOUT)
            if connected.done():
                await connected
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set an event of the running loop on Ctrl-C, on SIGTERM, and on Windows on Ctrl-Break as well."""
    loop = asyncio.get_running_loop()

    def from_anywhere(*_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    for number in (signal.Signals[name] for name in names):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            # The loops of Windows handle no signals, but Python itself does.
            signal.signal(number, from_anywhere)


async def update_index(engine: Engine, interval: float = INDEX_CHECK_INTERVAL) -> None:
    """Index changed reviews and reopen a changed index, forever."""
    while True:
        await asyncio.sleep(interval)
        try:
            await engine.update_index()
        except (LibraryError, OSError) as error:
            _log.warning("can't update the index: %s", error)
        except Exception:  # noqa: BLE001  # raised, it would end all updates until a restart
            _log.exception("can't update the index")


class _Connection:
    """The connection to Discord, made again with growing pauses while Discord or the network is down."""

    def __init__(self, make_bot: Callable[[], ReviewBot], token: str) -> None:
        self._make_bot = make_bot
        self._token = token
        self._bot: ReviewBot | None = None

    @property
    def is_up(self) -> bool:
        return self._bot is not None

    @property
    def is_ready(self) -> bool:
        return self._bot is not None and self._bot.is_connected

    def status(self, engine: Engine) -> Status:
        bot = self._bot
        return Status(
            connected=self.is_ready,
            servers=len(bot.guilds) if bot is not None else 0,
            heartbeat=bot.latency if bot is not None else math.nan,
            load=engine.load,
        )

    async def run(self) -> None:
        pause = CONNECT_PAUSE
        while True:
            bot = self._make_bot()
            since = time.monotonic()
            try:
                async with bot:
                    await bot.login(self._token)
                    self._bot = bot
                    await bot.connect()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not bot.is_closed() or (task is not None and task.cancelling()):
                    raise
            except discord.LoginFailure:
                raise _token_refused() from None
            except discord.PrivilegedIntentsRequired:
                raise StoppedError(
                    Exit.INTENTS_REFUSED,
                    "Discord disallows the intents, although none of them is privileged. "
                    f"Check the Bot page of your application at {PORTAL}.",
                ) from None
            except discord.ConnectionClosed as error:
                if error.code == _AUTHENTICATION_FAILED:
                    raise _token_refused() from None
                raise StoppedError(
                    Exit.CONNECTION, f"Discord has closed the connection for good (code {error.code}). See the log."
                ) from None
            except Exception as error:  # noqa: BLE001  # discord.py raises anything for a frame it cannot read
                self._bot = None
                if isinstance(error, _UNREACHABLE):
                    _log.warning("can't reach Discord (%s), trying again in %.0f s", reason_in(error), pause)
                else:
                    name = type(error).__name__
                    _log.error("can't read what Discord sent (%s), trying again in %.0f s", name, pause)
                if time.monotonic() - since > CONNECT_MAX_PAUSE:
                    pause = CONNECT_PAUSE
                await asyncio.sleep(pause)
                pause = min(2 * pause, CONNECT_MAX_PAUSE)
                continue
            if bot.token_refused:
                raise _token_refused()
            return

    async def shut_down(self) -> None:
        if self._bot is not None:
            await self._bot.shut_down()


def _token_refused() -> StoppedError:
    return StoppedError(
        Exit.TOKEN_REFUSED,
        f"Discord refuses the token. Copy a new one from the Bot page of your application at {PORTAL}.",
    )
