"""The operations behind the control channel: the world, what goes wrong in it, and what can be seen.

Each takes and returns JSON, so that actors in another process can use it; `people.py` has those of people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from itertools import takewhile
from typing import Any

from tests.discord.loopback.control.users import People
from tests.discord.loopback.faults import Fault, Faults
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.handler import Rest
from tests.discord.loopback.rest.routes import stored_command
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.world import (
    BOT,
    EVERYONE,
    LOADING,
    PUBLIC_THREAD,
    Channel,
    Guild,
    Intents,
    Interaction,
    Json,
    Message,
    Role,
    User,
)
from tests.discord.loopback.validation.ledger import Ledger


class Control:
    """The operations; each public coroutine method is one, by its name, and so is each of `People`."""

    def __init__(self, api: Api, rest: Rest, faults: Faults, ledger: Ledger) -> None:
        self.world = api.world
        self.gateway = api.gateway
        self.api = api
        self.people = People(api)
        self.rest = rest
        self.faults = faults
        self.ledger = ledger

    def operation(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """The operation of that name.

        Raises:
            KeyError: there is none.
        """
        for part in (self, self.people):
            if not name.startswith("_") and name != "operation" and callable(getattr(part, name, None)):
                found: Callable[..., Coroutine[Any, Any, Any]] = getattr(part, name)
                return found
        raise KeyError(name)

    # The world.

    async def about(self) -> Json:
        """Who the bot is, and its token."""
        return {
            "token": self.world.token,
            "application_id": str(self.world.application_id),
            "gateway": self.gateway.url,
        }

    async def user(
        self, name: str, *, locale: str = "en-US", bot: bool = False, installed: bool = False, accepts_dms: bool = True
    ) -> str:
        """Make an account."""
        who = User(self.world.snowflake(), name, bot, locale, installed, accepts_dms)
        self.world.users[who.id] = who
        return str(who.id)

    async def guild(
        self,
        name: str,
        *,
        bot: bool = True,
        locale: str = "en-US",
        bot_permissions: int = BOT,
        everyone: int = EVERYONE,
    ) -> str:
        """Make a server, with or without the bot."""
        number = self.world.snowflake()
        owner = User(self.world.snowflake(), f"Owner of {name}")
        self.world.users[owner.id] = owner
        roles = {number: Role(number, "@everyone", everyone)}
        guild = Guild(number, name, locale, owner.id, roles, {owner.id: []})
        self.world.guilds[number] = guild
        if bot:
            await self.invite_bot(str(number), permissions=bot_permissions)
        return str(number)

    async def invite_bot(self, guild: str, *, permissions: int = BOT) -> None:
        """Add the bot to a server, with its managed role."""
        server = self.world.guilds[int(guild)]
        role = Role(self.world.snowflake(), self.world.bot.name, permissions, managed=True)
        server.roles[role.id] = role
        server.members[self.world.bot.id] = [role.id]
        data = payloads.guild(self.world, server, whole=True)
        # A server that was joined says nothing of an outage, by which discord.py knows it from one that had one.
        del data["unavailable"]
        self.gateway.dispatch("GUILD_CREATE", data, guild_id=server.id, intent=int(Intents.GUILDS))

    async def remove_bot(self, guild: str) -> None:
        """Throw the bot out of a server."""
        server = self.world.guilds[int(guild)]
        self.gateway.dispatch("GUILD_DELETE", {"id": guild}, guild_id=server.id, intent=int(Intents.GUILDS))
        for role_id in server.members.pop(self.world.bot.id):
            del server.roles[role_id]

    async def join(self, guild: str, user: str, *, permissions: int = 0) -> None:
        """Make somebody a member; `permissions` come as a role of their own."""
        server = self.world.guilds[int(guild)]
        server.members[int(user)] = []
        if permissions:
            role = Role(self.world.snowflake(), f"role of {user}", permissions)
            server.roles[role.id] = role
            server.members[int(user)] = [role.id]
            self._tell_role(server, role)

    def _tell_role(self, server: Guild, role: Role) -> None:
        roles = payloads.guild(self.world, server, whole=False)["roles"]
        data = {"guild_id": str(server.id), "role": next(each for each in roles if each["id"] == str(role.id))}
        self.gateway.dispatch("GUILD_ROLE_CREATE", data, guild_id=server.id, intent=int(Intents.GUILDS))

    async def channel(self, guild: str, name: str, *, type: int = 0) -> str:  # noqa: A002  # Discord's word
        """Make a channel."""
        place = Channel(self.world.snowflake(), type, name, int(guild))
        self._add_channel(place, "CHANNEL_CREATE")
        return str(place.id)

    async def thread(
        self,
        channel: str,
        name: str,
        *,
        owner: str,
        message: str | None = None,
        type: int = PUBLIC_THREAD,  # noqa: A002  # Discord's word
    ) -> str:
        """Start a thread in a channel; one that is started from a message has its id."""
        parent = self.world.channels[int(channel)]
        number = int(message) if message is not None else self.world.snowflake()
        place = Channel(number, type, name, parent.guild_id, parent.id, int(owner))
        self._add_channel(place, "THREAD_CREATE")
        return str(place.id)

    def _add_channel(self, place: Channel, event: str) -> None:
        self.world.channels[place.id] = place
        self._tell_channel(place, event)

    def _tell_channel(self, place: Channel, event: str) -> None:
        data = payloads.channel(self.world, place)
        self.gateway.dispatch(event, data, guild_id=place.guild_id, intent=int(Intents.GUILDS))

    async def permit(self, channel: str, target: str, *, allow: int = 0, deny: int = 0) -> None:
        """Set the overwrite of a user, a role or (`target` the server's id) everyone; `bot` is the bot."""
        place = self.world.channels[int(channel)]
        who = self.world.bot.id if target == "bot" else int(target)
        place.overwrites[who] = (allow, deny)
        self._tell_channel(place, "CHANNEL_UPDATE")

    async def thread_state(
        self, thread: str, *, archived: bool = False, locked: bool = False, told: bool = True
    ) -> None:
        """Archive or lock a thread; `told` is whether the bot hears of it in time."""
        place = self.world.channels[int(thread)]
        place.archived, place.locked = archived, locked
        if told:
            self._tell_channel(place, "THREAD_UPDATE")

    async def remove_channel(self, channel: str) -> None:
        """Delete a channel or a thread with all that was said in it."""
        place = self.world.channels[int(channel)]
        for said in list(place.messages.values()):
            self.world.remove_message(said)
        self._tell_channel(place, "THREAD_DELETE" if place.is_thread else "CHANNEL_DELETE")
        del self.world.channels[place.id]

    async def dm(self, user: str) -> str:
        """The DM channel of somebody and the bot."""
        return str(self.world.dm_with(int(user)).id)

    # What one can see.

    def _interaction(self, asked: Interaction) -> Json:
        response = self.world.messages.get(asked.response_id or 0)
        later = [self.world.messages[each] for each in asked.follow_ups if each in self.world.messages]
        return {
            "id": str(asked.id),
            "token": asked.token,
            "delivered": asked.delivered,
            "acknowledged_after": None if asked.acknowledged is None else asked.acknowledged - asked.created,
            "answered_after": None if asked.response_done is None else asked.response_done - asked.created,
            "callback_type": asked.callback_type,
            "attempts": asked.attempts,
            "thinking": asked.thinking,
            "modal": asked.modal,
            "choices": asked.choices,
            "response": payloads.seen(self.world, response) if response else None,
            "follow_ups": [payloads.seen(self.world, each) for each in later],
        }

    async def interaction(self, interaction: str) -> Json:
        """An interaction as it stands."""
        return self._interaction(self.world.interactions[int(interaction)])

    async def interactions(self, ids: list[str] | None = None) -> list[Json]:
        """Interactions as they stand: all, or those named."""
        chosen = self.world.interactions.values() if ids is None else [self.world.interactions[int(i)] for i in ids]
        return [self._interaction(each) for each in chosen]

    async def wait_interaction(self, interaction: str, until: str, timeout: float) -> Json:
        """Sleep until it is `acknowledged`, `answered` or has `follow_ups`, or the time is up."""
        asked = self.world.interactions[int(interaction)]
        tests: dict[str, Callable[[], bool]] = {
            "acknowledged": lambda: asked.acknowledged is not None,
            "answered": lambda: asked.response_done is not None,
            "follow_ups": lambda: bool(asked.follow_ups),
        }
        await self._until(tests[until], ("interaction", asked.id), timeout)
        return self._interaction(asked)

    async def wait_all(self, interactions: list[str], until: str, timeout: float) -> int:
        """Sleep until all are `acknowledged` or `answered`, or the time is up; how many are."""
        many = [self.world.interactions[int(each)] for each in interactions]

        def done(asked: Interaction) -> bool:
            return (asked.acknowledged if until == "acknowledged" else asked.response_done) is not None

        end = asyncio.get_running_loop().time() + timeout
        # Looked at now and then: a wake-up for every change would cost more than the burst itself.
        while not all(map(done, many)) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
        return sum(map(done, many))

    async def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, oldest first, ephemeral ones included."""
        return [payloads.seen(self.world, each) for each in self.world.channels[int(channel)].messages.values()]

    async def message(self, message: str) -> Json | None:
        """A message as it stands, or nothing where it is gone."""
        said = self.world.messages.get(int(message))
        return None if said is None else payloads.seen(self.world, said)

    async def wait_message(self, channel: str, after: str, timeout: float) -> Json | None:
        """Sleep until the bot has said something in a channel after that message, or the time is up."""
        place = self.world.channels[int(channel)]

        def found() -> list[Message]:
            return [
                each
                for each in place.messages.values()
                if each.id > int(after) and each.author_id == self.world.bot.id and not each.flags & LOADING
            ]

        await self._until(lambda: bool(found()), ("channel", place.id), timeout)
        return payloads.seen(self.world, found()[0]) if found() else None

    async def wait_reply(self, message: str, timeout: float) -> Json | None:
        """Sleep until the bot has replied to that very message, or the time is up."""
        place = self.world.channels[self.world.messages[int(message)].channel_id]

        def found() -> Message | None:
            later = takewhile(lambda each: each.id > int(message), reversed(place.messages.values()))
            replies = (each for each in later if each.author_id == self.world.bot.id)
            return next((each for each in replies if (each.reference or {}).get("message_id") == message), None)

        await self._until(lambda: found() is not None, ("channel", place.id), timeout)
        reply = found()
        return None if reply is None else payloads.seen(self.world, reply)

    async def wait_ready(self, shards: int, timeout: float, identifies: int = 0) -> bool:
        """Sleep until that many shards are connected, and that many IDENTIFYs were seen at least."""

        def ready() -> bool:
            return self.gateway.ready_shards >= shards and len(self.gateway.identifies) >= identifies

        await self._until(ready, "gateway", timeout)
        return ready()

    async def wait_requests(self, method: str, template: str, count: int, timeout: float) -> int:
        """Sleep until a route has been asked that often and has answered; how often it was."""

        def number() -> int:
            return sum(
                each.method == method and each.template == template and (each.status or each.injected) != 0
                for each in self.ledger.records
            )

        await self._until(lambda: number() >= count, "request", timeout)
        return number()

    async def _until(self, test: Callable[[], bool], key: object, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not test():
                    await self.world.signals.wait(key)
        except TimeoutError:
            return

    async def commands(self, guild: str | None = None) -> list[Json]:
        """The commands as they are registered."""
        return self.world.commands.get(int(guild) if guild else None, [])

    async def register(self, commands: list[Json], guild: str | None = None) -> None:
        """Register commands as an earlier `sync` would have; not counted as a PUT."""
        scope = int(guild) if guild else None
        self.world.commands[scope] = [stored_command(self.api, each, scope, None) for each in commands]

    async def requests(self, template: str | None = None) -> list[Json]:
        """The ledger, or one route's part of it."""
        return [each.as_json() for each in self.ledger.records if template in (None, each.template)]

    async def stats(self) -> Json:
        """Counts."""
        statuses = [each.status for each in self.ledger.records]
        return {
            "identifies": len(self.gateway.identifies),
            "intents": [each["intents"] for each in self.gateway.identifies],
            "shards": [list(each["shard"]) for each in self.gateway.identifies],
            "resumes": self.gateway.resumes,
            "heartbeats": self.gateway.heartbeats,
            "connections": len(self.gateway.connections),
            "closed_with": self.gateway.closed_with,
            "compressions": self.gateway.compressions,
            "command_puts": self.api.command_puts,
            "requests": len(statuses),
            "invalid_requests": sum(status in (401, 403, 429) for status in statuses),
            "rate_limited": sum(each.status == 429 and not each.injected for each in self.ledger.records),
        }

    async def secrets(self) -> list[str]:
        """Every token that must not be in a log."""
        return [self.world.token, *self.world.by_token]

    async def verdict(self, expect: list[int] | None = None) -> Json:
        """What the bot has done wrong so far."""
        self.rest.judge_deferred()
        return self.ledger.judge(expect=frozenset(expect or ()))

    # What goes wrong.

    async def fault(self, **how: Any) -> None:
        """Lay a fault; see `Fault`."""
        self.faults.lay(Fault(**how))

    async def clear_faults(self) -> None:
        """Take all faults away."""
        self.faults.clear()

    async def disturb(self, action: str, **how: Any) -> None:
        """Do something to the gateway; see `Gateway.act`."""
        await self.gateway.act(action, **how)

    async def advance(self, seconds: float) -> None:
        """Let time go by at once, on Discord's clock."""
        self.world.clock.advance(seconds)

    async def expire(self, interaction: str) -> None:
        """Make an interaction's token as old as tokens get."""
        self.world.interactions[int(interaction)].created -= 15 * 60 + 1

    async def revoke(self, revoked: bool = True) -> None:
        """Make the bot's token worthless: 401 on everything."""
        self.rest.revoked = revoked

    async def exhaust(self, method: str, template: str, seconds: float) -> None:
        """Leave one request in each known bucket of a route."""
        self.rest.buckets.exhaust(template, method, seconds)

    async def settings(
        self,
        rate_limits: bool | None = None,
        defer_schema: bool | None = None,
        check_responses: bool | None = None,
        shards: int | None = None,
        granted_intents: int | None = None,
        heartbeat_interval: float | None = None,
    ) -> None:
        """How the loopback Discord behaves."""
        if rate_limits is not None:
            self.rest.buckets.enforced = rate_limits
        if defer_schema is not None:
            self.rest.defer_schema = defer_schema
        if check_responses is not None:
            self.rest.check_responses = check_responses
        if shards is not None:
            self.world.shards = shards
        if granted_intents is not None:
            self.world.granted_intents = granted_intents
        if heartbeat_interval is not None:
            self.gateway.heartbeat_interval = heartbeat_interval
