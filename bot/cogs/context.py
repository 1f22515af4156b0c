"""A question from its arrival to its answer, however it was asked.

Acknowledge, then the engine, then the message, then the one way out; the commands and listeners in `bot.cogs`
only bring the questions here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import discord

from bot.storage.records import ServerSettings
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions

Interaction: TypeAlias = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class AskContext:
    """Who asks, from where, and what they may see.

    Attributes:
        member: their id.
        place: the id of the channel, thread or DM.
        server: the id of a server that the bot itself is in, or None.
        settings: that server's settings.
        collections: what the asker may see.
        words: their language's words.
    """

    member: int
    place: int
    server: int | None
    settings: ServerSettings
    collections: tuple[str, ...]
    words: Catalogue

    @property
    def manner(self) -> RenderOptions:
        """How to put things to them."""
        return RenderOptions(self.words, hide_spoilers=self.settings.hide_spoilers)
