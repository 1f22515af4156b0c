"""The client: what it is allowed to hear, its commands, its errors, its orderly end."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.cog import AskCog
from bot.cogs.ask.replies import Replies
from bot.cogs.ask.service import AskService
from bot.cogs.autocomplete import offer
from bot.cogs.browse.cog import BrowseCog
from bot.cogs.buttons import Pressing
from bot.cogs.privacy.cog import PrivacyCog
from bot.cogs.reviews.cog import ReviewsCog
from bot.cogs.settings.cog import SettingsCog
from bot.observability.metrics import Gateway, Metrics
from bot.services.conversations import Conversations
from bot.services.engine import Engine
from bot.services.rate_limits import RateLimits
from bot.settings import Settings
from bot.storage.database import Store
from bot.storage.feedback import Feedback
from bot.storage.questions import StoredQuestions
from bot.storage.records import RetentionPolicy
from bot.storage.retention import Retention
from bot.storage.server_settings import ServerSettingsCache
from bot.transport.delivery import Delivery
from bot.transport.gateway import patient_and_fair

_log = logging.getLogger(__name__)

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
"""4609: none of them privileged."""

ANSWER_WITHIN = 15.0
"""Seconds for which questions that wait are still answered when the bot is told to stop."""

TELL_WITHIN = 5.0
"""Seconds in which those that still wait then are told to ask again later."""


class Tree(app_commands.CommandTree["ReviewBot"]):
    """The slash commands and message menus."""

    async def interaction_check(self, interaction: discord.Interaction[ReviewBot], /) -> bool:
        """Let each command through once; autocomplete is answered here, by the one way out."""
        if not interaction.client.desk.work.is_new(interaction.id):
            return False
        if interaction.type is discord.InteractionType.autocomplete:
            await offer(interaction)
            return False
        return True

    async def on_error(
        self, interaction: discord.Interaction[ReviewBot], error: app_commands.AppCommandError, /
    ) -> None:
        """A command that Discord still has and the bot hasn't, or the other way round."""
        if interaction.client.leaving:
            # Its commands have been taken out; what still comes in is nobody's mistake.
            return
        async with interaction.client.desk.attending(interaction):
            raise error


class CommandBot(commands.AutoShardedBot):
    """A bot with all of the commands; by itself it only knows what they are. It synchronises none."""

    def __init__(
        self,
        *,
        guild_ready_timeout: float = 2.0,
        heartbeat_timeout: float = 60.0,
        http_trace: aiohttp.TraceConfig | None = None,
    ) -> None:
        # This bot never speaks, so that what is missing for voices is nobody's concern.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=guild_ready_timeout,
            heartbeat_timeout=heartbeat_timeout,
            http_trace=http_trace or aiohttp.TraceConfig(),
        )

        # There is no hook for it.
        self.http.ws_connect = patient_and_fair(self.http.ws_connect, is_over=self.is_closed)  # type: ignore[method-assign]

    async def setup_hook(self) -> None:
        """Add the commands."""
        if not self.cogs:
            asking, managing = (AskCog(self), BrowseCog(self), Pressing(self)), (SettingsCog(self), ReviewsCog(self))
            for cog in (*asking, *managing, PrivacyCog(self)):
                await self.add_cog(cog)


class ReviewBot(CommandBot):
    """The bot that answers."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        guild_ready_timeout: float = 2.0,
        heartbeat_timeout: float = 60.0,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._connected: set[int] = set()
        super().__init__(
            guild_ready_timeout=guild_ready_timeout,
            heartbeat_timeout=heartbeat_timeout,
            http_trace=_trace(self._metrics),
        )
        self.leaving = False
        """Whether it is being closed."""
        self.token_refused = False
        """Whether Discord has kept refusing the token after it had once taken it."""
        servers = ServerSettingsCache(store)
        self.desk = AskService(
            engine,
            Delivery(self._give_up, self._metrics.troubles),
            servers,
            Conversations(time.monotonic),
            RateLimits(time.monotonic, member_wait=settings.member_wait, server_rate=settings.server_rate),
            StoredQuestions(store, time.monotonic),
            Feedback(store, time.monotonic),
            RetentionPolicy(settings.retention_days, settings.grace_days),
            self._metrics,
        )
        self.replies = Replies(self, self.desk, time.monotonic)
        self.desk.memories.append(self.replies)
        self._tidying = Retention(
            store, servers, settings.data, retention_days=settings.retention_days, grace_days=settings.grace_days
        )
        self._tidy: asyncio.Task[None] | None = None

    async def setup_hook(self) -> None:
        """Add the commands, and begin to delete what is due."""
        await super().setup_hook()
        if self._tidy is None:
            self._tidy = asyncio.create_task(self._tidying.run(self._present), name="tidying")

    async def close(self) -> None:
        """Leave Discord."""
        self.leaving = True
        if self._tidy is not None:
            self._tidy.cancel()
        await super().close()

    async def on_ready(self) -> None:
        """Now it is known which servers the bot is in; some may have been left meanwhile."""
        _log.info("connected to Discord, servers: %d", len(self.guilds))
        await self._tidying.delete_due(self._present())

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed from a server, or that was deleted; an outage isn't told so."""
        await self._tidying.server_left(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        await self._tidying.server_joined(guild.id)

    @property
    def is_connected(self) -> bool:
        """Whether every shard is connected."""
        return bool(self.shards) and self._connected >= self.shards.keys()

    async def on_shard_connect(self, shard: int, /) -> None:
        """A session has begun."""
        self._connected.add(shard)
        self._metrics.gateway(Gateway.CONNECTED)

    async def on_shard_resumed(self, shard: int, /) -> None:
        """A session goes on over a new connection."""
        self._connected.add(shard)
        self._metrics.gateway(Gateway.RESUMED)

    async def on_shard_disconnect(self, shard: int, /) -> None:
        """A connection has ended; discord.py sees to the next."""
        self._connected.discard(shard)
        self._metrics.gateway(Gateway.DISCONNECTED)

    async def on_message(self, message: discord.Message, /) -> None:
        """There are no prefix commands; questions are heard by `bot.cogs.ask.cog`."""

    def _present(self) -> frozenset[int] | None:
        return frozenset(guild.id for guild in self.guilds) if self.is_ready() else None

    def _give_up(self) -> None:
        _log.error("Discord refuses the bot's token; stopping")
        self.token_refused = True
        self.loop.create_task(self.close(), name="giving up")

    async def finish(self) -> None:
        """Answer those who wait, tell those for whom there is no time, then leave Discord."""
        self.desk.engine.stop_accepting()
        if not await self._finished(ANSWER_WITHIN):
            self.desk.engine.reject_waiting()
            if not await self._finished(TELL_WITHIN):
                _log.warning("not all that was under way was finished within %.0f s", ANSWER_WITHIN + TELL_WITHIN)
        await self.close()

    async def _finished(self, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self.desk.work.finished()
        except TimeoutError:
            return False
        return True


def _trace(metrics: Metrics) -> aiohttp.TraceConfig:
    """What aiohttp tells of discord.py's requests; those that discord.py itself repeats are told as well."""

    async def responded(_: aiohttp.ClientSession, __: SimpleNamespace, told: aiohttp.TraceRequestEndParams) -> None:
        metrics.responded(told.response.status)

    async def failed(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestExceptionParams) -> None:
        metrics.responded(None)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(responded)
    trace.on_request_exception.append(failed)
    return trace
