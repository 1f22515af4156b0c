"""The client of the control channel: what a test does to the loopback Discord, and the users who act in it.

It is the same whether the loopback Discord runs on a thread of the test or in a process of its own.
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.discord.loopback.state.payloads import texts, walk
from tests.discord.loopback.state.world import BOT, CONTROL, EPHEMERAL, EVERYONE, Json, Permission

PATIENCE = 10.0
"""Seconds that an actor waits for a bot before a test fails."""


class RefusedError(Exception):
    """The loopback Discord would not do this: Discord's client does not offer it, or there is no such operation."""


class UnansweredError(AssertionError):
    """A bot left an actor waiting."""


@dataclass(slots=True)
class Discord:
    """The handle on a loopback Discord: the world, what goes wrong in it, and the verdict."""

    url: str
    http: aiohttp.ClientSession
    about: Json = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The bot's token."""
        return str(self.about["token"])

    @property
    def bot_id(self) -> str:
        """The bot's user."""
        return str(self.about["application_id"])

    @property
    def api(self) -> str:
        """What `discord.http.Route.BASE` must be."""
        return f"{self.url}/api/v10"

    @property
    def gateway(self) -> str:
        """What `DiscordWebSocket.DEFAULT_GATEWAY` must be."""
        return str(self.about["gateway"])

    async def call(self, operation: str, **how: Any) -> Any:
        """One operation of `loopback.control.Control`, by name.

        Raises:
            RefusedError: it can't be done.
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
        """A new server, with the bot in it unless said otherwise."""
        number = await self.call("guild", name=name, bot=bot, bot_permissions=bot_permissions, everyone=everyone)
        return Guild(self, number)

    async def person(
        self,
        name: str,
        *,
        installed: bool = False,
        locale: str = "en-US",
        bot: bool = False,
        accepts_dms: bool = True,
    ) -> Person:
        """A new account; `installed` has installed the bot for itself."""
        how = {"installed": installed, "locale": locale, "bot": bot, "accepts_dms": accepts_dms}
        number = await self.call("user", name=name, **how)
        return Person(self, number, name)

    async def upload(self, name: str, content: bytes, *, announced: int | None = None, times: int = 1) -> str:
        """A file for a command's option: `content`, `times` over; `announced` is the size where that is a lie."""
        encoded = base64.b64encode(content).decode()
        return str(await self.call("upload", name=name, content=encoded, announced=announced, times=times))

    async def settings(self, **how: Any) -> None:
        """How the loopback Discord behaves; see `Control.settings`."""
        await self.call("settings", **how)

    async def ready(self, shards: int = 1, *, identifies: int = 0, timeout: float = PATIENCE) -> None:
        """Wait for a bot to be connected."""
        if not await self.call("wait_ready", shards=shards, timeout=timeout, identifies=identifies):
            raise UnansweredError(f"no bot with {shards} shards connected within {timeout} s")

    # What goes wrong.

    async def fault(self, route: str, kind: str, **how: Any) -> None:
        """Lay a fault on a route; see `loopback.faults.Fault`."""
        await self.call("fault", route=route, kind=kind, **how)

    async def disturb(self, action: str, **how: Any) -> None:
        """Do something to the gateway; see `loopback.gateway.Gateway.act`."""
        await self.call("disturb", action=action, **how)

    async def advance(self, seconds: float) -> None:
        """Let time go by on Discord's clock."""
        await self.call("advance", seconds=seconds)

    # What was seen.

    async def stats(self) -> Json:
        """Counts of what the bot did."""
        answer: Json = await self.call("stats")
        return answer

    async def requests(self, template: str | None = None) -> list[Json]:
        """The bot's requests, or those of one route."""
        answer: list[Json] = await self.call("requests", template=template)
        return answer

    async def secrets(self) -> list[str]:
        """Every token that must not be in a log."""
        answer: list[str] = await self.call("secrets")
        return answer

    async def verdict(self, *, expect: Iterable[int] = ()) -> Json:
        """What the bot has done wrong; `expect` are the codes that the test has provoked."""
        answer: Json = await self.call("verdict", expect=sorted(expect))
        return answer

    async def assert_clean(self, *, expect: Iterable[int] = (), patience: float = 3.2) -> None:
        """Fail on anything that a bot must not do, once what is pending has had its time."""
        end = asyncio.get_running_loop().time() + patience
        verdict = await self.verdict(expect=expect)
        while verdict["pending"] and not verdict["violations"] and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
            verdict = await self.verdict(expect=expect)
        if not verdict["clean"]:
            wrong = [f"{each['kind']}: {each['detail']}" for each in verdict["violations"]]
            raise AssertionError("\n".join([*wrong, *verdict["pending"]]))

    async def burst(self, asks: Iterable[tuple[Person, Channel, str, Json]]) -> list[str]:
        """Many slash commands at once; the interactions' ids."""
        many = [
            {"user": who.id, "channel": place.id, "name": name, "options": options}
            for who, place, name, options in asks
        ]
        answer: list[str] = await self.call("burst", asks=many)
        return answer

    async def wait_all(self, interactions: list[str], until: str = "answered", timeout: float = 60.0) -> int:
        """Wait until all are `acknowledged` or `answered`; how many are."""
        answer: int = await self.call("wait_all", interactions=interactions, until=until, timeout=timeout)
        return answer

    async def interactions(self, ids: list[str] | None = None) -> list[Json]:
        """Interactions as they stand."""
        answer: list[Json] = await self.call("interactions", ids=ids)
        return answer


