"""`/section`, `/sections`, `/reviews` and `/help`, each shown to the member alone."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.autocomplete import complete
from bot.cogs.browse.filters import ReviewFilters
from bot.cogs.browse.help import help_message
from bot.cogs.browse.pages import contents_message, reviews_message, section_message
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.services.engine import Engine
from bot.services.titles import Title
from bot.transport.command_mentions import CommandMentions
from bot.ui.elements import Message
from bot.ui.examples import example_questions
from bot.ui.mention_channels import mention_line
from bot.ui.text import escaped_line, notice
from embeddings import ReviewFilter, Sort, UnknownSectionError, read_years

Name = app_commands.Range[str, 1, 100]


class BrowseCog(commands.Cog):
    """Read reviews without asking."""

    def __init__(
        self, handler: InteractionHandler, engine: Engine, filters: ReviewFilters, mentions: CommandMentions
    ) -> None:
        self._handler = handler
        self._engine = engine
        self._filters = filters
        self._mentions = mentions

    @app_commands.command(description="Open a section of a review")
    @app_commands.describe(review="The review", section="The section’s heading, or a few letters of it")
    @app_commands.autocomplete(review=complete, section=complete)
    async def section(self, interaction: Interaction, review: str, section: str) -> None:
        """Open a section at its beginning."""

        async def page(context: AskContext) -> Message:
            title = self._engine.titles.find(review, context.collections)
            try:
                found = await self._engine.section(title, section)
            except UnknownSectionError:
                # The error's own text names headings, which this server may hide.
                return contents_message(await self._engine.review(title), context.options, missed=section)
            return await asyncio.to_thread(section_message, *found, context.options)

        await self._handler.show(interaction, page)

    @app_commands.command(description="List the sections of a review")
    @app_commands.describe(review="The review")
    @app_commands.autocomplete(review=complete)
    async def sections(self, interaction: Interaction, review: str | None = None) -> None:
        """Show a table of contents. Without a name, of the default or only review; otherwise the list of reviews."""

        async def page(context: AskContext) -> Message:
            title = self._title(review, context)
            if title is None:
                return await self._list(context)
            return contents_message(await self._engine.review(title), context.options)

        await self._handler.show(interaction, page)

    @app_commands.command(description="List the reviews: all of them, or those with some facts")
    @app_commands.describe(
        by="Only those by this reviewer, or of works by this creator",
        about="Only those of this work, creator or tag",
        year="Only works of these years: 1994, 1990s, before 1960",
        tag="Only those with this tag",
        sort="The order",
    )
    @app_commands.choices(sort=[app_commands.Choice(name=sort.replace("-", " "), value=sort) for sort in Sort])
    async def reviews(
        self,
        interaction: Interaction,
        by: Name | None = None,
        about: Name | None = None,
        year: Name | None = None,
        tag: Name | None = None,
        sort: app_commands.Choice[str] | None = None,
    ) -> None:
        """List the reviews that the member may see and that have these facts."""

        async def page(context: AskContext) -> Message:
            if not any((by, about, year, tag, sort)):
                return await self._list(context)
            years = read_years(year) if year else None
            if year and years is None:
                return notice(context.words.no_years.format(typed=escaped_line(year, context.words.untitled)))
            order = Sort(sort.value) if sort else None
            wanted = ReviewFilter(by=by, about=about, years=years, tag=tag, sort=order)
            return await self._filters.first_page(wanted, context)

        await self._handler.show(interaction, page)

    @app_commands.command(description="Show how to ask, with examples")
    async def help(self, interaction: Interaction) -> None:
        """Show how to ask."""

        async def page(context: AskContext) -> Message:
            examples = example_questions(self._engine.titles.visible(context.collections), context.words)
            managing = context.server is not None and interaction.permissions.manage_guild
            await self._mentions.load()
            return help_message(
                examples,
                context.words,
                managing=managing,
                is_heard=context.present,
                where=self._where(interaction, context),
                tappable=self._mentions.tappable,
            )

        await self._handler.show(interaction, page)

    def _where(self, interaction: Interaction, context: AskContext) -> str | None:
        """Return where the bot answers mentions in the member's server, or None outside of one."""
        if context.server is None or not isinstance(interaction.channel, discord.abc.Snowflake):
            return None
        if not self._handler.delivery.can_post(interaction.channel):
            return context.words.help_not_here
        return mention_line(context.settings, context.words)

    async def _list(self, context: AskContext) -> Message:
        return reviews_message(await self._engine.reviews(context.collections), context.options)

    def _title(self, review: str | None, context: AskContext) -> Title | None:
        titles = self._engine.titles
        if review:
            return titles.find(review, context.collections)
        if context.settings.default_review is not None:
            return titles.by_slug(context.settings.default_review, context.collections)
        visible = titles.visible(context.collections)
        return visible[0] if len(visible) == 1 else None
