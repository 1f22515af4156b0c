"""Delete data when it expires: stored questions after a number of days, and a server's data after the bot left it."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.config import RETENTION_INTERVAL
from bot.storage import LARGEST_ID
from bot.storage.database import Database
from bot.storage.questions import delete_questions_until, today
from bot.storage.records import RetentionPolicy, StorageError
from bot.storage.server_settings import ServerSettingsCache
from bot.storage.synced_commands import EVERYWHERE
from embeddings import COLLECTIONS

_log = logging.getLogger(__name__)

_ID = re.compile(r"[1-9][0-9]{0,18}")
_DAY = 86_400
_LEAVING = ".leaving-"
"""The prefix of a collection's folder while it is being deleted. The library skips such folders."""


class Retention:
    """Deletes expired data. For the event loop; the disk is used on threads.

    Args:
        database: the database.
        servers: the settings in memory, from which deleted servers are dropped.
        data: the data folder, which has the servers' own reviews.
        policy: how long data is stored. The day of a question is the first of its days.
    """

    def __init__(self, database: Database, servers: ServerSettingsCache, data: Path, policy: RetentionPolicy) -> None:
        self._database = database
        self._servers = servers
        self._data = data
        self._policy = policy
        self._turn = asyncio.Lock()

    async def run(self, present: Callable[[], Collection[int] | None]) -> None:
        """Delete expired data now and at intervals, forever.

        `present` returns the servers that the bot is in, or None while that isn't known.
        """
        while True:
            await self.delete_expired(present())
            await asyncio.sleep(RETENTION_INTERVAL)

    async def delete_expired(self, present: Collection[int] | None) -> None:
        """Delete expired data; that of servers only while it is known which servers the bot is in.

        Data that can't be deleted is logged and tried again next time. It doesn't keep other data from being deleted.
        """
        async with self._turn:
            with _logged("expired questions"):
                await self._delete_questions()
            if present is not None:
                with _logged("the data of servers that the bot has left"):
                    await self._delete_left(present)

    async def server_left(self, server: int) -> None:
        """Record that the bot has left a server, whose data then expires."""
        await self._record(record_departure, server, int(time.time()))

    async def server_joined(self, server: int) -> None:
        """Record that the bot is in a server, whose data then stays."""
        await self._record(cancel_departure, server)

    async def _delete_questions(self) -> None:
        last = today() - timedelta(days=self._policy.retention_days)
        deleted = await asyncio.to_thread(delete_questions_until, self._database, last)
        if deleted:
            _log.info("Deleted %d expired questions", deleted)

    async def _delete_left(self, present: Collection[int]) -> None:
        await self._compare(present)
        departures = await asyncio.to_thread(left_servers, self._database)
        for server, when in departures.items():
            if server not in present and when + self._policy.grace_days * _DAY <= time.time():
                with _logged("the data of a server that the bot has left"):
                    await asyncio.to_thread(self._delete, server)
                    self._servers.forget(server)
                    _log.info("Deleted the data of a server that the bot has left")

    async def _compare(self, present: Collection[int]) -> None:
        """Record which of the servers with data the bot has left, and which it is in again."""
        known, departures = await asyncio.to_thread(lambda: (self._known(), left_servers(self._database)))
        for server in known - departures.keys() - set(present):
            await self.server_left(server)
        for server in departures.keys() & set(present):
            await self.server_joined(server)

    async def _record(self, record: Callable[..., None], *values: int) -> None:
        """Write a departure. If that fails, `_compare` finds it again when the bot connects the next time."""
        try:
            await asyncio.to_thread(record, self._database, *values)
        except StorageError:
            _log.exception("A server's departure can't be written")

    def _known(self) -> frozenset[int]:
        names = [path.name.removeprefix(_LEAVING) for path in (self._data / COLLECTIONS).glob("*")]
        return known_servers(self._database) | {int(name) for name in names if _is_id(name)}

    def _delete(self, server: int) -> None:
        """Delete the reviews first: after a crash, the recorded departure leads here again."""
        folder = self._data / COLLECTIONS / str(server)
        leaving = folder.with_name(f"{_LEAVING}{server}")
        if leaving.exists():
            shutil.rmtree(leaving)
        if folder.exists():
            folder.rename(leaving)
            shutil.rmtree(leaving)
        forget_server(self._database, server)


def known_servers(database: Database) -> frozenset[int]:
    """Return every server of which anything is stored."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT server FROM servers UNION SELECT server FROM questions UNION SELECT server FROM departures "
            "UNION SELECT server FROM verdicts WHERE server IS NOT NULL "
            "UNION SELECT CAST(scope AS INTEGER) FROM synced WHERE scope != ?",
            (EVERYWHERE,),
        ).fetchall()
    return frozenset(int(server) for (server,) in rows)


def left_servers(database: Database) -> dict[int, int]:
    """Return the servers that the bot has left, each with the time when it noticed, in seconds since 1970."""
    with database.reading() as connection:
        return dict(connection.execute("SELECT server, noticed FROM departures ORDER BY server").fetchall())


def record_departure(database: Database, server: int, noticed: int) -> None:
    """Record when the bot noticed that it has left a server. An earlier record stays."""
    with database.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO departures (server, noticed) VALUES (?, ?)", (server, noticed))


def cancel_departure(database: Database, server: int) -> None:
    """Record that the bot is in a server."""
    with database.writing() as connection:
        connection.execute("DELETE FROM departures WHERE server = ?", (server,))


def forget_server(database: Database, server: int) -> None:
    """Delete everything that is stored of a server."""
    with database.writing() as connection:
        for table in ("questions", "verdicts", "servers", "departures"):
            # The names of the tables are this module's own.
            connection.execute(f"DELETE FROM {table} WHERE server = ?", (server,))  # noqa: S608
        connection.execute("DELETE FROM synced WHERE scope = ?", (str(server),))
    database.erase_deleted(1)


def _is_id(name: str) -> bool:
    """Return True if a folder's name is an id exactly as the id is written."""
    return _ID.fullmatch(name) is not None and int(name) <= LARGEST_ID


@contextmanager
def _logged(what: str) -> Iterator[None]:
    """Log any error: if it were raised, nothing would be deleted until a restart."""
    try:
        yield
    except (StorageError, OSError) as error:
        _log.warning("%s can't be deleted: %s", what.capitalize(), error)
    except Exception:  # noqa: BLE001  # logged with its traceback
        _log.exception("%s can't be deleted", what.capitalize())
