"""What Discord knows: servers, channels, people, messages, interactions, tokens and the time.

Identifiers are integers here and strings on the wire. Nothing in this module does any input or output.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

Json = dict[str, Any]

CONTROL = "/__loopback__/"
"""Where the control channel begins, on the loopback Discord's own port."""

EPOCH = 1_420_070_400_000
"""Milliseconds from the Unix epoch to Discord's own, the first second of 2015."""

ACKNOWLEDGE_WITHIN = 3.0
"""Seconds that a bot has to acknowledge an interaction."""

TOKEN_LIFE = 15 * 60.0
"""Seconds that an interaction's token is good for."""

FOLLOW_UPS_OF_A_USER_INSTALL = 5

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


class Intents(IntFlag):
    """The gateway intents that matter to the loopback Discord."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15

    @classmethod
    def privileged(cls) -> int:
        """Those that Discord grants on application only."""
        return int(cls.GUILD_MEMBERS | cls.GUILD_PRESENCES | cls.MESSAGE_CONTENT)


class Permission(IntFlag):
    """The permissions that matter to the loopback Discord."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


P = Permission
EVERYONE = int(
    P.ADD_REACTIONS | P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES | P.READ_MESSAGE_HISTORY
    | P.USE_APPLICATION_COMMANDS | P.CREATE_PUBLIC_THREADS | P.SEND_MESSAGES_IN_THREADS | P.USE_EXTERNAL_APPS
)  # fmt: skip
BOT = int(P.VIEW_CHANNEL | P.SEND_MESSAGES | P.SEND_MESSAGES_IN_THREADS | P.EMBED_LINKS | P.READ_MESSAGE_HISTORY)
"""274877991936: what an invite link with the fewest permissions grants."""
IN_A_DM = int(
    P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES | P.READ_MESSAGE_HISTORY | P.ADD_REACTIONS
    | P.MENTION_EVERYONE | P.USE_EXTERNAL_EMOJIS
)  # fmt: skip
ALL = (1 << 53) - 1


class ApiError(Exception):
    """A refusal as Discord words it: HTTP status, JSON code, message, and `errors` by field."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors


class Clock:
    """Seconds, real ones plus what a test has added."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        """Let `seconds` go by at once."""
        self.offset += seconds


@dataclass(slots=True)
class User:
    """An account. `installed` says that the person has installed the bot for themselves."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    installed: bool = False
    accepts_dms: bool = True


@dataclass(slots=True)
class Role:
    """A role; the one whose id is its server's id is @everyone."""

    id: int
    name: str
    permissions: int
    managed: bool = False


