"""`/gaps`: the questions that found no answer, for members who manage the server."""

from __future__ import annotations

import asyncio

from discord import app_commands
from discord.ext import commands

from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.gaps.page import gaps_message
from bot.services.engine import Engine
from bot.storage.questions import StoredQuestions
from bot.ui.elements import Message
from bot.ui.text import notice


class GapsCog(commands.Cog):
    """Show a server's own unanswered questions, and nothing that says who asked.

    Args:
        handler: says who asks.
        engine: groups the questions.
        questions: the stored questions.
        retention_days: how long they are stored.
    """

    def __init__(
        self, handler: InteractionHandler, engine: Engine, questions: StoredQuestions, retention_days: int
    ) -> None:
        self._handler = handler
        self._engine = engine
        self._questions = questions
        self._retention_days = retention_days

    @app_commands.command(description="List this server’s unanswered questions")
    @app_commands.describe(export="Also attach the questions as a file for the review-bot command")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def gaps(self, interaction: Interaction, export: bool = False) -> None:
        """List the unanswered questions in groups."""
        async with self._handler.handle(interaction) as context:
            server = await self._handler.managed_server(interaction, context, context.words.settings_not_allowed)
            if server is not None and await self._handler.delivery.acknowledge(interaction, private=True):
                page = await self._page(server, context, export=export)
                await self._handler.delivery.respond(interaction, page)

    async def _page(self, server: int, context: AskContext, *, export: bool) -> Message:
        if not context.settings.store_questions:
            return notice(context.words.gaps_not_stored)
        found = await self._engine.gaps(await self._questions.find(server=server))
        return await asyncio.to_thread(gaps_message, found, context.words, days=self._retention_days, export=export)
