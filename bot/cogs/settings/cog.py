"""`/settings`, for members who manage the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.autocomplete import complete
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.settings.service import TOGGLES, SettingsService
from bot.storage.records import ServerSettings
from bot.ui.components import WRITTEN_IN

NO_REVIEW = "none"
"""What a manager types to remove the default review."""


class ChannelTransformer(app_commands.Transformer):
    """An option whose value is the id of a channel that members write in.

    discord.py's union of channel classes counts media channels as forums, and Discord refuses those as options.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """The kind of the option: a channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """The kinds of channels that Discord offers."""
        return list(WRITTEN_IN)

    async def transform(
        self,
        _: discord.Interaction[discord.Client],
        value: app_commands.AppCommandChannel | app_commands.AppCommandThread,
        /,
    ) -> int:
        """Return the channel's id."""
        return value.id


Channel = app_commands.Transform[int, ChannelTransformer]


class SettingsCog(commands.Cog):
    """Show and change a server's settings."""

    def __init__(self, handler: InteractionHandler, service: SettingsService) -> None:
        self._handler = handler
        self._service = service

    @app_commands.command(description="See and change how the bot behaves in this server")
    @app_commands.describe(
        answers="Show answers to /ask to everybody or only to the asker. The asker can choose otherwise",
        spoilers="Hide sections flagged as spoilers behind spoiler marks, or show them",
        mentions_in="Answer mentions in this channel. Without any such channel, the bot answers everywhere",
        no_mentions_in="Stop answering mentions in this channel",
        questions="Store questions for a while, for /gaps. 'not stored' also deletes the stored questions",
        default_review=f"The review to search unless a question names another. '{NO_REVIEW}' removes it",
    )
    @app_commands.autocomplete(default_review=complete)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def settings(
        self,
        interaction: Interaction,
        answers: Literal["public", "private"] | None = None,
        spoilers: Literal["hidden", "shown"] | None = None,
        mentions_in: Channel | None = None,
        no_mentions_in: Channel | None = None,
        questions: Literal["stored", "not stored"] | None = None,
        default_review: str | None = None,
    ) -> None:
        """Change the given settings, and show all of them."""
        async with self._handler.handle(interaction) as context:
            server = await self._handler.managed_server(interaction, context, context.words.settings_not_allowed)
            if server is None or not await self._handler.delivery.acknowledge(interaction, private=True):
                return
            changed = _with_channels(context.settings, mentions_in, no_mentions_in)
            if answers is not None:
                changed = TOGGLES["private"](changed, answers == "private")
            if spoilers is not None:
                changed = TOGGLES["spoilers"](changed, spoilers == "hidden")
            if questions is not None:
                changed = TOGGLES["questions"](changed, questions == "stored")
            if default_review is not None:
                changed = replace(changed, default_review=self._slug(default_review, context))
            panel = await self._service.save(interaction, server, changed, context)
            await self._handler.delivery.respond(interaction, panel)

    def _slug(self, review: str, context: AskContext) -> str | None:
        return None if review.strip().casefold() == NO_REVIEW else self._service.review(review, context).slug


def _with_channels(settings: ServerSettings, added: int | None, removed: int | None) -> ServerSettings:
    channels = {*settings.mention_channels, *(() if added is None else (added,))} - {removed}
    return replace(settings, mention_channels=tuple(sorted(channels)))