@dataclass(slots=True)
class Guild:
    """A server. `members` maps a user's id to the ids of the user's roles."""

    id: int
    name: str
    locale: str
    owner_id: int
    roles: dict[int, Role]
    members: dict[int, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Channel:
    """A channel, a thread or a DM. `overwrites` maps a role's or a user's id to what it allows and denies."""

    id: int
    type: int
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    owner_id: int | None = None
    recipient_id: int | None = None
    archived: bool = False
    locked: bool = False
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread."""
        return self.type in (PUBLIC_THREAD, PRIVATE_THREAD)


@dataclass(slots=True)
class Message:
    """A message as it stands. `pings` are the ids of those whom it notified, `everyone` included as 0."""

    id: int
    channel_id: int
    author_id: int
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    reference: Json | None = None
    nonce: str | int | None = None
    edited: bool = False
    mentions: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    pings: list[int] = field(default_factory=list)
    interaction_id: int | None = None
    webhook_id: int | None = None
    visible_to: int | None = None
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that somebody uploads: `content`, `times` over; `announced` is the size that Discord tells."""

    id: int
    name: str
    content: bytes
    announced: int
    times: int


@dataclass(slots=True)
class Interaction:
    """An interaction, from its dispatch to its last follow-up. Times are the clock's."""

    id: int
    token: str
    type: int
    user_id: int
    channel_id: int
    guild_id: int | None
    created: float
    data: Json
    payload: Json
    owners: dict[str, str]
    message_id: int | None = None
    delivered: bool = False
    answerable_type: int | None = None
    acknowledged: float | None = None
    callback_type: int | None = None
    attempts: int = 0
    response_id: int | None = None
    response_done: float | None = None
    follow_ups: list[int] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    lost_response: bool = False

    @property
    def user_install_alone(self) -> bool:
        """Whether only the person's own installation allows this."""
        return "0" not in self.owners

    @property
    def thinking(self) -> bool:
        """Whether the person sees "is thinking"."""
        return self.callback_type == 5 and self.response_done is None


class Signals:
    """Lets a coroutine sleep until something about a key has changed."""

    def __init__(self) -> None:
        self._waiting: dict[object, list[asyncio.Future[None]]] = defaultdict(list)

    def notify(self, key: object) -> None:
        """Wake all who wait for `key`."""
        for future in self._waiting.pop(key, []):
            if not future.done():
                future.set_result(None)

    async def wait(self, key: object) -> None:
        """Sleep until `key` is notified."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(future)
        await future


class World:
    """All that there is, with the rules of who may do what where."""

    def __init__(self, *, shards: int = 1, granted_intents: int = 0) -> None:
        self.clock = Clock()
        self.signals = Signals()
        self.shards = shards
        self.granted_intents = granted_intents
        self.reads_content = False
        self._counter = 0
        self._last_ms = 0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.cdn = "https://cdn.discordapp.com"
        self.uploads: dict[int, Uploaded] = {}
        self.nonces: dict[tuple[int, str], int] = {}
        self.commands: dict[int | None, list[Json]] = {None: []}
        self.application_id = self.snowflake()
        # A bot's user has its application's id.
        self.bot = User(self.application_id, "Review Bot", bot=True)
        self.users[self.bot.id] = self.bot
        head = base64.urlsafe_b64encode(str(self.bot.id).encode()).decode().rstrip("=")
        self.token = f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"

    def snowflake(self, *, age: float = 0.0) -> int:
        """A fresh identifier, made `age` seconds ago."""
        self._counter += 1
        return (int((time.time() - age) * 1000) - EPOCH) << 22 | (self._counter & 0x3FFFFF)

    def bot_in(self, guild_id: int | None) -> bool:
        """Whether the bot is a member of that server."""
        guild = self.guilds.get(guild_id) if guild_id is not None else None
        return guild is not None and self.bot.id in guild.members

    def guild_permissions(self, guild: Guild, user_id: int) -> int:
        """What a member may do in a server, before a channel's overwrites."""
        if guild.owner_id == user_id:
            return ALL
        total = guild.roles[guild.id].permissions
        for role_id in guild.members.get(user_id, []):
            total |= guild.roles[role_id].permissions
        return ALL if total & P.ADMINISTRATOR else total

    def permissions(self, channel: Channel, user_id: int) -> int:
        """What a user may do in a channel, by Discord's order: roles, then @everyone, roles, member."""
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
        """The channel with that id.

        Raises:
            ApiError: 10003, there is none.
        """
        if channel_id not in self.channels:
            raise ApiError(404, 10003, "Unknown Channel")
        return self.channels[channel_id]

    def message(self, channel: Channel, message_id: int) -> Message:
        """A message of that channel.

        Raises:
            ApiError: 10008, there is none.
        """
        if message_id not in channel.messages:
            raise ApiError(404, 10008, "Unknown Message")
        return channel.messages[message_id]

    def dm_with(self, user_id: int) -> Channel:
        """The DM channel of the bot and that user, made where there is none."""
        for channel in self.channels.values():
            if channel.type == DM and channel.recipient_id == user_id:
                return channel
        channel = Channel(self.snowflake(), DM, "", recipient_id=user_id)
        self.channels[channel.id] = channel
        return channel

    def add_message(self, message: Message) -> None:
        """Put a message in its channel."""
        self.messages[message.id] = message
        self.channels[message.channel_id].messages[message.id] = message
        self.signals.notify(("channel", message.channel_id))
        self.signals.notify(("message", message.id))

    def remove_message(self, message: Message) -> None:
        """Take a message away."""
        del self.messages[message.id]
        del self.channels[message.channel_id].messages[message.id]
        self.signals.notify(("channel", message.channel_id))
        self.signals.notify(("message", message.id))

    def interaction_token(self, interaction_id: int) -> str:
        """A token of the shape of Discord's own."""
        text = f"interaction:{interaction_id}:{secrets.token_hex(48)}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
