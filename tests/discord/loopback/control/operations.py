"""The operations of the control channel. Each takes and returns JSON, so that another process can call it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from itertools import takewhile
from typing import Any

from tests.discord.loopback.control.users import Users
from tests.discord.loopback.faults import Fault, Faults
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.handler import Rest
from tests.discord.loopback.rest.routes import stored_command
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import (
    BOT,
    EVERYONE,
    LOADING,
    PUBLIC_THREAD,
    TOKEN_LIFE,
    Channel,
    Guild,
    Intents,
    Interaction,
    Json,
    Message,
    Role,
    User,
)
from tests.discord.loopback.validation.request_log import RequestLog


class Control(Users):
    """Creates the world, lets things go wrong in it, and reports. Each public coroutine method is an operation."""

    def __init__(self, api: Api, rest: Rest, faults: Faults, log: RequestLog) -> None:
        super().__init__(api)
        self.gateway = api.gateway
        self.rest = rest
        self.faults = faults
        self.log = log

    def operation(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return the operation of that name, or raise KeyError."""
        found = getattr(self, name, None)
        if name.startswith("_") or not iscoroutinefunction(found):
            raise KeyError(name)
        return found

    # The world.

    async def about(self) -> Json:
        """Return the bot's token and id, and the gateway's URL."""
        application_id = str(self.world.application_id)
        return {"token": self.world.token, "application_id": application_id, "gateway": self.gateway.url}

    async def user(
        self, name: str, *, locale: str = "en-US", bot: bool = False, installed: bool = False, accepts_dms: bool = True
    ) -> str:
        """Create an account."""
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
        """Create a server, with or without the bot."""
        number = self.world.snowflake()
        owner = User(self.world.snowflake(), f"Owner of {name}")
        self.world.users[owner.id] = owner
        roles = {number: Role(number, "@everyone", everyone)}
        self.world.guilds[number] = Guild(number, name, locale, owner.id, roles, {owner.id: []})
        if bot:
            await self.invite_bot(str(number), permissions=bot_permissions)
        return str(number)

    async def invite_bot(self, guild: str, *, permissions: int = BOT) -> None:
        """Add the bot to a server, with its managed role."""
        server = self.world.guilds[int(guild)]
        role = Role(self.world.snowflake(), self.world.bot.name, permissions, managed=True)
        server.roles[role.id] = role
        server.members[self.world.bot.id] = [role.id]
        data = payloads.guild(self.world, server)
        # discord.py tells a server that was joined from one that had an outage by the absence of this.
        del data["unavailable"]
        self._dispatch("GUILD_CREATE", data, server.id)

    async def remove_bot(self, guild: str) -> None:
        server = self.world.guilds[int(guild)]
        self._dispatch("GUILD_DELETE", {"id": guild}, server.id)
        for role_id in server.members.pop(self.world.bot.id):
            del server.roles[role_id]

    async def join(self, guild: str, user: str, *, permissions: int = 0) -> None:
        """Make a user a member. Permissions come as a role of their own."""
        server = self.world.guilds[int(guild)]
        server.members[int(user)] = []
        if permissions:
            role = Role(self.world.snowflake(), f"role of {user}", permissions)
            server.roles[role.id] = role
            server.members[int(user)] = [role.id]
            data = {"guild_id": str(server.id), "role": payloads.role(self.world, server, role)}
            self._dispatch("GUILD_ROLE_CREATE", data, server.id)

    async def channel(self, guild: str, name: str, *, type: int = 0) -> str:  # noqa: A002  # Discord's word
        """Create a channel."""
        place = Channel(self.world.snowflake(), type, name, int(guild))
        return self._add_channel(place, "CHANNEL_CREATE")

    async def thread(self, channel: str, name: str, *, owner: str, message: str | None = None) -> str:
        """Start a thread in a channel. A thread that starts from a message has its id."""
        parent = self.world.channels[int(channel)]
        number = self.world.snowflake() if message is None else int(message)
        place = Channel(number, PUBLIC_THREAD, name, parent.guild_id, parent.id, int(owner))
        return self._add_channel(place, "THREAD_CREATE")

    def _add_channel(self, place: Channel, event: str) -> str:
        self.world.channels[place.id] = place
        self._tell_channel(place, event)
        return str(place.id)

    def _tell_channel(self, place: Channel, event: str) -> None:
        self._dispatch(event, payloads.channel(self.world, place), place.guild_id)

    def _dispatch(self, event: str, data: Json, guild_id: int | None) -> None:
        self.gateway.dispatch(event, data, guild_id=guild_id, intent=int(Intents.GUILDS))

    async def permit_bot(self, channel: str, *, allow: int = 0, deny: int = 0) -> None:
        """Set the bot's overwrite in a channel."""
        place = self.world.channels[int(channel)]
        place.overwrites[self.world.bot.id] = (allow, deny)
        self._tell_channel(place, "CHANNEL_UPDATE")

    async def thread_state(
        self, thread: str, *, archived: bool = False, locked: bool = False, told: bool = True
    ) -> None:
        """Archive or lock a thread. `told` is False if the bot doesn't hear of it in time."""
        place = self.world.channels[int(thread)]
        place.archived, place.locked = archived, locked
        if told:
            self._tell_channel(place, "THREAD_UPDATE")

    async def remove_channel(self, channel: str) -> None:
        """Delete a channel or a thread with all its messages."""
        place = self.world.channels[int(channel)]
        for said in list(place.messages.values()):
            self.world.remove_message(said)
        self._tell_channel(place, "THREAD_DELETE" if place.is_thread else "CHANNEL_DELETE")
        del self.world.channels[place.id]

    async def dm(self, user: str) -> str:
        """Return the DM channel of a user and the bot."""
        return str(self.world.dm_with(int(user)).id)

    async def register(self, commands: list[Json], guild: str | None = None) -> None:
        """Register commands as an earlier `sync` would have. This is not counted as a PUT."""
        scope = int(guild) if guild else None
        self.world.commands[scope] = [stored_command(self.api, each, scope, None) for each in commands]

    # What can be seen.

    def _interaction(self, interaction: Interaction) -> Json:
        def after(moment: float | None) -> float | None:
            return None if moment is None else moment - interaction.created

        response = self.world.messages.get(interaction.response_id or 0)
        later = [self.world.messages[each] for each in interaction.follow_ups if each in self.world.messages]
        return {
            "id": str(interaction.id),
            "token": interaction.token,
            "delivered": interaction.delivered,
            "acknowledged_after": after(interaction.acknowledged),
            "answered_after": after(interaction.response_done),
            "callback_type": interaction.callback_type,
            "attempts": interaction.attempts,
            "thinking": interaction.thinking,
            "modal": interaction.modal,
            "choices": interaction.choices,
            "response": payloads.seen(self.world, response) if response else None,
            "follow_ups": [payloads.seen(self.world, each) for each in later],
        }

    async def interaction(self, interaction: str) -> Json:
        return self._interaction(self.world.interactions[int(interaction)])

    async def interactions(self, ids: list[str]) -> list[Json]:
        return [await self.interaction(each) for each in ids]

    async def wait_interaction(self, interaction: str, until: str, timeout: float) -> Json:
        """Wait until it is `acknowledged`, `answered` or has `follow_ups`, or the time is up."""
        found = self.world.interactions[int(interaction)]
        tests: dict[str, Callable[[], bool]] = {
            "acknowledged": lambda: found.acknowledged is not None,
            "answered": lambda: found.response_done is not None,
            "follow_ups": lambda: bool(found.follow_ups),
        }
        await self._until(tests[until], ("interaction", found.id), timeout)
        return self._interaction(found)

    async def wait_all(self, interactions: list[str], until: str, timeout: float) -> int:
        """Wait until all are `acknowledged` or `answered`, or the time is up; return how many are."""
        attribute = {"acknowledged": "acknowledged", "answered": "response_done"}[until]
        many = [self.world.interactions[int(each)] for each in interactions]

        def done() -> int:
            return sum(getattr(each, attribute) is not None for each in many)

        end = asyncio.get_running_loop().time() + timeout
        # It polls: a wake-up for every change would cost more than the burst itself.
        while done() < len(many) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
        return done()

    async def messages(self, channel: str) -> list[Json]:
        """Return all messages of a channel, oldest first, ephemeral ones included."""
        return [payloads.seen(self.world, each) for each in self.world.channels[int(channel)].messages.values()]

    async def message(self, message: str) -> Json | None:
        """Return a message, or None if it is gone."""
        said = self.world.messages.get(int(message))
        return None if said is None else payloads.seen(self.world, said)

    async def wait_message(self, channel: str, after: str, timeout: float) -> Json | None:
        """Wait for the bot's first finished message after that one; return None if the time is up."""
        place = self.world.channels[int(channel)]

        def found() -> Message | None:
            later = (each for each in place.messages.values() if each.id > int(after))
            own = (each for each in later if each.author_id == self.world.bot.id and not each.flags & LOADING)
            return next(own, None)

        return await self._wait_for(found, place, timeout)

    async def wait_reply(self, message: str, timeout: float) -> Json | None:
        """Wait for the bot's reply to that message; return None if the time is up."""
        place = self.world.channels[self.world.messages[int(message)].channel_id]

        def found() -> Message | None:
            later = takewhile(lambda each: each.id > int(message), reversed(place.messages.values()))
            replies = (each for each in later if each.author_id == self.world.bot.id)
            return next((each for each in replies if (each.reference or {}).get("message_id") == message), None)

        return await self._wait_for(found, place, timeout)

    async def _wait_for(self, found: Callable[[], Message | None], place: Channel, timeout: float) -> Json | None:
        await self._until(lambda: found() is not None, ("channel", place.id), timeout)
        message = found()
        return None if message is None else payloads.seen(self.world, message)

    async def wait_ready(self, shards: int, timeout: float, identifies: int = 0) -> bool:
        """Wait until that many shards are connected, after at least that many IDENTIFYs."""

        def ready() -> bool:
            return self.gateway.ready_shards >= shards and len(self.gateway.identifies) >= identifies

        await self._until(ready, "gateway", timeout)
        return ready()

    async def wait_requests(self, method: str, template: str, count: int, timeout: float) -> int:
        """Wait until a route has answered that many requests; return how many it has."""

        def number() -> int:
            return sum(
                each.method == method and each.template == template and (each.status or each.injected) != 0
                for each in self.log.records
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
        """Return the registered commands."""
        return self.world.commands.get(int(guild) if guild else None, [])

    async def requests(self, template: str | None = None) -> list[Json]:
        """Return the bot's requests: all, or those of one route."""
        return [each.as_json() for each in self.log.records if template in (None, each.template)]

    async def stats(self) -> Json:
        """Return counts of what the bot did."""
        statuses = [each.status for each in self.log.records]
        return {
            "identifies": len(self.gateway.identifies),
            "intents": [each["intents"] for each in self.gateway.identifies],
            "shards": [list(each["shard"]) for each in self.gateway.identifies],
            "resumes": self.gateway.resumes,
            "compressions": self.gateway.compressions,
            "command_puts": self.api.command_puts,
            "invalid_requests": sum(status in (401, 403, 429) for status in statuses),
            "rate_limited": sum(each.status == 429 and not each.injected for each in self.log.records),
        }

    async def secrets(self) -> list[str]:
        """Return every token that must not be in a log."""
        return [self.world.token, *self.world.by_token]

    async def report(self, expect: list[int] | None = None) -> Json:
        """Return what the bot did wrong so far; see `RequestLog.report`."""
        self.rest.validate_deferred()
        return self.log.report(frozenset(expect or ()))

    # What goes wrong.

    async def fault(self, **how: Any) -> None:
        """Lay a fault; see `Fault`."""
        self.faults.lay(Fault(**how))

    async def clear_faults(self) -> None:
        self.faults.clear()

    async def disturb(self, action: str, **how: Any) -> None:
        """Disturb the gateway; see `Gateway.disturb`."""
        await self.gateway.disturb(action, **how)

    async def advance(self, seconds: float) -> None:
        """Advance Discord's clock."""
        self.world.clock.advance(seconds)

    async def expire(self, interaction: str) -> None:
        """Let an interaction's token expire."""
        self.world.interactions[int(interaction)].created -= TOKEN_LIFE + 1

    async def revoke(self) -> None:
        """Make the bot's token invalid, so that every request gets a 401."""
        self.rest.revoked = True

    async def exhaust(self, method: str, template: str, seconds: float) -> None:
        """Leave one request in each used bucket of a route."""
        self.rest.rate_limits.exhaust(template, method, seconds)

    async def settings(
        self,
        rate_limits: bool | None = None,
        defer_schema: bool | None = None,
        check_responses: bool | None = None,
        shards: int | None = None,
        heartbeat_interval: float | None = None,
    ) -> None:
        """Change how the loopback Discord behaves. None leaves a setting as it is."""
        for where, name, value in (
            (self.rest.rate_limits, "enforced", rate_limits),
            (self.rest, "defer_schema", defer_schema),
            (self.rest, "check_responses", check_responses),
            (self.world, "shards", shards),
            (self.gateway, "heartbeat_interval", heartbeat_interval),
        ):
            if value is not None:
                setattr(where, name, value)
