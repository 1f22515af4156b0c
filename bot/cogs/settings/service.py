"""Change a server's settings, and show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.cogs.context import AskContext, Interaction
from bot.cogs.settings.page import settings_message
from bot.services.engine import Engine
from bot.services.titles import Title
from bot.storage.records import ServerSettings
from bot.storage.server_settings import ServerSettingsCache
from bot.ui.elements import Message

TOGGLES: Mapping[str, Callable[[ServerSettings, bool], ServerSettings]] = {
    "private": lambda settings, on: replace(settings, private_answers=on),
    "spoilers": lambda settings, on: replace(settings, hide_spoilers=on),
    "questions": lambda settings, on: replace(settings, store_questions=on),
}
"""How each setting that is on or off changes, by its name in a button. Never rename one."""


class SettingsService:
    """A server's settings and their panel.

    Args:
        engine: knows the reviews by name.
        settings: the settings of every server.
        retention_days: how long questions are stored.
    """

    def __init__(self, engine: Engine, settings: ServerSettingsCache, retention_days: int) -> None:
        self._engine = engine
        self._settings = settings
        self._retention_days = retention_days

    async def save(
        self, interaction: Interaction, server: int, changed: ServerSettings, context: AskContext
    ) -> Message:
        """Save the settings if they have changed, and return the panel.

        Raises:
            StorageError: they can't be saved. The earlier ones hold.
        """
        deleted = await self._settings.save(server, changed) if changed != context.settings else 0
        titles = self._engine.titles
        chosen = titles.by_slug(changed.default_review, context.collections) if changed.default_review else None
        guild = interaction.guild
        # Discord refuses a menu with a channel that is gone.
        known = [each for each in changed.mention_channels if guild and guild.get_channel_or_thread(each)]
        return settings_message(
            changed,
            chosen,
            titles.visible(context.collections),
            context.words,
            retention_days=self._retention_days,
            channels=known,
            deleted=deleted,
        )

    def review(self, name: str, context: AskContext) -> Title:
        """Return the review of a name or a key.

        Raises:
            LibraryError: it fits no review, or more than one.
        """
        return self._engine.titles.find(name, context.collections)
