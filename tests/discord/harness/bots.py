"""Small bots on the real discord.py, to prove the loopback Discord with."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands

from tests.discord.loopback.client import Discord, reach

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
"""4609: none of them privileged."""


class Small(discord.AutoShardedClient):
    """A bot that keeps every rule. Its commands are added by whoever makes it."""

    def __init__(self, **how: Any) -> None:
        settings: dict[str, Any] = {
            "intents": INTENTS,
            "allowed_mentions": discord.AllowedMentions.none(),
            "guild_ready_timeout": 0.05,
        }
        super().__init__(**settings | how)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.deleted: list[int] = []
        self.edited: list[str] = []

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.deleted.append(event.message_id)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event.data["content"])


def echoing(**how: Any) -> Small:
    """A bot with `/ask`, which defers and then repeats the question."""
    bot = Small(**how)

    @bot.tree.command(description="Ask the reviews")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def ask(interaction: discord.Interaction, question: str, private: bool = False) -> None:
        await interaction.response.defer(ephemeral=private)
        await interaction.edit_original_response(content=f"You asked: {question}")

    return bot


def main() -> None:
    """An entry point like the bot's own: the token from the environment, an orderly end on SIGTERM."""

    async def run() -> None:
        bot = echoing()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: asyncio.ensure_future(bot.close()))
        async with bot:
            await bot.start(os.environ["DISCORD_TOKEN"])

    discord.utils.setup_logging()
    asyncio.run(run())


@asynccontextmanager
async def running(client: discord.Client, there: Discord, *, shards: int = 1) -> AsyncIterator[asyncio.Task[None]]:
    """Run a bot against the loopback Discord; its task, which ends where the bot dies."""
    async with client:
        task = asyncio.create_task(client.start(there.token))
        connected = asyncio.create_task(there.ready(shards))
        await asyncio.wait([task, connected], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            connected.cancel()
            await task
        await connected
        try:
            yield task
        finally:
            await client.close()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def at(url: str, client: discord.Client, *, shards: int = 1) -> AsyncIterator[Discord]:
    """The handle on the loopback Discord at `url`, with a bot running against it."""
    async with reach(url) as there, running(client, there, shards=shards):
        yield there
