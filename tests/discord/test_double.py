"""The double, proved with small bots on the real discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
from discord import app_commands

from tests.discord.actors import Discord, reach
from tests.discord.logs import LogWatch

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class Small(discord.Client):
    """A bot that answers with what it was asked, and keeps every rule."""

    def __init__(self) -> None:
        super().__init__(intents=INTENTS, allowed_mentions=discord.AllowedMentions.none(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(description="Ask")
        async def ask(interaction: discord.Interaction, question: str) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"You asked: {question}")

    async def setup_hook(self) -> None:
        await self.tree.sync()


@asynccontextmanager
async def running(url: str, client: discord.Client) -> AsyncIterator[Discord]:
    async with reach(url) as there, client:
        task = asyncio.create_task(client.start(there.token))
        await there.ready()
        try:
            yield there
        finally:
            await client.close()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_question_is_acknowledged_and_answered(at_the_double: str, log: LogWatch) -> None:
    async with running(at_the_double, Small()) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        asked = await ana.slash(general, "ask", question="What is a deferral?")
        assert (await asked.answer()).text == "You asked: What is a deferral?"
        await there.assert_clean()
        log.assert_clean(await there.secrets())
