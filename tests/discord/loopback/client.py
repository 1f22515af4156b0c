"""The client of the loopback Discord: the control channel, and the users who act through it.

It is the same whether the loopback Discord runs on a thread of the test or in a process of its own.
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.discord.loopback.state.objects import BOT, CONTROL, EPHEMERAL, EVERYONE, Json, Permission
from tests.discord.loopback.state.payloads import texts, walk

PATIENCE = 10.0
"""Seconds that a user waits for a bot before a test fails."""


class RefusedError(Exception):
    """Discord's client does not offer this, or there is no such operation."""


class UnansweredError(AssertionError):
    """A bot kept a user waiting."""


@dataclass(slots=True)
class Loopback:
    """A loopback Discord: the world, what goes wrong in it, and the report about the bot."""

    url: str
    http: aiohttp.ClientSession
    about: Json = field(default_factory=dict)

    @property
    def token(self) -> str:
        return str(self.about["token"])

    @property
    def bot_id(self) -> str:
        return str(self.about["application_id"])

    @property
    def api(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway(self) -> str:
        return str(self.about["gateway"])

    async def call(self, operation: str, **how: Any) -> Any:
        """Call an operation of `loopback.control.operations.Control`.

        Raises:
            RefusedError: The loopback Discord refuses it.
        """
        async with self.http.post(f"{self.url}{CONTROL}{operation}", json=how) as response:
            if response.status != 409:
                response.raise_for_status()
            answer = await response.json()
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["answer"]

    # The world.

    async def server(
        self, name: str = "Film Club", *, bot: bool = True, bot_permissions: int = BOT, everyone: int = EVERYONE
    ) -> Guild:
        """Create a server, with the bot in it unless `bot` is False."""
        number = await self.call("guild", name=name, bot=bot, bot_permissions=bot_permissions, everyone=everyone)
        return Guild(self, number)

    async def person(self, name: str, **how: Any) -> Person:
        """Create an account: `installed` (has installed the bot for itself), `locale`, `bot`, `accepts_dms`."""
        return Person(self, await self.call("user", name=name, **how), name)

    async def upload(self, name: str, content: bytes, *, announced: int | None = None, times: int = 1) -> str:
        """Create a file for a command's option: `content`, repeated `times` times.

        `announced` is the size in bytes that the bot hears, if not the true one.
        """
        encoded = base64.b64encode(content).decode()
        return str(await self.call("upload", name=name, content=encoded, announced=announced, times=times))

    async def settings(self, **how: Any) -> None:
        """Change how the loopback Discord behaves; see `Control.settings`."""
        await self.call("settings", **how)

    async def ready(self, shards: int = 1, *, identifies: int = 0, timeout: float = PATIENCE) -> None:
        """Wait until a bot is connected."""
        if not await self.call("wait_ready", shards=shards, timeout=timeout, identifies=identifies):
            raise UnansweredError(f"no bot with {shards} shards connected within {timeout} s")

    # What goes wrong.

    async def fault(self, route: str, kind: str, **how: Any) -> None:
        """Lay a fault on a route; see `loopback.faults.Fault`."""
        await self.call("fault", route=route, kind=kind, **how)

    async def disturb(self, action: str, **how: Any) -> None:
        """Disturb the gateway; see `loopback.gateway.Gateway.disturb`."""
        await self.call("disturb", action=action, **how)

    async def advance(self, seconds: float) -> None:
        """Advance Discord's clock."""
        await self.call("advance", seconds=seconds)

    # What was seen.

    async def stats(self) -> Json:
        """Return counts of what the bot did."""
        answer: Json = await self.call("stats")
        return answer

    async def requests(self, template: str | None = None) -> list[Json]:
        """Return the bot's requests: all, or those of one route."""
        answer: list[Json] = await self.call("requests", template=template)
        return answer

    async def wait_requests(self, method: str, template: str, count: int = 1, *, timeout: float = PATIENCE) -> int:
        """Wait until a route has answered that many requests; return how many it has."""
        found = await self.call("wait_requests", method=method, template=template, count=count, timeout=timeout)
        return int(found)

    async def secrets(self) -> list[str]:
        """Return every token that must not be in a log."""
        answer: list[str] = await self.call("secrets")
        return answer

    async def report(self, *, expect: Iterable[int] = ()) -> Json:
        """Report what the bot did wrong. `expect` has the error codes that the test provokes."""
        answer: Json = await self.call("report", expect=sorted(expect))
        return answer

    async def assert_clean(self, *, expect: Iterable[int] = (), patience: float = 3.2) -> None:
        """Fail if the bot did what it must not; wait up to `patience` seconds for what is pending."""
        end = asyncio.get_running_loop().time() + patience
        report = await self.report(expect=expect)
        while report["pending"] and not report["violations"] and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
            report = await self.report(expect=expect)
        if not report["clean"]:
            wrong = [f"{each['kind']}: {each['detail']}" for each in report["violations"]]
            raise AssertionError("\n".join([*wrong, *report["pending"]]))

    async def burst(self, asks: Iterable[tuple[Person, Channel, str, Json]]) -> list[str]:
        """Send many slash commands at once; return the interactions' ids."""
        many = [{"user": who.id, "channel": place.id, "name": name, "options": how} for who, place, name, how in asks]
        answer: list[str] = await self.call("burst", asks=many)
        return answer

    async def wait_all(self, interactions: list[str], until: str = "answered", timeout: float = 60.0) -> int:
        """Wait until all are `acknowledged` or `answered`; return how many are."""
        answer: int = await self.call("wait_all", interactions=interactions, until=until, timeout=timeout)
        return answer

    async def interactions(self, ids: list[str]) -> list[Json]:
        answer: list[Json] = await self.call("interactions", ids=ids)
        return answer


@dataclass(frozen=True, slots=True)
class Guild:
    """A server."""

    loopback: Loopback
    id: str

    async def channel(self, name: str = "general", *, kind: int = 0) -> Channel:
        """Create a channel: a text channel unless `kind` has another number of Discord's."""
        return Channel(self.loopback, await self.loopback.call("channel", guild=self.id, name=name, type=kind))

    async def member(self, name: str, *, manager: bool = False, **how: Any) -> Person:
        """Create a member. A `manager` may manage the server; for `how` see `Loopback.person`."""
        person = await self.loopback.person(name, **how)
        await self.add(person, manager=manager)
        return person

    async def add(self, person: Person, *, manager: bool = False) -> None:
        permissions = int(Permission.MANAGE_GUILD) if manager else 0
        await self.loopback.call("join", guild=self.id, user=person.id, permissions=permissions)

    async def invite_bot(self) -> None:
        await self.loopback.call("invite_bot", guild=self.id)

    async def remove_bot(self) -> None:
        await self.loopback.call("remove_bot", guild=self.id)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, a thread or a DM."""

    loopback: Loopback
    id: str

    async def thread(self, name: str, owner: Person, message: Message | None = None) -> Channel:
        """Start a thread in this channel, from a message if there is one."""
        start = None if message is None else message.id
        number = await self.loopback.call("thread", channel=self.id, name=name, owner=owner.id, message=start)
        return Channel(self.loopback, number)

    async def messages(self) -> list[Message]:
        """Return all messages of this channel, ephemeral ones included."""
        return [Message(self.loopback, each) for each in await self.loopback.call("messages", channel=self.id)]

    async def answer_to(self, said: Message, *, timeout: float = PATIENCE) -> Message:
        """Wait for the bot's first finished message after that one."""
        data = await self.loopback.call("wait_message", channel=self.id, after=said.id, timeout=timeout)
        if data is None:
            raise UnansweredError(f"the bot said nothing within {timeout} s")
        return Message(self.loopback, data)

    async def permit_bot(self, *, allow: Permission | int = 0, deny: Permission | int = 0) -> None:
        """Set the bot's own overwrite in this channel."""
        await self.loopback.call("permit_bot", channel=self.id, allow=int(allow), deny=int(deny))

    async def set_thread(self, *, archived: bool = False, locked: bool = False, told: bool = True) -> None:
        """Archive or lock this thread. `told` is False if the bot doesn't hear of it in time."""
        await self.loopback.call("thread_state", thread=self.id, archived=archived, locked=locked, told=told)

    async def remove(self) -> None:
        await self.loopback.call("remove_channel", channel=self.id)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was when it was read."""

    loopback: Loopback
    data: Json

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def channel(self) -> Channel:
        return Channel(self.loopback, self.data["channel_id"])

    @property
    def content(self) -> str:
        """Its content, without embeds and components."""
        return str(self.data["content"])

    @property
    def text(self) -> str:
        """All text that a user reads: content, embeds and text displays, in that order."""
        parts = [self.content]
        for embed in self.data["embeds"]:
            parts += [embed.get("title") or "", embed.get("description") or ""]
            for each in embed.get("fields") or []:
                parts += [each["name"], each["value"]]
            parts.append((embed.get("footer") or {}).get("text") or "")
        parts += texts(self.data["components"])
        return "\n".join(part for part in parts if part)

    @property
    def buttons(self) -> dict[str, Json]:
        """Its buttons by their labels, or by their emoji if they have none."""
        found = (each for each in walk(self.data["components"]) if each["type"] == 2)
        return {str(each.get("label") or each["emoji"]["name"]): each for each in found}

    @property
    def menu(self) -> Json:
        """Its first menu, or nothing."""
        return next((each for each in walk(self.data["components"]) if each["type"] == 3), {})

    @property
    def ephemeral(self) -> bool:
        """True if only one user sees it."""
        return bool(self.data["flags"] & EPHEMERAL)

    async def reply(self, *, timeout: float = PATIENCE) -> Message:
        """Wait for the bot's reply to this message."""
        data = await self.loopback.call("wait_reply", message=self.id, timeout=timeout)
        if data is None:
            raise UnansweredError(f"the bot did not reply within {timeout} s")
        return Message(self.loopback, data)

    async def now(self) -> Message | None:
        """Return the message as it is now, or None if it is gone."""
        data = await self.loopback.call("message", message=self.id)
        return None if data is None else Message(self.loopback, data)


@dataclass(frozen=True, slots=True)
class Interaction:
    """An interaction that a user has started."""

    loopback: Loopback
    id: str

    async def now(self) -> Json:
        """Return the interaction as it is now."""
        answer: Json = await self.loopback.call("interaction", interaction=self.id)
        return answer

    async def _wait(self, until: str, timeout: float, key: str) -> Any:
        """Wait, and return a value of the interaction; fail if it has none."""
        state = await self.loopback.call("wait_interaction", interaction=self.id, until=until, timeout=timeout)
        if state[key] is None:
            raise UnansweredError(f"the interaction was not {until} with {key}: the application did not respond")
        return state[key]

    async def acknowledged(self, *, timeout: float = 3.5) -> float:
        """Wait for the acknowledgement; return the seconds that it took."""
        return float(await self._wait("acknowledged", timeout, "acknowledged_after"))

    async def answer(self, *, timeout: float = PATIENCE) -> Message:
        """Wait for the response that the user reads."""
        await self._wait("answered", timeout, "answered_after")
        return Message(self.loopback, await self._wait("answered", timeout, "response"))

    async def follow_ups(self, *, timeout: float = PATIENCE) -> list[Message]:
        """Wait for a follow-up; return all that there are."""
        return [Message(self.loopback, each) for each in await self._wait("follow_ups", timeout, "follow_ups")]

    async def modal(self) -> Json:
        """Wait for the modal that opens."""
        modal: Json = await self._wait("acknowledged", 3.5, "modal")
        return modal

    async def choices(self) -> list[Json]:
        """Wait for the choices that autocomplete offers."""
        choices: list[Json] = await self._wait("acknowledged", 3.5, "choices")
        return choices

    async def again(self) -> None:
        """Let Discord dispatch it a second time."""
        await self.loopback.call("again", interaction=self.id)

    async def expire(self) -> None:
        """Let its token expire."""
        await self.loopback.call("expire", interaction=self.id)


@dataclass(frozen=True, slots=True)
class Person:
    """A user who acts."""

    loopback: Loopback
    id: str
    name: str

    async def _start(self, operation: str, **how: Any) -> Interaction:
        return Interaction(self.loopback, await self.loopback.call(operation, user=self.id, **how))

    async def slash(self, channel: Channel, command: str, *, age: float = 0.0, **options: Any) -> Interaction:
        """Send a slash command. `command` may name a sub-command, as in `settings show`."""
        return await self._start("slash", channel=channel.id, name=command, options=options, age=age)

    async def autocomplete(self, channel: Channel, command: str, focused: str, **options: Any) -> Interaction:
        """Type into the option `focused`; `options` has the text in it and the values of others."""
        return await self._start("slash", channel=channel.id, name=command, options=options, focused=focused)

    async def menu(self, message: Message, command: str) -> Interaction:
        """Choose a command of a message's context menu."""
        return await self._start("menu", message=message.id, name=command)

    async def click(self, message: Message, button: str) -> Interaction:
        """Press a button, by its label, emoji or custom id."""
        return await self._start("press", message=message.id, custom_id=button)

    async def choose(self, message: Message, select: str, *values: str) -> Interaction:
        """Choose values of a select, by its custom id."""
        return await self._start("press", message=message.id, custom_id=select, values=list(values))

    async def pick(self, message: Message, label: str) -> Interaction:
        """Choose the option of the message's first menu whose label has these words."""
        chosen = next(each["value"] for each in message.menu["options"] if label in each["label"])
        return await self.choose(message, message.menu["custom_id"], chosen)

    async def submit(self, opened: Interaction, **values: str | list[str]) -> Interaction:
        """Fill in and send the modal that an interaction has opened. Fields are named by their custom ids.

        A text field takes text, a select a list of values; what isn't named stays as it was.
        """
        await opened.modal()
        return await self._start("submit", interaction=opened.id, values=values)

    async def say(self, channel: Channel, content: str, *, reply_to: Message | None = None, **how: Any) -> Message:
        """Write a message, or a reply. `ping=False` notifies nobody; `webhook=True` writes through a webhook."""
        original = None if reply_to is None else reply_to.id
        data = await self.loopback.call(
            "say", user=self.id, channel=channel.id, content=content, reply_to=original, **how
        )
        return Message(self.loopback, data)

    async def forward(self, channel: Channel, message: Message) -> Message:
        """Forward a message to a channel."""
        return Message(
            self.loopback, await self.loopback.call("forward", user=self.id, channel=channel.id, message=message.id)
        )

    async def mention(self, channel: Channel, content: str) -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.say(channel, f"<@{self.loopback.bot_id}> {content}")

    async def dm(self) -> Channel:
        """Return the DM channel with the bot."""
        return Channel(self.loopback, await self.loopback.call("dm", user=self.id))

    async def edit(self, message: Message, content: str) -> None:
        await self.loopback.call("edit", message=message.id, content=content)

    async def delete(self, message: Message) -> None:
        await self.loopback.call("delete", message=message.id)


async def answered(interaction: Awaitable[Interaction]) -> Message:
    """Start an interaction, and wait for the response that the user reads."""
    return await (await interaction).answer()


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Loopback]:
    """Connect to the loopback Discord that listens at a URL."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        loopback = Loopback(url, http)
        loopback.about = await loopback.call("about")
        yield loopback


@contextmanager
def in_a_process() -> Iterator[str]:
    """Start a loopback Discord in a process of its own; return its URL."""
    command = [sys.executable, "-m", "tests.discord.loopback"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.terminate()
        process.wait(10)
