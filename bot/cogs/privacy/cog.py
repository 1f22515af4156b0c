"""`/privacy about`, `/privacy export` and `/privacy delete`, for everybody and everywhere."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.privacy.page import erase_message, export_message, privacy_message
from bot.cogs.privacy.service import PersonalDataService
from bot.storage.records import RetentionPolicy
from bot.ui.elements import Message


class PrivacyCog(commands.Cog):
    """Tell members what the bot stores about them, export it, delete it."""

    privacy = app_commands.Group(name="privacy", description="See, export and delete what the bot stores about you")

    def __init__(self, handler: InteractionHandler, data: PersonalDataService, policy: RetentionPolicy) -> None:
        self._handler = handler
        self._data = data
        self._policy = policy

    @privacy.command(description="See what the bot stores, about whom, and for how long")
    async def about(self, interaction: Interaction) -> None:
        """Say what is stored. This needs no lookup, so it answers without acknowledging first."""
        async with self._handler.handle(interaction) as context:
            page = privacy_message(
                context.words,
                self._policy,
                in_server=context.server is not None,
                stores=context.settings.store_questions,
            )
            await self._handler.delivery.send_now(interaction, page)

    @privacy.command(description="Get all that the bot stores about you, as a file that only you see")
    async def export(self, interaction: Interaction) -> None:
        """Export the member's data from every server."""
        await self._handler.show(interaction, self._export)

    @privacy.command(description="Delete all that the bot stores about you. A button asks you to confirm")
    async def delete(self, interaction: Interaction) -> None:
        """Show what would be deleted, above the button that deletes it."""

        async def page(context: AskContext) -> Message:
            return erase_message(await self._data.collect(context.member), context.words)

        await self._handler.show(interaction, page)

    async def _export(self, context: AskContext) -> Message:
        return export_message(await self._data.collect(context.member), context.words)
