"""All that Discord knows at a moment, and its rules of who may do what where. No module here does input or output."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections import defaultdict

from tests.discord.loopback.state.objects import (
    ALL,
    DM,
    EPOCH,
    IN_A_DM,
    ApiError,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Permission,
    Upload,
    User,
)


class Clock:
    """A clock in seconds that only goes forward, and that a test can advance."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds


class Signals:
    """Lets a coroutine sleep until something about a key has changed."""

    def __init__(self) -> None:
        self._waiting: dict[object, list[asyncio.Future[None]]] = defaultdict(list)

    def notify(self, key: object) -> None:
        """Wake everyone who waits for `key`."""
        for future in self._waiting.pop(key, []):
            if not future.done():
                future.set_result(None)

    async def wait(self, key: object) -> None:
        """Sleep until `key` is notified."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(future)
        await future


class World:
    """Users, servers, channels, messages, interactions and commands."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.signals = Signals()
        self.shards = 1
        self._counter = 0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.cdn = "https://cdn.discordapp.com"
        self.uploads: dict[int, Upload] = {}
        self.nonces: dict[tuple[int, str], int] = {}
        self.commands: dict[int | None, list[Json]] = {None: []}
        self.application_id = self.snowflake()
        # A bot's user has its application's id.
        self.bot = User(self.application_id, "Review Bot", bot=True)
        self.users[self.bot.id] = self.bot
        head = base64.urlsafe_b64encode(str(self.bot.id).encode()).decode().rstrip("=")
        self.token = f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"

    def snowflake(self, *, age: float = 0.0) -> int:
        """Return a fresh identifier, as if made `age` seconds ago."""
        self._counter += 1
        return (int((time.time() - age) * 1000) - EPOCH) << 22 | (self._counter & 0x3FFFFF)

    def bot_in(self, guild_id: int | None) -> bool:
        """Return True if the bot is a member of that server."""
        guild = self.guilds.get(guild_id) if guild_id is not None else None
        return guild is not None and self.bot.id in guild.members

    def guild_permissions(self, guild: Guild, user_id: int) -> int:
        """Return what a member may do in a server, before a channel's overwrites."""
        if guild.owner_id == user_id:
            return ALL
        total = guild.roles[guild.id].permissions
        for role_id in guild.members.get(user_id, []):
            total |= guild.roles[role_id].permissions
        return ALL if total & Permission.ADMINISTRATOR else total

    def permissions(self, channel: Channel, user_id: int) -> int:
        """Return what a user may do in a channel, in Discord's order: roles, then @everyone, roles, member."""
        if channel.guild_id is None:
            return IN_A_DM
        guild = self.guilds[channel.guild_id]
        if user_id not in guild.members:
            return 0
        total = self.guild_permissions(guild, user_id)
        if total == ALL:
            return ALL
        home = self.channels[channel.parent_id] if channel.is_thread and channel.parent_id else channel
        allow, deny = home.overwrites.get(guild.id, (0, 0))
        total = total & ~deny | allow
        allow = deny = 0
        for role_id in guild.members[user_id]:
            more, less = home.overwrites.get(role_id, (0, 0))
            allow, deny = allow | more, deny | less
        total = total & ~deny | allow
        allow, deny = home.overwrites.get(user_id, (0, 0))
        return total & ~deny | allow

    def channel(self, channel_id: int) -> Channel:
        """Return a channel, or refuse with 10003."""
        if channel_id not in self.channels:
            raise ApiError(404, 10003, "Unknown Channel")
        return self.channels[channel_id]

    def message(self, channel: Channel, message_id: int) -> Message:
        """Return a message of a channel, or refuse with 10008."""
        if message_id not in channel.messages:
            raise ApiError(404, 10008, "Unknown Message")
        return channel.messages[message_id]

    def dm_with(self, user_id: int) -> Channel:
        """Return the DM channel of the bot and a user; create it if needed."""
        for channel in self.channels.values():
            if channel.type == DM and channel.recipient_id == user_id:
                return channel
        channel = Channel(self.snowflake(), DM, "", recipient_id=user_id)
        self.channels[channel.id] = channel
        return channel

    def add_message(self, message: Message) -> None:
        self.messages[message.id] = message
        self.channels[message.channel_id].messages[message.id] = message
        self._changed(message)

    def remove_message(self, message: Message) -> None:
        del self.messages[message.id]
        del self.channels[message.channel_id].messages[message.id]
        self._changed(message)

    def _changed(self, message: Message) -> None:
        self.signals.notify(("channel", message.channel_id))
        self.signals.notify(("message", message.id))

    def interaction_token(self, interaction_id: int) -> str:
        """Return a token in the shape of Discord's own."""
        text = f"interaction:{interaction_id}:{secrets.token_hex(48)}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