@dataclass(frozen=True, slots=True)
class Guild:
    """A server."""

    discord: Discord
    id: str

    async def channel(self, name: str = "general", *, kind: int = 0) -> Channel:
        """A new channel, of text unless `kind` says otherwise by Discord's number."""
        return Channel(self.discord, await self.discord.call("channel", guild=self.id, name=name, type=kind))

    async def member(
        self, name: str, *, manager: bool = False, installed: bool = False, bot: bool = False, locale: str = "en-US"
    ) -> Person:
        """A new member; a `manager` may manage the server."""
        person = await self.discord.person(name, installed=installed, locale=locale, bot=bot)
        await self.add(person, manager=manager)
        return person

    async def add(self, person: Person, *, manager: bool = False) -> None:
        """Make somebody a member."""
        permissions = int(Permission.MANAGE_GUILD) if manager else 0
        await self.discord.call("join", guild=self.id, user=person.id, permissions=permissions)

    async def invite_bot(self) -> None:
        """Let the bot in."""
        await self.discord.call("invite_bot", guild=self.id)

    async def remove_bot(self) -> None:
        """Throw the bot out."""
        await self.discord.call("remove_bot", guild=self.id)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, a thread or a DM."""

    discord: Discord
    id: str

    async def thread(self, name: str, owner: Person, message: Message | None = None) -> Channel:
        """A new thread in this channel, started from a message or from none."""
        started = {} if message is None else {"message": message.id}
        number = await self.discord.call("thread", channel=self.id, name=name, owner=owner.id, **started)
        return Channel(self.discord, number)

    async def messages(self) -> list[Message]:
        """All that was said here, ephemeral messages included."""
        return [Message(self.discord, each) for each in await self.discord.call("messages", channel=self.id)]

    async def answer_to(self, said: Message, *, timeout: float = PATIENCE) -> Message:
        """The bot's first finished message after that one."""
        data = await self.discord.call("wait_message", channel=self.id, after=said.id, timeout=timeout)
        if data is None:
            raise UnansweredError(f"the bot said nothing within {timeout} s")
        return Message(self.discord, data)

    async def permit_bot(self, *, allow: Permission | int = 0, deny: Permission | int = 0) -> None:
        """Set the bot's own overwrite in this channel."""
        await self.discord.call("permit", channel=self.id, target="bot", allow=int(allow), deny=int(deny))

    async def set_thread(self, *, archived: bool = False, locked: bool = False, told: bool = True) -> None:
        """Archive or lock this thread."""
        await self.discord.call("thread_state", thread=self.id, archived=archived, locked=locked, told=told)

    async def remove(self) -> None:
        """Delete this channel."""
        await self.discord.call("remove_channel", channel=self.id)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was when it was looked at."""

    discord: Discord
    data: Json

    @property
    def id(self) -> str:
        """Its identifier."""
        return str(self.data["id"])

    @property
    def channel(self) -> Channel:
        """Where it stands."""
        return Channel(self.discord, self.data["channel_id"])

    @property
    def content(self) -> str:
        """Its content, without embeds and components."""
        return str(self.data["content"])

    @property
    def text(self) -> str:
        """All text that a reranker sees: content, embeds and text displays, in that order."""
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
        """Its buttons by their labels."""
        return {
            str(each.get("label") or each.get("emoji")): each
            for each in walk(self.data["components"])
            if each["type"] == 2
        }

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.data["flags"] & EPHEMERAL)

    async def reply(self, *, timeout: float = PATIENCE) -> Message:
        """The bot's reply to this very message."""
        data = await self.discord.call("wait_reply", message=self.id, timeout=timeout)
        if data is None:
            raise UnansweredError(f"the bot did not reply within {timeout} s")
        return Message(self.discord, data)

    async def now(self) -> Message | None:
        """The message as it stands now, or nothing where it is gone."""
        data = await self.discord.call("message", message=self.id)
        return None if data is None else Message(self.discord, data)


