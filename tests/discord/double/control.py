"""What people and the world do: the operations behind the control channel.

Each operation takes and returns JSON, so that actors in another process can use it. An operation that
Discord's own client would not let a person do raises `CantBeDoneError`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from tests.discord.double import payloads
from tests.discord.double.faults import Fault, Faults
from tests.discord.double.gateway import Gateway
from tests.discord.double.rest import Rest, stored_command
from tests.discord.double.state import (
    AUTOCOMPLETE,
    BOT,
    COMMAND,
    COMPONENT,
    DM,
    EVERYONE,
    LOADING,
    MODAL_SUBMIT,
    PUBLIC_THREAD,
    Channel,
    Guild,
    Intents,
    Interaction,
    Json,
    Message,
    Permission,
    Role,
    User,
    World,
)
from tests.discord.double.verdict import Ledger

ATTACHMENT_LIMIT = 10 * 1024 * 1024
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
MEMBER_CAN_GIVE_AN_APP = int(
    Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE | Permission.USE_EXTERNAL_EMOJIS
)
"""What an app that only a person has installed may do in a server, where that person may."""


class CantBeDoneError(Exception):
    """Discord's client would not let a person do this."""


class Control:
    """The operations; each public coroutine method is one, by its name."""

    def __init__(self, world: World, gateway: Gateway, rest: Rest, faults: Faults, ledger: Ledger) -> None:
        self.world = world
        self.gateway = gateway
        self.rest = rest
        self.faults = faults
        self.ledger = ledger

    def operation(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """The operation of that name.

        Raises:
            KeyError: there is none.
        """
        if name.startswith("_") or name == "operation" or not hasattr(self, name):
            raise KeyError(name)
        found: Callable[..., Coroutine[Any, Any, Any]] = getattr(self, name)
        return found

    # The world.

    async def about(self) -> Json:
        """Who the bot is, and its token."""
        return {
            "token": self.world.token,
            "application_id": str(self.world.application_id),
            "gateway": self.gateway.url,
            "schema": self.rest.schema is not None,
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

    async def thread(self, channel: str, name: str, *, owner: str, type: int = PUBLIC_THREAD) -> str:  # noqa: A002
        """Start a thread in a channel."""
        parent = self.world.channels[int(channel)]
        place = Channel(self.world.snowflake(), type, name, parent.guild_id, parent.id, int(owner))
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

    # What people say.

    async def say(
        self,
        user: str,
        channel: str,
        content: str,
        *,
        reply_to: str | None = None,
        ping: bool = True,
        webhook: bool = False,
        system: bool = False,
    ) -> Json:
        """Somebody writes a message; a reply notifies its author unless `ping` is off."""
        place = self.world.channels[int(channel)]
        author = int(user)
        said = Message(
            self.world.snowflake(), place.id, author, self.world.clock.now(), content,
            webhook_id=self.world.snowflake() if webhook else None, type=7 if system else 0,
        )  # fmt: skip
        said.mentions = self._mentioned(content, place)
        if reply_to is not None:
            said.type = 19
            said.reference = self.rest._reference_to(int(reply_to))
            original = self.world.messages.get(int(reply_to))
            if original is not None and ping:
                said.mentions = sorted({*said.mentions, original.author_id})
        self.world.add_message(said)
        self.rest.announce("MESSAGE_CREATE", said)
        return self._message(said)

    def _mentioned(self, content: str, place: Channel) -> list[int]:
        server = self.world.guilds.get(place.guild_id or 0)
        named = {int(each) for each in payloads.USER_MENTION.findall(content)}
        there = set(server.members) if server else {place.recipient_id, self.world.bot.id}
        return sorted(named & {each for each in there if each is not None})

    async def edit(self, message: str, content: str) -> None:
        """Somebody edits a message of theirs."""
        said = self.world.messages[int(message)]
        said.content, said.edited = content, True
        said.mentions = self._mentioned(content, self.world.channels[said.channel_id])
        self.rest.announce("MESSAGE_UPDATE", said)

    async def delete(self, message: str) -> None:
        """Somebody deletes a message."""
        self.rest.forget(self.world.messages[int(message)])

    # What people press.

    def _place(self, user: str, channel: str) -> tuple[User, Channel]:
        who, place = self.world.users[int(user)], self.world.channels[int(channel)]
        if place.guild_id is not None and who.id not in self.world.guilds[place.guild_id].members:
            raise CantBeDoneError(f"{who.name} is not in that server")
        return who, place

    def _command(self, who: User, place: Channel, name: str, kind: int) -> tuple[Json, dict[str, str]]:
        bot_here = self.world.bot_in(place.guild_id) or place.type == DM
        candidates = [*self.world.commands.get(place.guild_id, []), *self.world.commands[None]]
        for command in candidates:
            if command["name"] != name or command["type"] != kind:
                continue
            owners: dict[str, str] = {}
            if 0 in command["integration_types"] and bot_here:
                owners["0"] = str(place.guild_id or 0)
            if 1 in command["integration_types"] and who.installed:
                owners["1"] = str(who.id)
            context = 0 if place.guild_id is not None else 1
            contexts = command["contexts"]
            if not owners or (contexts is not None and context not in contexts):
                continue
            if context == 1 and not command["dm_permission"]:
                continue
            self._check_default_permission(who, place, command)
            return command, owners
        raise CantBeDoneError(f"{who.name} sees no command {name!r} of type {kind} there")

    def _check_default_permission(self, who: User, place: Channel, command: Json) -> None:
        needed = command["default_member_permissions"]
        if needed is None or place.guild_id is None:
            return
        may = self.world.guild_permissions(self.world.guilds[place.guild_id], who.id)
        if may & int(needed) != int(needed):
            raise CantBeDoneError(f"{who.name} lacks the permissions for {command['name']!r}")

    async def slash(
        self, user: str, channel: str, name: str, options: Json, *, age: float = 0.0, focused: str | None = None
    ) -> str:
        """Somebody sends a slash command, or types into its option `focused`.

        `name` may hold the names of a group and a sub-command. `age` is how long ago it was pressed.
        """
        who, place = self._place(user, channel)
        words = name.split()
        command, owners = self._command(who, place, words[0], 1)
        declared, nested = command["options"], words[1:]
        for word in nested:
            found = [each for each in declared if each["name"] == word and each["type"] in (SUBCOMMAND, GROUP)]
            if not found:
                raise CantBeDoneError(f"/{name}: there is no sub-command {word!r}")
            declared = found[0].get("options") or []
        if any(each["type"] in (SUBCOMMAND, GROUP) for each in declared):
            raise CantBeDoneError(f"/{name} wants a sub-command")
        resolved: Json = {}
        given = self._given(name, declared, options, place, resolved, focused)
        kinds = [command["options"]]
        for word in nested:
            kinds.append(next(each for each in kinds[-1] if each["name"] == word).get("options") or [])
        for depth in range(len(nested) - 1, -1, -1):
            option = next(each for each in kinds[depth] if each["name"] == nested[depth])
            given = [{"name": nested[depth], "type": option["type"], "options": given}]
        data: Json = {"id": command["id"], "name": command["name"], "type": 1, "options": given}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if resolved:
            data["resolved"] = resolved
        asked = self._make(COMMAND if focused is None else AUTOCOMPLETE, who, place, data, owners, age=age)
        if focused is not None:
            asked.answerable_type = next(each["type"] for each in declared if each["name"] == focused)
        return self._send(asked)

    def _given(
        self, name: str, declared: list[Json], options: Json, place: Channel, resolved: Json, focused: str | None
    ) -> list[Json]:
        unknown = set(options) - {each["name"] for each in declared}
        if unknown:
            raise CantBeDoneError(f"/{name} has no option {', '.join(sorted(unknown))}")
        given = []
        for option in declared:
            if option["name"] not in options:
                if option.get("required") and focused is None:
                    raise CantBeDoneError(f"/{name}: {option['name']} is required")
                continue
            value = options[option["name"]]
            if focused is None:
                self._check_value(name, option, value)
            elif option["name"] == focused and not option.get("autocomplete"):
                raise CantBeDoneError(f"/{name}: {focused} has no autocomplete")
            self._resolve(option["type"], value, place, resolved)
            entry = {"name": option["name"], "type": option["type"], "value": value}
            if option["name"] == focused:
                entry["focused"] = True
            given.append(entry)
        return given

    @staticmethod
    def _check_value(name: str, option: Json, value: Any) -> None:
        where = f"/{name}: {option['name']}"
        kinds: dict[int, tuple[type, ...]] = {INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
        if not isinstance(value, kinds.get(option["type"], (str,))):
            raise CantBeDoneError(f"{where} is not of its type")
        if option.get("choices") and value not in [each["value"] for each in option["choices"]]:
            raise CantBeDoneError(f"{where} is none of its choices")
        if option["type"] == STRING:
            least, most = option.get("min_length") or 0, option.get("max_length") or 6000
            if not least <= len(str(value)) <= most:
                raise CantBeDoneError(f"{where} takes {least} to {most} characters")
        elif option["type"] in (INTEGER, NUMBER):
            least, most = option.get("min_value"), option.get("max_value")
            if (least is not None and value < least) or (most is not None and value > most):
                raise CantBeDoneError(f"{where} is out of its range")

    def _resolve(self, kind: int, value: Any, place: Channel, resolved: Json) -> None:
        server = self.world.guilds.get(place.guild_id or 0)
        if kind == USER:
            who = self.world.users[int(value)]
            resolved.setdefault("users", {})[value] = payloads.user(who)
            if server is not None:
                resolved.setdefault("members", {})[value] = self._member(server, who, place)
        elif kind == CHANNEL:
            target = self.world.channels[int(value)]
            resolved.setdefault("channels", {})[value] = payloads.channel(
                self.world, target, for_user=self.world.bot.id
            )

    async def menu(self, user: str, message: str, name: str, *, age: float = 0.0) -> str:
        """Somebody chooses a command of a message's context menu."""
        said = self.world.messages[int(message)]
        who, place = self._place(user, str(said.channel_id))
        command, owners = self._command(who, place, name, 3)
        data: Json = {
            "id": command["id"],
            "name": name,
            "type": 3,
            "target_id": message,
            "resolved": {"messages": {message: payloads.message(self.world, said, whole=True)}},
        }
        return self._send(self._make(COMMAND, who, place, data, owners, age=age))

    async def press(
        self, user: str, message: str, custom_id: str, *, values: list[str] | None = None, age: float = 0.0
    ) -> str:
        """Somebody clicks a button, by its custom id or its label, or chooses `values` of a select."""
        said = self.world.messages.get(int(message))
        if said is None:
            raise CantBeDoneError("that message is gone")
        who, place = self._place(user, str(said.channel_id))
        if said.visible_to not in (None, who.id):
            raise CantBeDoneError(f"{who.name} can't see that message")
        found = [
            each
            for each in payloads.walk(said.components)
            if each["type"] in (2, 3, 5, 6, 7, 8)
            and custom_id in (each.get("custom_id"), each.get("label"))
            and each.get("custom_id")
        ]
        if not found:
            raise CantBeDoneError(f"nothing there is called {custom_id!r}")
        if found[0].get("disabled"):
            raise CantBeDoneError(f"{custom_id!r} is disabled")
        data: Json = {"custom_id": found[0]["custom_id"], "component_type": found[0]["type"], "id": found[0]["id"]}
        if values is not None:
            offered = {each["value"] for each in found[0].get("options") or []}
            if found[0]["type"] == 3 and not set(values) <= offered:
                raise CantBeDoneError(f"{custom_id!r} doesn't offer {values}")
            data["values"] = values
        origin = self.world.interactions.get(said.interaction_id or 0)
        owners = origin.owners if origin else {"0": str(place.guild_id or 0)}
        return self._send(self._make(COMPONENT, who, place, data, owners, message=said, age=age))

    async def submit(self, user: str, interaction: str, values: Json, *, age: float = 0.0) -> str:
        """Somebody fills in and sends the modal that an interaction has opened."""
        opened = self.world.interactions[int(interaction)]
        if opened.modal is None:
            raise CantBeDoneError("that interaction has opened no modal")
        who, place = self._place(user, str(opened.channel_id))
        fields = [each for each in payloads.walk(opened.modal["components"]) if each.get("custom_id")]
        unknown = set(values) - {each["custom_id"] for each in fields}
        if unknown:
            raise CantBeDoneError(f"the modal has no field {', '.join(sorted(unknown))}")
        for field in fields:
            value = values.get(field["custom_id"], field.get("value") or "")
            least, most = field.get("min_length") or 0, field.get("max_length") or 4000
            if field.get("required") is not False and not value:
                raise CantBeDoneError(f"{field['custom_id']} is required")
            if value and not least <= len(value) <= most:
                raise CantBeDoneError(f"{field['custom_id']} takes {least} to {most} characters")
        data: Json = {
            "custom_id": opened.modal["custom_id"],
            "components": [self._filled(each, values, n) for n, each in enumerate(opened.modal["components"], 1)],
            "resolved": {},
        }
        shown_on = self.world.messages.get(opened.message_id or 0)
        return self._send(self._make(MODAL_SUBMIT, who, place, data, opened.owners, message=shown_on, age=age))

    def _filled(self, component: Json, values: Json, number: int) -> Json:
        data: Json = {"type": component["type"], "id": component.get("id") or number}
        if "custom_id" in component:
            value = values.get(component["custom_id"], component.get("value") or "")
            data |= {"custom_id": component["custom_id"], "value": value}
        if isinstance(component.get("component"), dict):
            data["component"] = self._filled(component["component"], values, number + 100)
        if "components" in component:
            data["components"] = [self._filled(each, values, number + 100) for each in component["components"]]
        return data

    # Interactions.

    def _member(self, server: Guild, who: User, place: Channel) -> Json:
        return payloads.member(server, who) | {
            "permissions": str(self.world.permissions(place, who.id)),
        }

    def _make(
        self,
        kind: int,
        who: User,
        place: Channel,
        data: Json,
        owners: dict[str, str],
        *,
        message: Message | None = None,
        age: float = 0.0,
    ) -> Interaction:
        number = self.world.snowflake(age=age)
        asked = Interaction(
            number, self.world.interaction_token(number), kind, who.id, place.id, place.guild_id,
            self.world.clock.now() - age, data, {}, owners, message.id if message else None,
        )  # fmt: skip
        payload: Json = {
            "id": str(number),
            "application_id": str(self.world.application_id),
            "type": kind,
            "token": asked.token,
            "version": 1,
            "data": data,
            "channel_id": str(place.id),
            "channel": payloads.channel(self.world, place, for_user=who.id if place.guild_id else None),
            "locale": who.locale,
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": 0 if place.guild_id is not None else 1,
            "attachment_size_limit": ATTACHMENT_LIMIT,
        }
        if place.guild_id is not None:
            server = self.world.guilds[place.guild_id]
            may = self.world.permissions(place, self.world.bot.id)
            if not self.world.bot_in(server.id):
                may = self.world.permissions(place, who.id) & MEMBER_CAN_GIVE_AN_APP
            payload |= {
                "guild_id": str(server.id),
                "guild": {"id": str(server.id), "locale": server.locale, "features": []},
                "guild_locale": server.locale,
                "member": self._member(server, who, place) | {"user": payloads.user(who)},
                "app_permissions": str(may),
            }
        else:
            may = self.world.permissions(place, self.world.bot.id)
            payload |= {"user": payloads.user(who), "app_permissions": str(may)}
        if message is not None:
            payload["message"] = payloads.message(self.world, message, whole=True)
        asked.payload = payload
        self.world.interactions[number] = asked
        self.world.by_token[asked.token] = asked
        return asked

    def _send(self, asked: Interaction) -> str:
        self.gateway.dispatch("INTERACTION_CREATE", asked.payload, guild_id=asked.guild_id, interaction=asked)
        return str(asked.id)

    async def again(self, interaction: str) -> None:
        """Dispatch an interaction a second time."""
        self._send(self.world.interactions[int(interaction)])

    async def burst(self, asks: list[Json]) -> list[str]:
        """Many slash commands in one go: each `{user, channel, name, options}`."""
        return [await self.slash(**each) for each in asks]

    # What one can see.

    def _interaction(self, asked: Interaction) -> Json:
        response = self.world.messages.get(asked.response_id or 0)
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
            "response": self._message(response) if response else None,
            "follow_ups": [
                self._message(self.world.messages[each]) for each in asked.follow_ups if each in self.world.messages
            ],
        }

    def _message(self, said: Message) -> Json:
        data = payloads.message(self.world, said, whole=True)
        return data | {
            "visible_to": str(said.visible_to) if said.visible_to else None,
            "pings": said.pings,
            "edits": said.edits,
            "loading": bool(said.flags & LOADING),
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
        return [self._message(each) for each in self.world.channels[int(channel)].messages.values()]

    async def message(self, message: str) -> Json | None:
        """A message as it stands, or nothing where it is gone."""
        said = self.world.messages.get(int(message))
        return None if said is None else self._message(said)

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
        return self._message(found()[0]) if found() else None

    async def wait_ready(self, shards: int, timeout: float, identifies: int = 0) -> bool:
        """Sleep until that many shards are connected, and that many IDENTIFYs were seen at least."""

        def ready() -> bool:
            return self.gateway.ready_shards >= shards and len(self.gateway.identifies) >= identifies

        await self._until(ready, "gateway", timeout)
        return ready()

    async def wait_commands(self, timeout: float) -> bool:
        """Sleep until there are commands."""
        await self._until(lambda: any(self.world.commands.values()), "commands", timeout)
        return any(self.world.commands.values())

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
        self.world.commands[scope] = [stored_command(self.rest, each, scope, None) for each in commands]

    async def requests(self, template: str | None = None) -> list[Json]:
        """The ledger, or one route's part of it."""
        return [each.as_json() for each in self.ledger.records if template in (None, each.template)]

    async def stats(self) -> Json:
        """Counts."""
        statuses = [each.status for each in self.ledger.records]
        return {
            "identifies": len(self.gateway.identifies),
            "intents": self.gateway.identifies[-1]["intents"] if self.gateway.identifies else None,
            "resumes": self.gateway.resumes,
            "heartbeats": self.gateway.heartbeats,
            "connections": len(self.gateway.connections),
            "closed_with": self.gateway.closed_with,
            "compressions": self.gateway.compressions,
            "command_puts": self.rest.command_puts,
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
        """How this double behaves."""
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

    async def dump(self) -> str:
        """The ledger as text, for reading by eye."""
        return "\n".join(
            f"{each.method} {each.path} {each.status} {json.dumps(each.body)}" for each in self.ledger.records
        )
