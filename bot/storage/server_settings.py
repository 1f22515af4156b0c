"""Store what a server's managers have chosen, read it once, and then answer from memory."""

from __future__ import annotations

import asyncio
import logging

from bot.config import SERVER_SETTINGS_WAIT
from bot.storage.database import Database
from bot.storage.records import ServerSettings, StorageError

_log = logging.getLogger(__name__)

UNREADABLE = ServerSettings(private_answers=True)
"""The settings while the database can't be read: nothing becomes public that should not."""


class ServerSettingsCache:
    """The settings of all servers. For the event loop; the database is used on a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, ServerSettings] = {}
        self._knows_all = False

    async def load(self) -> None:
        """Read the settings of all servers, so that nothing waits for the database later."""
        try:
            self._known = await asyncio.to_thread(load_all_server_settings, self._database)
        except StorageError:
            _log.exception("The servers' settings can't be read")
        else:
            self._knows_all = True

    async def settings(self, server: int | None) -> ServerSettings:
        """Return a server's settings, or the defaults outside of servers."""
        if server is None:
            return ServerSettings()
        known = self._known.get(server)
        if known is not None or self._knows_all:
            return known or ServerSettings()
        try:
            async with asyncio.timeout(SERVER_SETTINGS_WAIT):
                settings = await asyncio.to_thread(load_server_settings, self._database, server)
        except (StorageError, TimeoutError):
            _log.exception("A server's settings can't be read")
            return UNREADABLE
        return self._known.setdefault(server, settings)

    async def save(self, server: int, settings: ServerSettings) -> int:
        """Replace a server's settings, on disk first. Return how many stored questions this deleted.

        Raises:
            StorageError: they can't be written. The earlier ones hold.
        """
        deleted = await asyncio.to_thread(save_server_settings, self._database, server, settings)
        self._known[server] = settings
        return deleted

    def forget(self, server: int) -> None:
        """Drop a server's settings from memory."""
        self._known.pop(server, None)


def load_all_server_settings(database: Database) -> dict[int, ServerSettings]:
    """Return the settings of each server that has chosen some."""
    with database.reading() as connection:
        servers = connection.execute("SELECT server FROM servers").fetchall()
    return {server: load_server_settings(database, server) for (server,) in servers}


def load_server_settings(database: Database, server: int) -> ServerSettings:
    """Return a server's settings, or the defaults."""
    with database.reading() as connection:
        row = connection.execute(
            "SELECT private_answers, hide_spoilers, default_review, keep_questions FROM servers WHERE server = ?",
            (server,),
        ).fetchone()
        if row is None:
            return ServerSettings()
        channels = connection.execute(
            "SELECT channel FROM mention_channels WHERE server = ? ORDER BY channel", (server,)
        ).fetchall()
    mentions = tuple(channel for (channel,) in channels)
    return ServerSettings(bool(row[0]), bool(row[1]), mentions, row[2], bool(row[3]))


def save_server_settings(database: Database, server: int, settings: ServerSettings) -> int:
    """Replace a server's settings. If it stores no questions from now on, delete those it has.

    Returns:
        How many questions were deleted.
    """
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO servers (server, private_answers, hide_spoilers, default_review, keep_questions) "
            "VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (server) DO UPDATE SET private_answers = excluded.private_answers, "
            "hide_spoilers = excluded.hide_spoilers, default_review = excluded.default_review, "
            "keep_questions = excluded.keep_questions",
            (
                server,
                settings.private_answers,
                settings.hide_spoilers,
                settings.default_review,
                settings.store_questions,
            ),
        )
        deleted = 0
        if not settings.store_questions:
            deleted = connection.execute("DELETE FROM questions WHERE server = ?", (server,)).rowcount
        connection.execute("DELETE FROM mention_channels WHERE server = ?", (server,))
        connection.executemany(
            "INSERT INTO mention_channels (server, channel) VALUES (?, ?)",
            [(server, channel) for channel in sorted(set(settings.mention_channels))],
        )
    database.erase_deleted(deleted)
    return deleted
