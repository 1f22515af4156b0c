"""`/section`, `/sections`, `/reviews`, `/help`: reading what there is, for the member alone who looks it up."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.service import AskService, service_of
from bot.cogs.autocomplete import complete_reviews, complete_sections
from bot.cogs.browse.help import help_message
from bot.cogs.browse.pages import contents_message, reviews_message, section_message
from bot.cogs.context import AskContext
from bot.services.titles import Title
from bot.ui.elements import Message
from embeddings import UnknownSectionError

Interaction = discord.Interaction[Any]


class BrowseCog(commands.Cog):
    """Looking things up without asking."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @app_commands.command(description="Open a section of a review")
    @app_commands.describe(review="Which review", section="Its heading, or a few letters of it")
    @app_commands.autocomplete(review=complete_reviews, section=complete_sections)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def section(self, interaction: Interaction, review: str, section: str) -> None:
        """A section, from its beginning."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                title = self._service.engine.titles.find(review, asker.collections)
                try:
                    found = await self._service.engine.section(title, section)
                except UnknownSectionError:
                    # The error's own words name headings, which may be hidden here.
                    there = await self._service.engine.review(title)
                    page = contents_message(there, asker.manner, missed=section)
                else:
                    page = await asyncio.to_thread(section_message, *found, asker.manner)
                await self._service.delivery.respond(interaction, page)

    @app_commands.command(description="Browse a review's table of contents")
    @app_commands.describe(review="Which review")
    @app_commands.autocomplete(review=complete_reviews)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def sections(self, interaction: Interaction, review: str | None = None) -> None:
        """A table of contents; the list of reviews where several could be meant."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                await self._service.delivery.respond(interaction, await self._contents(review, asker))

    @app_commands.command(description="List the reviews")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def reviews(self, interaction: Interaction) -> None:
        """All that the member may see."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                await self._service.delivery.respond(interaction, await self._list(asker))

    @app_commands.command(description="How to ask, with examples")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: Interaction) -> None:
        """How to ask, with questions that what the member sees does answer."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                examples = await self._service.examples.of(asker.collections, asker.words)
                managing = asker.server is not None and interaction.permissions.manage_guild
                is_heard = asker.server is not None or interaction.context.dm_channel
                page = help_message(examples, asker.words, managing=managing, is_heard=is_heard)
                await self._service.delivery.respond(interaction, page)

    async def _contents(self, review: str | None, asker: AskContext) -> Message:
        title = self._title(review, asker)
        if title is None:
            return await self._list(asker)
        return contents_message(await self._service.engine.review(title), asker.manner)

    async def _list(self, asker: AskContext) -> Message:
        return reviews_message(await self._service.engine.reviews(asker.collections), asker.manner)

    def _title(self, review: str | None, asker: AskContext) -> Title | None:
        titles = self._service.engine.titles
        if review:
            return titles.find(review, asker.collections)
        default = asker.settings.default_review
        if default is not None:
            return titles.by_slug(default, asker.collections)
        visible = titles.visible(asker.collections)
        return visible[0] if len(visible) == 1 else None
