"""What is deleted by itself: questions that were kept long enough, and the data of servers that the bot has left."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.config import RETENTION_INTERVAL
from bot.storage.database import Store
from bot.storage.records import StoreError
from bot.storage.server_settings import ServerSettingsCache
from embeddings import COLLECTIONS

LARGEST_ID = 2**63 - 1
"""What the database can note. Discord's ids are 64 bits wide, and will not need the last of them before 2084."""


_WRITTEN = re.compile(r"[1-9][0-9]{0,18}")


def id_from(text: str) -> int | None:
    """The id that a text is, exactly as the id would be written; None where it is none."""
    if not _WRITTEN.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


_log = logging.getLogger(__name__)

_DAY = 86_400
_LEAVING = ".leaving-"
"""What stands before the name of a collection's folder while it is deleted; the library doesn't read such folders."""


def today() -> date:
    """The day in UTC: as exactly as it is noted when a question was asked."""
    return datetime.now(UTC).date()


class Retention:
    """Deletes what is due. For the event loop; the disk is used on threads.

    Args:
        store: the database.
        servers: told which servers are forgotten.
        data: the data directory, which has the servers' own reviews.
        retention_days: for how many days questions are kept; the day on which they were asked is the first.
        grace_days: how many days after the bot has left a server its data are deleted.
    """

    def __init__(
        self, store: Store, servers: ServerSettingsCache, data: Path, *, retention_days: int, grace_days: int
    ) -> None:
        self._store = store
        self._servers = servers
        self._data = data
        self._keep = timedelta(days=retention_days)
        self._grace = grace_days * _DAY
        self._turn = asyncio.Lock()

    async def run(self, present: Callable[[], Collection[int] | None]) -> None:
        """Delete what is due, at once and again and again.

        `present` gives the servers that the bot is in, or None while that isn't known.
        """
        while True:
            await self.delete_due(present())
            await asyncio.sleep(RETENTION_INTERVAL)

    async def delete_due(self, present: Collection[int] | None) -> None:
        """Delete what is due; of servers only while it is known in which of them the bot is.

        What can't be deleted is logged, and tried again the next time; it keeps nothing else from being deleted.
        """
        async with self._turn:
            with _going_on("questions that were kept long enough"):
                await self._purge()
            if present is not None:
                with _going_on("the data of servers that I was removed from"):
                    await self._forget_left(present)

    async def server_left(self, server: int) -> None:
        """The bot was removed from a server: its data are deleted after a while."""
        await self._noted(self._store.record_departure, server, int(time.time()))

    async def server_joined(self, server: int) -> None:
        """The bot is in a server (again): its data stay."""
        await self._noted(self._store.cancel_departure, server)

    async def _purge(self) -> None:
        purged = await asyncio.to_thread(self._store.purge, today() - self._keep)
        if purged:
            _log.info("deleted %d questions that were kept long enough", purged)

    async def _forget_left(self, present: Collection[int]) -> None:
        await self._note(present)
        noticed = await asyncio.to_thread(self._store.left_servers)
        for server, when in noticed.items():
            if server not in present and when + self._grace <= time.time():
                with _going_on("the data of a server that I was removed from"):
                    await asyncio.to_thread(self._delete, server)
                    self._servers.forget(server)
                    _log.info("deleted the data of a server that I was removed from")

    async def _note(self, present: Collection[int]) -> None:
        """Note which of the servers that anything is stored of the bot has left, and which it is in again."""
        known, noticed = await asyncio.to_thread(lambda: (self._known(), self._store.left_servers()))
        for server in known - noticed.keys() - set(present):
            await self.server_left(server)
        for server in noticed.keys() & set(present):
            await self.server_joined(server)

    async def _noted(self, note: Callable[..., None], *what: int) -> None:
        """Write it down; where that fails it is found out again when the bot has connected the next time."""
        try:
            await asyncio.to_thread(note, *what)
        except StoreError:
            _log.exception("a server's coming or going can't be noted")

    def _known(self) -> frozenset[int]:
        names = [path.name.removeprefix(_LEAVING) for path in (self._data / COLLECTIONS).glob("*")]
        return self._store.known_servers() | {server for name in names if (server := id_from(name)) is not None}

    def _delete(self, server: int) -> None:
        """The reviews first: what is noted in the database leads here again after a crash."""
        folder = self._data / COLLECTIONS / str(server)
        leaving = folder.with_name(f"{_LEAVING}{server}")
        if leaving.exists():
            shutil.rmtree(leaving)
        if folder.exists():
            folder.rename(leaving)
            shutil.rmtree(leaving)
        self._store.forget_server(server)


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    """Log what goes wrong, whatever that is: were it raised, nothing would be deleted any more until a restart."""
    try:
        yield
    except (StoreError, OSError) as error:
        _log.warning("%s can't be deleted: %s", what, error)
    except Exception:  # noqa: BLE001  # logged with its traceback
        _log.exception("%s can't be deleted", what)
