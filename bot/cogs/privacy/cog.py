"""`/privacy about`, `/privacy export`, `/privacy delete`, for everybody and everywhere."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.service import AskService, service_of
from bot.cogs.privacy.page import erase_message, export_message, privacy_message

Interaction = discord.Interaction[Any]


class PrivacyCog(commands.Cog):
    """What is stored of a person, and their say in it."""

    privacy = app_commands.Group(
        name="privacy",
        description="What the bot stores, and your say in it",
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
    )

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @privacy.command(description="What the bot stores, of whom, and for how long")
    async def about(self, interaction: Interaction) -> None:
        """All of it in plain words."""
        async with self._service.attending(interaction) as asker:
            told = privacy_message(
                asker.words,
                self._service.terms,
                in_server=asker.server is not None,
                keeps=asker.settings.store_questions,
            )
            await self._service.delivery.say_at_once(interaction, told)

    @privacy.command(description="Get all that is stored of you, as a file that only you see")
    async def export(self, interaction: Interaction) -> None:
        """The asker's data, from every server."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                data = await self._service.data_of(asker.member)
                await self._service.delivery.respond(interaction, export_message(data, asker.words))

    @privacy.command(description="Delete all that is stored of you; you are asked once more")
    async def delete(self, interaction: Interaction) -> None:
        """What would be deleted; the button below it does it."""
        async with self._service.attending(interaction) as asker:
            if await self._service.delivery.acknowledge(interaction, private=True):
                data = await self._service.data_of(asker.member)
                await self._service.delivery.respond(interaction, erase_message(data, asker.words))
