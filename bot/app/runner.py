"""Being on Discord: connect, keep at it, keep up with the reviews, and leave in good order."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from enum import IntEnum
from pathlib import Path

import aiohttp
import discord
import filelock

from bot.app.client import ReviewBot
from bot.observability.health import health
from bot.observability.metrics import Metrics, Standing
from bot.services.engine import Engine
from bot.settings import Settings
from bot.token import PORTAL
from bot.transport.gateway import reason_in
from embeddings import LibraryError

_log = logging.getLogger(__name__)

LOCK = "bot.lock"
"""Held while the bot runs; what the file holds, or whether it is there, means nothing."""
KEEP_UP_EVERY = 5.0
"""Seconds between two looks at whether the reviews or their index have changed."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LEAVE_WITHIN = 2.0
"""Seconds that discord.py has to end its connection, which it may just be beginning."""

_AUTHENTICATION_FAILED = 4004


class Exit(IntEnum):
    """Why the bot ended, as an exit code; the numbers are those of sysexits.h."""

    NO_INDEX = 66
    CONNECTION = 70
    RUNNING = 75
    INTENTS_REFUSED = 76
    TOKEN_REFUSED = 77
    SETTINGS = 78


class StoppedError(LibraryError):
    """The bot can't go on; of all that stops it, only the end of another bot is worth waiting for. `code` says why."""

    def __init__(self, code: Exit, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@contextmanager
def running_alone(data: Path) -> Iterator[None]:
    """Hold the lock of the one bot that runs on a data directory: of two, each would answer every question.

    The system lets go of it with the process that holds it, however that ends.

    Raises:
        StoppedError: another holds it, or there can be none.
    """
    lock = filelock.FileLock(data / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise StoppedError(Exit.RUNNING, f"{data}: another review-bot runs on this folder; stop it first") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoppedError(
            Exit.SETTINGS, f"{data / LOCK}: {reason}; give the folder to the user that the bot runs as"
        ) from None
    try:
        yield
    finally:
        lock.release()


async def serve(make_bot: Callable[[], ReviewBot], engine: Engine, settings: Settings, metrics: Metrics) -> None:
    """Stay connected until told to stop (SIGTERM, SIGINT), and then finish what is under way.

    Args:
        make_bot: makes a bot; one that could not log in is thrown away.
        engine: the bot's, which is kept up to date.
        settings: the bot's.
        metrics: the bot's, which are shown with its health.

    Raises:
        StoppedError: Discord won't have the bot, or the connection was lost beyond repair.
    """
    connection = _Connection(make_bot, settings.token)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def lacking() -> str | None:
        if stop.is_set():
            return "stopping"
        return None if connection.is_ready else "not connected to Discord"

    def exposition() -> bytes:
        return metrics.exposition(connection.standing(engine))

    connected = asyncio.create_task(connection.keep(), name="connection")
    stopped = asyncio.create_task(stop.wait(), name="stopping")
    keeping_up = asyncio.create_task(update_index(engine), name="keeping up")
    try:
        async with AsyncExitStack() as stack:
            if settings.health_port:
                await stack.enter_async_context(
                    health(settings.health_host, settings.health_port, lacking=lacking, exposition=exposition)
                )
            await asyncio.wait({connected, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set() and not connected.done():
                _log.info("stopping")
                await connection.finish()
            if connection.is_up:
                await asyncio.wait({connected}, timeout=LEAVE_WITHIN)
            if connected.done():
                await connected
    finally:
        for task in (connected, stopped, keeping_up):
            task.cancel()
        await asyncio.gather(connected, stopped, keeping_up, return_exceptions=True)


async def update_index(engine: Engine, every: float = KEEP_UP_EVERY) -> None:
    """Index changed reviews, and reopen a changed index, again and again."""
    while True:
        await asyncio.sleep(every)
        try:
            await engine.update_index()
        except (LibraryError, OSError) as error:
            _log.warning("can't keep up with the reviews: %s", error)
        except Exception:  # noqa: BLE001  # logged whole; were it raised, no change would be seen until a restart
            _log.exception("can't keep up with the reviews")


class _Connection:
    """The way to Discord, tried again with growing pauses while it is only out of order."""

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

    def standing(self, engine: Engine) -> Standing:
        bot = self._bot
        return Standing(
            connected=self.is_ready,
            servers=len(bot.guilds) if bot is not None else 0,
            heartbeat=bot.latency if bot is not None else math.nan,
            load=engine.load,
        )

    async def keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            bot = self._make_bot()
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
                    "Discord disallows the intents, although none of them is privileged; "
                    f"look at the Bot page of your application at {PORTAL}",
                ) from None
            except discord.ConnectionClosed as error:
                if error.code == _AUTHENTICATION_FAILED:
                    raise _token_refused() from None
                raise StoppedError(
                    Exit.CONNECTION, f"Discord has closed the connection for good (code {error.code})"
                ) from None
            except (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
                self._bot = None
                _log.warning("can't reach Discord (%s); trying again in %.0f s", reason_in(error), pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            except Exception as error:  # noqa: BLE001  # discord.py raises anything for an event it cannot read
                _log.exception("the connection to Discord has broken down")
                raise StoppedError(
                    Exit.CONNECTION, f"something that came from Discord can't be understood ({type(error).__name__})"
                ) from None
            if bot.token_refused:
                raise _token_refused()
            return

    async def finish(self) -> None:
        if self._bot is not None:
            await self._bot.shut_down()


def _token_refused() -> StoppedError:
    return StoppedError(
        Exit.TOKEN_REFUSED,
        f"Discord refuses the token; copy a new one from the Bot page of your application at {PORTAL}",
    )
