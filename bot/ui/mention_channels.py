"""The line that says in which channels mentions get an answer."""

from __future__ import annotations

from bot.config import SETTINGS_CHANNELS
from bot.storage.records import ServerSettings
from bot.ui.strings import Catalogue


def mention_line(settings: ServerSettings, words: Catalogue) -> str:
    """Return where a server's members get an answer to a mention."""
    channels = " ".join(f"<#{channel}>" for channel in settings.mention_channels[:SETTINGS_CHANNELS])
    if len(settings.mention_channels) > SETTINGS_CHANNELS:
        channels += " …"
    return words.settings_mentions_in.format(channels=channels) if channels else words.settings_mentions_everywhere
