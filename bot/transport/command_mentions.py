"""Make the names of commands in a message tappable: Discord shows `</ask:123>` as a link that fills in the command.

The number is Discord's own, which `review-bot sync` doesn't store. The bot reads it once, when a message needs it.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import discord
from discord import app_commands

from bot.transport.retry import TRANSIENT_ERRORS, reason_in

_log = logging.getLogger(__name__)
_NAME = re.compile(r"`/([a-z]+)((?: [a-z]+)?)`")


class CommandMentions:
    """The ids of the commands that Discord has for every server."""

    def __init__(self, tree: app_commands.CommandTree[Any]) -> None:
        self._tree = tree
        self._ids: dict[str, int] = {}

    async def load(self) -> None:
        """Read the ids from Discord unless they are known. Without them the names stay plain text."""
        if self._ids:
            return
        try:
            found = await self._tree.fetch_commands()
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            _log.info("the ids of the commands can't be read: %s", reason_in(error))
            return
        self._ids = {each.name: each.id for each in found if each.type is discord.AppCommandType.chat_input}

    def tappable(self, text: str) -> str:
        """Return the bot's own text with its `/command`s as links, as far as their ids are known."""

        def link(found: re.Match[str]) -> str:
            number = self._ids.get(found[1])
            return found[0] if number is None else f"</{found[1]}{found[2]}:{number}>"

        return _NAME.sub(link, text)
