"""`/gaps`: the questions that found no answer, for members who manage the server."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.gaps.service import GapsService
from bot.ui.custom_ids import ExportGaps


class GapsCog(commands.Cog):
    """Show a server's own unanswered questions."""

    def __init__(self, handler: InteractionHandler, service: GapsService) -> None:
        self._handler = handler
        self._service = service

    @app_commands.command(description="List this server’s unanswered questions")
    @app_commands.describe(export="Also attach the questions as a file for the review-bot command")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def gaps(self, interaction: Interaction, export: bool = False) -> None:
        """List the unanswered questions in groups."""
        async with self._handler.handle(interaction) as context:
            await self._show(interaction, context, export=export)

    def register(self, buttons: Buttons) -> None:
        """Register the handler of *Export*."""
        buttons.register(ExportGaps, lambda interaction, _, context: self._show(interaction, context, export=True))

    async def _show(self, interaction: Interaction, context: AskContext, *, export: bool) -> None:
        """Show the questions to a member who manages the server at that moment."""
        server = await self._handler.managed_server(interaction, context, context.words.settings_not_allowed)
        if server is not None and await self._handler.delivery.acknowledge(interaction, private=True):
            page = await self._service.page(server, context, export=export)
            await self._handler.delivery.respond(interaction, page)
