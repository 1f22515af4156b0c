"""Small bots on the real discord.py, which show that the loopback Discord behaves as Discord does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from tests.discord.harness.logs import watch
from tests.discord.loopback.client import Channel, Guild, Loopback, Message, Person, connect

QUESTION = "What is a deferral?"
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
"""4609: none of them privileged."""


class Small(discord.AutoShardedClient):
    """A bot that follows every rule, and records the messages that it receives."""

    def __init__(self, **how: Any) -> None:
        settings: dict[str, Any] = {
            "intents": INTENTS,
            "allowed_mentions": discord.AllowedMentions.none(),
            "guild_ready_timeout": 0.05,
        }
        super().__init__(**settings | how)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Skip discord.py's five seconds before another IDENTIFY, which no test is about."""

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    def channel(self, channel: Channel) -> discord.PartialMessageable:
        """Return discord.py's object of a channel."""
        return self.get_partial_messageable(int(channel.id))


def answering(answer: Callable[[discord.Interaction], Awaitable[None]], **how: Any) -> Small:
    """Return a bot whose `/ask`, without options, calls `answer`."""
    bot = Small(**how)

    @bot.tree.command(description="Ask")
    @app_commands.allowed_installs(guilds=True, users=True)
    async def ask(interaction: discord.Interaction) -> None:
        await answer(interaction)

    return bot


def echoing(**how: Any) -> Small:
    """Return a bot whose `/ask` defers and then repeats the question."""
    bot = Small(**how)

    @bot.tree.command(description="Ask the reviews")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def ask(interaction: discord.Interaction, question: str, private: bool = False) -> None:
        await interaction.response.defer(ephemeral=private)
        await interaction.edit_original_response(content=f"You asked: {question}")

    return bot


@asynccontextmanager
async def running(client: discord.Client, loopback: Loopback, *, shards: int = 1) -> AsyncIterator[asyncio.Task[None]]:
    """Run a bot; return its task, which ends if the bot dies."""
    async with client:
        task = asyncio.create_task(client.start(loopback.token))
        connected = asyncio.create_task(loopback.ready(shards))
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


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with a channel and a member."""

    loopback: Loopback
    server: Guild
    general: Channel
    ana: Person

    async def ask(self, question: str = QUESTION, **options: Any) -> Message:
        """Ask by `/ask` as Ana; return the answer."""
        return await (await self.ana.slash(self.general, "ask", question=question, **options)).answer()


@asynccontextmanager
async def scene(
    url: str, client: discord.Client, *, expect: tuple[int, ...] = (), judged: bool = True, **server: Any
) -> AsyncIterator[Scene]:
    """Run a bot in a server, and fail at the end if the bot did or logged what it must not, unless not `judged`.

    `expect` has the error codes that the test provokes. For the server's permissions see `Loopback.server`.
    """
    with watch() as log:
        async with connect(url) as loopback, running(client, loopback):
            guild = await loopback.server(**server)
            yield Scene(loopback, guild, await guild.channel(), await guild.member("Ana"))
            if judged:
                await loopback.assert_clean(expect=expect)
                log.assert_clean(await loopback.secrets())


async def call(test: Callable[..., Awaitable[Any]], arguments: Mapping[str, Any]) -> Any:
    """Call a coroutine test; enter those of its arguments that are async context managers."""
    async with AsyncExitStack() as stack:
        entered = {
            name: await stack.enter_async_context(value) if isinstance(value, AbstractAsyncContextManager) else value
            for name, value in arguments.items()
        }
        return await test(**entered)


async def until(test: Callable[[], object]) -> None:
    """Wait up to 30 seconds until `test()` is true."""
    async with asyncio.timeout(30):
        while not test():
            await asyncio.sleep(0.01)
