"""Discord's objects and constants. Identifiers are integers here and strings on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

Json = dict[str, Any]

CONTROL = "/__loopback__/"
"""The path of the control channel, on the same port as Discord's API."""

EPOCH = 1_420_070_400_000
"""Milliseconds from the Unix epoch to Discord's own, the first second of 2015."""
ACKNOWLEDGE_WITHIN = 3.0
"""Seconds that a bot has to acknowledge an interaction."""
TOKEN_LIFE = 15 * 60.0
"""Seconds for which an interaction's token is valid."""
FOLLOW_UPS_OF_A_USER_INSTALL = 5

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


class Intents(IntFlag):
    """The gateway intents that the loopback Discord knows."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = int(Intents.GUILD_MEMBERS | Intents.GUILD_PRESENCES | Intents.MESSAGE_CONTENT)
"""The intents that Discord grants only on application, and not to this bot."""


class Permission(IntFlag):
    """The permissions that the loopback Discord knows."""

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


@dataclass(slots=True)
class User:
    """An account. `installed` is True if the user has installed the bot for themselves."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    installed: bool = False
    accepts_dms: bool = True


@dataclass(slots=True)
class Role:
    """A role. The one whose id is its server's id is @everyone."""

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
        return self.type in (PUBLIC_THREAD, PRIVATE_THREAD)


@dataclass(slots=True)
class Message:
    """A message.

    Attributes:
        pings: the ids of those whom it notified, with 0 for everyone.
        forwarded: the content of the message that it forwards.
    """

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
    reactions: list[str] = field(default_factory=list)
    forwarded: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a command's option: `content`, repeated `times` times. `announced` is the size that the bot hears."""

    id: int
    name: str
    content: bytes
    announced: int
    times: int


@dataclass(slots=True)
class Interaction:
    """An interaction, from its dispatch to its last follow-up. Times are those of the clock."""

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
    def only_user_install(self) -> bool:
        """True if only the user's own installation allows this."""
        return "0" not in self.owners

    @property
    def thinking(self) -> bool:
        """True if the user sees "is thinking"."""
        return self.callback_type == 5 and self.response_done is None
