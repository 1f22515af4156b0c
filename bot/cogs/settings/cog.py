"""`/settings`, for members who manage the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.autocomplete import complete
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.settings.page import settings_message
from bot.services.engine import Engine
from bot.storage.records import ServerSettings
from bot.storage.server_settings import ServerSettingsCache
from bot.ui.elements import Message
from bot.ui.text import title_apart

NO_REVIEW = "none"
"""What a manager types to remove the default review."""


class ChannelTransformer(app_commands.Transformer):
    """An option whose value is the id of a channel that members write in. A forum stands for all its threads.

    discord.py's union of channel classes counts media channels as forums, and Discord refuses those as options.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """The kind of the option: a channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """The kinds of channels that Discord offers."""
        kinds = discord.ChannelType
        threads = [kinds.news_thread, kinds.public_thread, kinds.private_thread]
        return [kinds.text, kinds.news, kinds.voice, kinds.stage_voice, kinds.forum, *threads]

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
    """Show and change a server's settings.

    Args:
        handler: says who asks.
        engine: knows the reviews by name.
        settings: the settings of every server.
        retention_days: how long questions are stored.
    """

    def __init__(
        self, handler: InteractionHandler, engine: Engine, settings: ServerSettingsCache, retention_days: int
    ) -> None:
        self._handler = handler
        self._engine = engine
        self._settings = settings
        self._retention_days = retention_days

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
                changed = replace(changed, private_answers=answers == "private")
            if spoilers is not None:
                changed = replace(changed, hide_spoilers=spoilers == "hidden")
            if questions is not None:
                changed = replace(changed, store_questions=questions == "stored")
            if default_review is not None:
                changed = replace(changed, default_review=self._slug(default_review, context))
            deleted = await self._settings.save(server, changed) if changed != context.settings else 0
            await self._handler.delivery.respond(interaction, self._page(changed, context, deleted))

    def _slug(self, review: str, context: AskContext) -> str | None:
        if review.strip().casefold() == NO_REVIEW:
            return None
        return self._engine.titles.find(review, context.collections).slug

    def _page(self, settings: ServerSettings, context: AskContext, deleted: int) -> Message:
        slug = settings.default_review
        titles, words = self._engine.titles, context.words
        title = titles.by_slug(slug, context.collections) if slug else None
        others = titles.namesakes(title, context.collections) if title else ()
        return settings_message(
            settings,
            title_apart(title, title.text, others, words) if title else None,
            words,
            retention_days=self._retention_days,
            deleted=deleted,
        )


def _with_channels(settings: ServerSettings, added: int | None, removed: int | None) -> ServerSettings:
    channels = {*settings.mention_channels, *(() if added is None else (added,))} - {removed}
    return replace(settings, mention_channels=tuple(sorted(channels)))
