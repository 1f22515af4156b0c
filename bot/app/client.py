"""The Discord client: its intents, its commands and what they work with, its errors, its orderly end."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import traceback
from types import SimpleNamespace

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.buttons import AnswerButtons, PassageButtons
from bot.cogs.ask.cog import AskCog, menus
from bot.cogs.ask.history import History
from bot.cogs.ask.replies import Replies
from bot.cogs.ask.service import AskService
from bot.cogs.autocomplete import Autocomplete
from bot.cogs.browse.buttons import BrowseButtons
from bot.cogs.browse.cog import BrowseCog
from bot.cogs.browse.filters import ReviewFilters
from bot.cogs.buttons import Buttons
from bot.cogs.context import Interaction, InteractionHandler
from bot.cogs.gaps.cog import GapsCog
from bot.cogs.gaps.service import GapsService
from bot.cogs.privacy.buttons import PrivacyButtons
from bot.cogs.privacy.cog import PrivacyCog
from bot.cogs.privacy.service import PersonalDataService
from bot.cogs.reviews.buttons import ReviewButtons
from bot.cogs.reviews.cog import ReviewsCog
from bot.cogs.reviews.service import ReviewService
from bot.cogs.reviews.upload_service import UploadService
from bot.cogs.settings.buttons import SettingsButtons
from bot.cogs.settings.cog import SettingsCog
from bot.cogs.settings.service import SettingsService
from bot.config import SHUTDOWN_ANSWER_TIMEOUT, SHUTDOWN_NOTICE_TIMEOUT
from bot.observability.metrics import Gateway, Metrics, Trouble
from bot.services.conversations import Conversations
from bot.services.engine import Engine
from bot.services.in_flight import InFlight
from bot.services.rate_limits import RateLimits
from bot.services.uploads import Uploads
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.feedback import Feedback
from bot.storage.questions import StoredQuestions
from bot.storage.records import RetentionPolicy
from bot.storage.retention import Retention
from bot.storage.server_settings import ServerSettingsCache
from bot.transport.command_mentions import CommandMentions
from bot.transport.delivery import Delivery
from bot.transport.gateway import resilient, skip_malformed

_log = logging.getLogger(__name__)

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
"""4609: none of them privileged."""

COGS = (AskCog, BrowseCog, GapsCog, PrivacyCog, ReviewsCog, SettingsCog)


class Tree(app_commands.CommandTree["ReviewBot"]):
    """The slash commands and message menus."""

    async def _call(self, interaction: discord.Interaction[ReviewBot]) -> None:
        """Run the command. discord.py raises anything for one that it cannot read, in a task of its own."""
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001  # see above
            interaction.client.skipped("INTERACTION_CREATE", error)

    async def interaction_check(self, interaction: discord.Interaction[ReviewBot], /) -> bool:
        """Let each command through once. Autocomplete ends here."""
        bot = interaction.client
        if not bot.in_flight.is_new(interaction.id):
            return False
        if interaction.type is discord.InteractionType.autocomplete:
            await bot.autocomplete.answer(interaction)
            return False
        return True

    async def on_error(
        self, interaction: discord.Interaction[ReviewBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Report a command that Discord still has and the bot hasn't, or the other way round."""
        if interaction.client.is_closing:
            # Closing removes the commands, so one that still arrives is no fault.
            return
        async with interaction.client.handler.handle(interaction):
            raise error


class CommandBot(commands.AutoShardedBot):
    """A bot that knows its commands and can't run them, to register them with Discord."""

    def __init__(
        self,
        *,
        guild_ready_timeout: float = 2.0,
        heartbeat_timeout: float = 60.0,
        http_trace: aiohttp.TraceConfig | None = None,
    ) -> None:
        # The bot never speaks, so discord.py needn't warn that voice isn't installed.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=INTENTS,
            # Everywhere, unless a command says otherwise.
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=guild_ready_timeout,
            heartbeat_timeout=heartbeat_timeout,
            http_trace=http_trace or aiohttp.TraceConfig(),
        )

        # There is no hook for it.
        self.http.ws_connect = resilient(self.http.ws_connect, is_closed=self.is_closed)  # type: ignore[method-assign]

    async def setup_hook(self) -> None:
        """Add the commands of the cogs' classes, and those of a message's menu."""
        for command in (value for cog in COGS for value in vars(cog).values()):
            if isinstance(command, app_commands.Command | app_commands.Group) and command.parent is None:
                self.tree.add_command(command)
        for menu in menus(_cannot_run, _cannot_run):
            self.tree.add_command(menu)