@dataclass(frozen=True, slots=True)
class Asked:
    """An interaction that somebody has started."""

    discord: Discord
    id: str

    async def now(self) -> Json:
        """The interaction as it stands."""
        answer: Json = await self.discord.call("interaction", interaction=self.id)
        return answer

    async def _wait(self, until: str, timeout: float) -> Json:
        answer: Json = await self.discord.call("wait_interaction", interaction=self.id, until=until, timeout=timeout)
        return answer

    async def acknowledged(self, *, timeout: float = 3.5) -> float:
        """Wait for the acknowledgement; the seconds that it took."""
        state = await self._wait("acknowledged", timeout)
        if state["acknowledged_after"] is None:
            raise UnansweredError("not acknowledged: the application did not respond")
        return float(state["acknowledged_after"])

    async def answer(self, *, timeout: float = PATIENCE) -> Message:
        """Wait for the response that the person reads."""
        state = await self._wait("answered", timeout)
        if state["answered_after"] is None or state["response"] is None:
            raise UnansweredError("no answer came")
        return Message(self.discord, state["response"])

    async def follow_ups(self, *, timeout: float = PATIENCE) -> list[Message]:
        """Wait for a follow-up; all that there are."""
        state = await self._wait("follow_ups", timeout)
        return [Message(self.discord, each) for each in state["follow_ups"]]

    async def modal(self) -> Json:
        """Wait for the modal that opens."""
        state = await self._wait("acknowledged", 3.5)
        if state["modal"] is None:
            raise UnansweredError("no modal opened")
        modal: Json = state["modal"]
        return modal

    async def choices(self) -> list[Json]:
        """Wait for the choices that autocomplete offers."""
        state = await self._wait("acknowledged", 3.5)
        if state["choices"] is None:
            raise UnansweredError("no choices came")
        choices: list[Json] = state["choices"]
        return choices

    async def again(self) -> None:
        """Have Discord dispatch it a second time."""
        await self.discord.call("again", interaction=self.id)

    async def expire(self) -> None:
        """Have its token expire."""
        await self.discord.call("expire", interaction=self.id)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a keyboard."""

    discord: Discord
    id: str
    name: str

    async def slash(self, channel: Channel, command: str, *, age: float = 0.0, **options: Any) -> Asked:
        """Send a slash command; `command` may name a sub-command, as in `settings show`."""
        number = await self.discord.call(
            "slash", user=self.id, channel=channel.id, name=command, options=options, age=age
        )
        return Asked(self.discord, number)

    async def autocomplete(self, channel: Channel, command: str, focused: str, **options: Any) -> Asked:
        """Type into an option; `options` hold what stands in it and in the others."""
        number = await self.discord.call(
            "slash", user=self.id, channel=channel.id, name=command, options=options, focused=focused
        )
        return Asked(self.discord, number)

    async def menu(self, message: Message, command: str, *, age: float = 0.0) -> Asked:
        """Choose a command of a message's context menu."""
        return Asked(
            self.discord,
            await self.discord.call("menu", user=self.id, message=message.id, name=command, age=age),
        )

    async def click(self, message: Message, button: str, *, age: float = 0.0) -> Asked:
        """Press a button, by its label or its custom id."""
        return Asked(
            self.discord,
            await self.discord.call("press", user=self.id, message=message.id, custom_id=button, age=age),
        )

    async def choose(self, message: Message, select: str, *values: str) -> Asked:
        """Choose values of a select, by its custom id."""
        return Asked(
            self.discord,
            await self.discord.call("press", user=self.id, message=message.id, custom_id=select, values=list(values)),
        )

    async def submit(self, opened: Asked, **values: str) -> Asked:
        """Fill in and send the modal that an interaction has opened; fields by their custom ids."""
        await opened.modal()
        return Asked(
            self.discord,
            await self.discord.call("submit", user=self.id, interaction=opened.id, values=values),
        )

    async def say(
        self,
        channel: Channel,
        content: str,
        *,
        reply_to: Message | None = None,
        ping: bool = True,
        webhook: bool = False,
    ) -> Message:
        """Write a message, or a reply that notifies its author unless `ping` is off."""
        data = await self.discord.call(
            "say", user=self.id, channel=channel.id, content=content, ping=ping, webhook=webhook,
            reply_to=reply_to.id if reply_to else None,
        )  # fmt: skip
        return Message(self.discord, data)

    async def mention(self, channel: Channel, content: str) -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.say(channel, f"<@{self.discord.bot_id}> {content}")

    async def dm(self) -> Channel:
        """The DM channel with the bot."""
        return Channel(self.discord, await self.discord.call("dm", user=self.id))

    async def edit(self, message: Message, content: str) -> None:
        """Edit a message of one's own."""
        await self.discord.call("edit", message=message.id, content=content)

    async def delete(self, message: Message) -> None:
        """Delete a message of one's own."""
        await self.discord.call("delete", message=message.id)


@asynccontextmanager
async def reach(url: str) -> AsyncIterator[Discord]:
    """The handle on the loopback Discord that listens at `url`."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        discord = Discord(url, http)
        discord.about = await discord.call("about")
        yield discord


@contextmanager
def in_a_process() -> Iterator[str]:
    """A loopback Discord in a process of its own; its URL."""
    command = [sys.executable, "-m", "tests.discord.loopback"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.terminate()
        process.wait(10)
