"""The store from the event loop: settings are read once and then from memory; nobody waits for a slow disk for long."""

from __future__ import annotations

import asyncio
import logging

from bot.config import SERVER_SETTINGS_WAIT
from bot.storage.database import Store
from bot.storage.records import ServerSettings, StoreError

_log = logging.getLogger(__name__)


UNREADABLE = ServerSettings(private_answers=True)
"""What holds while the store can't be read: nothing is said aloud that should not be."""


class ServerSettingsCache:
    """The settings of all servers. For the event loop; the store is asked on a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, ServerSettings] = {}

    async def settings(self, server: int | None) -> ServerSettings:
        """A server's settings; the defaults outside of servers."""
        if server is None:
            return ServerSettings()
        known = self._known.get(server)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(SERVER_SETTINGS_WAIT):
                read = await asyncio.to_thread(self._store.server_settings, server)
        except (StoreError, TimeoutError):
            _log.exception("the settings of a server can't be read")
            return UNREADABLE
        return self._known.setdefault(server, read)

    async def save(self, server: int, settings: ServerSettings) -> int:
        """Replace a server's settings, on disk first; how many kept questions that has deleted.

        Raises:
            StoreError: they can't be written; the old ones hold.
        """
        deleted = await asyncio.to_thread(self._store.save_server_settings, server, settings)
        self._known[server] = settings
        return deleted

    def forget(self, server: int) -> None:
        """Let go of what is remembered of a server."""
        self._known.pop(server, None)