async def _cannot_run(_: Interaction, __: discord.Message) -> None:
    """Stand in for the message menu's callback."""


class ReviewBot(CommandBot):
    """The bot that answers.

    Attributes:
        is_closing: whether the bot is closing.
        token_refused: whether Discord keeps refusing the token that it accepted at first.
    """

    def __init__(
        self,
        engine: Engine,
        database: Database,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        guild_ready_timeout: float = 2.0,
        heartbeat_timeout: float = 60.0,
    ) -> None:
        self._metrics = metrics or Metrics()
        super().__init__(
            guild_ready_timeout=guild_ready_timeout,
            heartbeat_timeout=heartbeat_timeout,
            http_trace=_trace(self._metrics),
        )
        # There is no hook for it.
        skip_malformed(self._connection.parsers, self.skipped)
        self._connected: set[int] = set()
        self.is_closing = False
        self.token_refused = False
        policy = RetentionPolicy(settings.retention_days, settings.grace_days)
        self._server_settings = server_settings = ServerSettingsCache(database)
        self._retention = Retention(database, server_settings, settings.data, policy)
        self._deleting: asyncio.Task[None] | None = None

        clock = time.monotonic
        self.engine = engine
        self.delivery = Delivery(self._stop, self._metrics.troubles)
        engine.before_each = self.delivery.acknowledgements.wait
        self.in_flight = InFlight()
        self.handler = InteractionHandler(server_settings, self.delivery, self.in_flight)
        self.autocomplete = Autocomplete(self.handler, engine)
        self.conversations = Conversations(clock)
        self.questions = StoredQuestions(database, clock)
        self.uploads = Uploads(clock)
        limits = RateLimits(clock, member_wait=settings.member_wait, server_rate=settings.server_rate)
        feedback = Feedback(database, clock)
        history = History(self.conversations, self.questions, engine)
        ask = AskService(self.delivery, engine, limits, history, self._metrics)
        replies = Replies(self, self.handler, ask, history, clock)
        self.personal_data = PersonalDataService(
            self.questions, feedback, (self.conversations, replies), (limits.forget, self.uploads.forget)
        )
        reviews = ReviewService(engine, self.uploads)
        uploads = UploadService(engine, self.uploads)

        gaps = GapsCog(self.handler, GapsService(engine, self.questions, feedback, settings.retention_days))
        panel = SettingsService(engine, server_settings, settings.retention_days)
        filters = ReviewFilters(engine)
        buttons = Buttons(self.handler)
        answers = AnswerButtons(self.delivery, engine, ask, history, feedback)
        for feature in (
            answers,
            PassageButtons(self.delivery, engine, limits, history),
            BrowseButtons(engine, filters),
            ReviewButtons(self.handler, reviews, uploads),
            PrivacyButtons(self.delivery, self.personal_data, policy),
            SettingsButtons(self.handler, panel),
            gaps,
        ):
            feature.register(buttons)
        self._features: tuple[commands.Cog, ...] = (
            AskCog(self, self.handler, ask, replies, answers),
            BrowseCog(self.handler, engine, filters, CommandMentions(self.tree)),
            gaps,
            PrivacyCog(self.handler, self.personal_data, policy),
            ReviewsCog(self.handler, reviews, uploads),
            SettingsCog(self.handler, panel),
            buttons,
        )

    async def setup_hook(self) -> None:
        """Add the cogs, and start to delete what is due."""
        if not self.cogs:
            await self._server_settings.load()
            for cog in self._features:
                await self.add_cog(cog)
        if self._deleting is None:
            self._deleting = asyncio.create_task(self._retention.run(self._servers), name="retention")

    async def close(self) -> None:
        """Leave Discord. discord.py also calls this when a connection fails: what is under way is answered first."""
        if not self.is_closing:
            self.is_closing = True
            await self.finished(SHUTDOWN_ANSWER_TIMEOUT)
        if self._deleting is not None:
            self._deleting.cancel()
        await super().close()

    async def on_ready(self) -> None:
        """Delete what is due, now that the bot knows which servers it is in. It may have left some meanwhile."""
        _log.info("connected to Discord, servers: %d", len(self.guilds))
        await self._retention.delete_expired(self._servers())

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note a server that removed the bot or was deleted. Discord reports an outage otherwise."""
        await self._retention.server_left(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note a server that added the bot."""
        await self._retention.server_joined(guild.id)

    async def on_guild_channel_update(self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel) -> None:
        """Note what the bot may do in a channel now."""
        self.delivery.permissions_changed(channel.guild)

    async def on_thread_update(self, _: discord.Thread, thread: discord.Thread) -> None:
        """Note what the bot may do in a thread now."""
        self.delivery.permissions_changed(thread.guild)

    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """Note what the bot may do with a role now."""
        self.delivery.permissions_changed(role.guild)

    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Note the bot's own roles. Discord sends no other member."""
        self.delivery.permissions_changed(member.guild)

    @property
    def is_connected(self) -> bool:
        """Return True if every shard is connected."""
        return bool(self.shards) and self._connected >= self.shards.keys()

    async def on_shard_connect(self, shard: int, /) -> None:
        """Note a new session."""
        self._connected.add(shard)
        self._metrics.gateway(Gateway.CONNECTED)

    async def on_shard_resumed(self, shard: int, /) -> None:
        """Note a session that a new connection resumes."""
        self._connected.add(shard)
        self._metrics.gateway(Gateway.RESUMED)

    async def on_shard_disconnect(self, shard: int, /) -> None:
        """Note a lost connection. discord.py makes the next."""
        self._connected.discard(shard)
        self._metrics.gateway(Gateway.DISCONNECTED)

    async def on_message(self, message: discord.Message, /) -> None:
        """Ignore prefix commands. `bot.cogs.ask.cog` listens for questions."""

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        """Report a listener that failed, whose event discord.py could read."""
        error = sys.exception()
        if isinstance(error, Exception):
            self.skipped(event_method, error)

    def skipped(self, event: str, error: Exception) -> None:
        """Count and log an event that can't be read or handled, without what it holds."""
        self._metrics.troubles[Trouble.EVENT_SKIPPED] += 1
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("the event %s was skipped: %s in %s, line %s", event, type(error).__name__, place.name, place.lineno)

    def _servers(self) -> frozenset[int] | None:
        return frozenset(guild.id for guild in self.guilds) if self.is_ready() else None

    def _stop(self) -> None:
        _log.error("Discord refuses the bot's token; stopping")
        self.token_refused = self.is_closing = True
        self.loop.create_task(self.close(), name="stopping")

    async def shut_down(self) -> None:
        """Answer the waiting questions, ask those that are left to try again later, then leave Discord."""
        self.engine.stop_accepting()
        if not await self.finished(SHUTDOWN_ANSWER_TIMEOUT):
            self.engine.reject_waiting()
            if not await self.finished(SHUTDOWN_NOTICE_TIMEOUT):
                _log.warning("some work did not finish before the shutdown")
        self.is_closing = True
        await self.close()

    async def finished(self, within: float) -> bool:
        """Wait until nothing is being handled, `within` seconds at most. Return True if nothing is."""
        try:
            async with asyncio.timeout(within):
                await self.in_flight.finished()
        except TimeoutError:
            return False
        return True


def _trace(metrics: Metrics) -> aiohttp.TraceConfig:
    """Return a trace of discord.py's requests, also of those that discord.py itself repeats."""

    async def responded(_: aiohttp.ClientSession, __: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        metrics.response(end.response.status)

    async def failed(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestExceptionParams) -> None:
        metrics.response(None)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(responded)
    trace.on_request_exception.append(failed)
    return trace
