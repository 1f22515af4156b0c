"""`/settings` and `/gaps`, for those who may manage the server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.service import AskService, service_of
from bot.cogs.autocomplete import complete_reviews
from bot.cogs.context import AskContext
from bot.cogs.gaps.page import gaps_message
from bot.cogs.settings.page import settings_message
from bot.storage.records import ServerSettings
from bot.ui.elements import Message
from bot.ui.text import notice

Interaction = discord.Interaction[Any]


class PlaceTransformer(app_commands.Transformer):
    """Where members talk, as an option of a command: its id. A forum stands for all of its threads.

    Not discord.py's own union of classes, which counts media channels among forums: Discord's description of options
    doesn't know them.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Those that the member may choose among."""
        kinds = discord.ChannelType
        threads = [kinds.news_thread, kinds.public_thread, kinds.private_thread]
        return [kinds.text, kinds.news, kinds.voice, kinds.stage_voice, kinds.forum, *threads]

    async def transform(
        self,
        _: discord.Interaction[discord.Client],
        value: app_commands.AppCommandChannel | app_commands.AppCommandThread,
        /,
    ) -> int:
        """The id of what was chosen."""
        return value.id


Place = app_commands.Transform[int, PlaceTransformer]

NO_REVIEW = "none"
"""What stands for no default review."""


class SettingsCog(commands.Cog):
    """What a server's managers decide."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @app_commands.command(description="See and change how the bot behaves in this server")
    @app_commands.describe(
        answers="Whether answers to /ask are for all, unless the asker says otherwise",
        spoilers="Whether flagged sections stay behind spoiler marks",
        mentions_in="Answer mentions in this channel; the first one chosen ends answering everywhere",
        no_mentions_in="Don't answer mentions in this channel any more; with none left they are answered everywhere",
        questions="Whether questions are kept for a while, for /gaps; those kept are deleted when it is turned off",
        default_review=f"The review that questions are about unless they name another; '{NO_REVIEW}' for none",
    )
    @app_commands.autocomplete(default_review=complete_reviews)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def settings(
        self,
        interaction: Interaction,
        answers: Literal["public", "private"] | None = None,
        spoilers: Literal["hidden", "shown"] | None = None,
        mentions_in: Place | None = None,
        no_mentions_in: Place | None = None,
        questions: Literal["kept", "not kept"] | None = None,
        default_review: str | None = None,
    ) -> None:
        """Change what was given, and show all of it."""
        async with self._service.attending(interaction) as asker:
            if not interaction.permissions.manage_guild:
                # A server may have opened the command to others; its settings are still its managers'.
                await self._service.delivery.say_at_once(interaction, notice(asker.words.settings_not_allowed))
                return
            if asker.server is None or not await self._service.delivery.acknowledge(interaction, private=True):
                return
            chosen = _with_places(asker.settings, mentions_in, no_mentions_in)
            if answers is not None:
                chosen = replace(chosen, private_answers=answers == "private")
            if spoilers is not None:
                chosen = replace(chosen, hide_spoilers=spoilers == "hidden")
            if questions is not None:
                chosen = replace(chosen, store_questions=questions == "kept")
            if default_review is not None:
                chosen = replace(chosen, default_review=self._slug(default_review, asker))
            deleted = 0
            if chosen != asker.settings:
                deleted = await self._service.servers.save(asker.server, chosen)
            await self._service.delivery.respond(interaction, self._shown(chosen, asker, deleted))

    @app_commands.command(description="See what was asked in this server and found nothing")
    @app_commands.describe(export="Also as a file of questions, for the review-bot command")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def gaps(self, interaction: Interaction, export: bool = False) -> None:
        """This server's questions alone, and nothing that says who asked."""
        async with self._service.attending(interaction) as asker:
            if not interaction.permissions.manage_guild:
                await self._service.delivery.say_at_once(interaction, notice(asker.words.settings_not_allowed))
                return
            if asker.server is None or not await self._service.delivery.acknowledge(interaction, private=True):
                return
            await self._service.delivery.respond(interaction, await self._gaps(asker.server, asker, export=export))

    async def _gaps(self, server: int, asker: AskContext, *, export: bool) -> Message:
        if not asker.settings.store_questions:
            return notice(asker.words.gaps_not_kept)
        found = await self._service.engine.gaps(await self._service.kept.of_server(server))
        return await asyncio.to_thread(
            gaps_message, found, asker.words, days=self._service.terms.retention_days, export=export
        )

    def _slug(self, review: str, asker: AskContext) -> str | None:
        if review.strip().casefold() == NO_REVIEW:
            return None
        return self._service.engine.titles.find(review, asker.collections).slug

    def _shown(self, settings: ServerSettings, asker: AskContext, deleted: int) -> Message:
        slug = settings.default_review
        title = self._service.engine.titles.by_slug(slug, asker.collections) if slug else None
        return settings_message(
            settings,
            title.text if title else None,
            asker.words,
            retention_days=self._service.terms.retention_days,
            deleted=deleted,
        )


def _with_places(settings: ServerSettings, added: int | None, removed: int | None) -> ServerSettings:
    places = {*settings.mention_channels, *(() if added is None else (added,))} - {removed}
    return replace(settings, mention_channels=tuple(sorted(places)))
