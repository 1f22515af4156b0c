"""What users write and press, as far as Discord's own client lets them.

Each public coroutine method is an operation of the control channel.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.discord.loopback.rest import uploads
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DM,
    MODAL_SUBMIT,
    Channel,
    Interaction,
    Json,
    Message,
    Permission,
    Upload,
    User,
)

ATTACHMENT_LIMIT = 10 * 1024 * 1024
SUBCOMMAND, STRING, BOOLEAN, CHANNEL, ATTACHMENT = 1, 3, 5, 7, 11
BUTTON, SELECT, CHANNEL_SELECT = 2, 3, 8
MEMBER_CAN_GIVE_AN_APP = int(
    Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE | Permission.USE_EXTERNAL_EMOJIS
)
"""What an app that only a user has installed may do in a server, if that user may."""


def _names(component: Json) -> tuple[Any, ...]:
    """Return what a user may call a button or a select by."""
    return component["custom_id"], component.get("label"), (component.get("emoji") or {}).get("name")


class NotOfferedError(Exception):
    """Discord's client would not let a user do this."""


class Users:
    """The operations of those who use Discord."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.world = api.world

    # Messages.

    async def say(
        self,
        user: str,
        channel: str,
        content: str,
        *,
        reply_to: str | None = None,
        ping: bool = True,
        webhook: bool = False,
    ) -> Json:
        """Write a message. A reply notifies its author unless `ping` is off."""
        place = self.world.channels[int(channel)]
        said = Message(self.world.snowflake(), place.id, int(user), content)
        said.webhook_id = self.world.snowflake() if webhook else None
        said.mentions = self._mentioned(content, place)
        if reply_to is not None:
            said.type = 19
            said.reference = self.api.reference_to(int(reply_to))
            original = self.world.messages.get(int(reply_to))
            if original is not None and ping:
                said.mentions = sorted({*said.mentions, original.author_id})
        self.world.add_message(said)
        self.api.announce("MESSAGE_CREATE", said)
        return payloads.seen(self.world, said)

    async def forward(self, user: str, channel: str, message: str) -> Json:
        """Forward a message to a channel."""
        place = self.world.channels[int(channel)]
        said = Message(self.world.snowflake(), place.id, int(user), forwarded=self.world.messages[int(message)].content)
        said.reference = {**(self.api.reference_to(int(message)) or {}), "type": 1}
        self.world.add_message(said)
        self.api.announce("MESSAGE_CREATE", said)
        return payloads.seen(self.world, said)

    def _mentioned(self, content: str, place: Channel) -> list[int]:
        server = self.world.guilds.get(place.guild_id or 0)
        named = {int(each) for each in payloads.USER_MENTION.findall(content)}
        return sorted(named & (set(server.members) if server else {place.recipient_id or 0, self.world.bot.id}))

    async def edit(self, message: str, content: str) -> None:
        said = self.world.messages[int(message)]
        said.content, said.edited = content, True
        said.mentions = self._mentioned(content, self.world.channels[said.channel_id])
        self.api.announce("MESSAGE_UPDATE", said)

    async def delete(self, message: str) -> None:
        self.api.delete(self.world.messages[int(message)])

    # Commands.

    def _place(self, user: str, channel: str) -> tuple[User, Channel]:
        who, place = self.world.users[int(user)], self.world.channels[int(channel)]
        if place.guild_id is not None and who.id not in self.world.guilds[place.guild_id].members:
            raise NotOfferedError(f"{who.name} is not in that server")
        return who, place

    def _command(self, who: User, place: Channel, name: str, kind: int) -> tuple[Json, dict[str, str]]:
        """Return a command that the user sees there, and whose installations allow it."""
        bot_here = self.world.bot_in(place.guild_id) or place.type == DM
        context = 0 if place.guild_id is not None else 1
        for command in [*self.world.commands.get(place.guild_id, []), *self.world.commands[None]]:
            if command["name"] != name or command["type"] != kind:
                continue
            owners: dict[str, str] = {}
            if 0 in command["integration_types"] and bot_here:
                owners["0"] = str(place.guild_id or 0)
            if 1 in command["integration_types"] and who.installed:
                owners["1"] = str(who.id)
            excluded = command["contexts"] is not None and context not in command["contexts"]
            if not owners or excluded or (context == 1 and not command["dm_permission"]):
                continue
            needed = int(command["default_member_permissions"] or 0)
            if place.guild_id is not None:
                may = self.world.guild_permissions(self.world.guilds[place.guild_id], who.id)
                if may & needed != needed:
                    raise NotOfferedError(f"{who.name} lacks the permissions for {name!r}")
            return command, owners
        raise NotOfferedError(f"{who.name} sees no command {name!r} of type {kind} there")

    async def slash(
        self, user: str, channel: str, name: str, options: Json, *, age: float = 0.0, focused: str | None = None
    ) -> str:
        """Send a slash command, as if `age` seconds ago, or type into its option `focused`, for autocomplete.

        `name` has the command's name, and that of a sub-command if it has any.
        """
        who, place = self._place(user, channel)
        root, *nested = name.split()
        command, owners = self._command(who, place, root, 1)
        declared, path = command["options"], []
        for word in nested:
            options_named = [each for each in declared if each["name"] == word and each["type"] == SUBCOMMAND]
            if not options_named:
                raise NotOfferedError(f"/{name}: there is no sub-command {word!r}")
            path.append(options_named[0])
            declared = path[-1].get("options") or []
        if any(each["type"] == SUBCOMMAND for each in declared):
            raise NotOfferedError(f"/{name} wants a sub-command")
        resolved: Json = {}
        given = self._given(name, declared, options, resolved, focused)
        for option in reversed(path):
            given = [{"name": option["name"], "type": option["type"], "options": given}]
        data: Json = {"id": command["id"], "name": command["name"], "type": 1, "options": given}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if resolved:
            data["resolved"] = resolved
        return self._send(self._make(COMMAND if focused is None else AUTOCOMPLETE, who, place, data, owners, age=age))

    def _given(self, name: str, declared: list[Json], options: Json, resolved: Json, focused: str | None) -> list[Json]:
        """Return the options as an interaction has them, and fill in what they resolve to."""
        unknown = set(options) - {each["name"] for each in declared}
        if unknown:
            raise NotOfferedError(f"/{name} has no option {', '.join(sorted(unknown))}")
        given = []
        for option in declared:
            if option["name"] not in options:
                if option.get("required") and focused is None:
                    raise NotOfferedError(f"/{name}: {option['name']} is required")
                continue
            value = options[option["name"]]
            entry = {"name": option["name"], "type": option["type"], "value": value}
            if focused is None:
                self._check_value(name, option, value)
            elif option["name"] == focused:
                if not option.get("autocomplete"):
                    raise NotOfferedError(f"/{name}: {focused} has no autocomplete")
                entry["focused"] = True
            self._resolve(option["type"], value, resolved)
            given.append(entry)
        return given

    def _check_value(self, name: str, option: Json, value: Any) -> None:
        where, kind = f"/{name}: {option['name']}", option["type"]
        if type(value) is not (bool if kind == BOOLEAN else str):
            raise NotOfferedError(f"{where} is not of its type")
        if option.get("choices") and value not in [each["value"] for each in option["choices"]]:
            raise NotOfferedError(f"{where} is none of its choices")
        if kind == CHANNEL and option.get("channel_types"):
            found = self.world.channels[int(value)].type
            if found not in option["channel_types"]:
                raise NotOfferedError(f"{where} takes no channel of type {found}")
        if kind == STRING:
            least, most = option.get("min_length") or 0, option.get("max_length") or 6000
            if not least <= len(str(value)) <= most:
                raise NotOfferedError(f"{where} takes {least} to {most} characters")

    def _resolve(self, kind: int, value: Any, resolved: Json) -> None:
        if kind == CHANNEL:
            target = self.world.channels[int(value)]
            data = payloads.channel(self.world, target, for_user=self.world.bot.id)
            resolved.setdefault("channels", {})[value] = data
        elif kind == ATTACHMENT:
            file = self.world.uploads[int(value)]
            resolved.setdefault("attachments", {})[value] = uploads.attachment(self.world, file)

    async def upload(self, name: str, content: str, *, announced: int | None = None, times: int = 1) -> str:
        """Choose a file for a command's option: `content`, in base64, repeated; return its identifier.

        `announced` is the size in bytes that the bot hears, if not the true one.
        """
        data = base64.b64decode(content)
        size = len(data) * times if announced is None else announced
        file = Upload(self.world.snowflake(), name, data, size, times)
        self.world.uploads[file.id] = file
        return str(file.id)

    async def menu(self, user: str, message: str, name: str) -> str:
        """Choose a command of a message's context menu."""
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
        return self._send(self._make(COMMAND, who, place, data, owners))

    # Components.

    async def press(self, user: str, message: str, custom_id: str, *, values: list[str] | None = None) -> str:
        """Press a button, by its custom id, label or emoji, or choose `values` of a select."""
        said = self.world.messages.get(int(message))
        if said is None:
            raise NotOfferedError("that message is gone")
        who, place = self._place(user, str(said.channel_id))
        if said.visible_to not in (None, who.id):
            raise NotOfferedError(f"{who.name} can't see that message")
        found = [
            each
            for each in payloads.walk(said.components)
            if each["type"] in (BUTTON, SELECT, CHANNEL_SELECT) and custom_id in _names(each)
        ]
        if not found:
            raise NotOfferedError(f"nothing there is called {custom_id!r}")
        data: Json = {"custom_id": found[0]["custom_id"], "component_type": found[0]["type"], "id": found[0]["id"]}
        if values is not None:
            self._choose(found[0], place, data, values)
        origin = self.world.interactions.get(said.interaction_id or 0)
        owners = origin.owners if origin else {"0": str(place.guild_id or 0)}
        return self._send(self._make(COMPONENT, who, place, data, owners, message=said))

    def _choose(self, select: Json, place: Channel, data: Json, values: list[str]) -> None:
        """Add what a user chooses in a select to an interaction's data."""
        least, most = (1 if select.get(key) is None else select[key] for key in ("min_values", "max_values"))
        if select["type"] == CHANNEL_SELECT:
            kinds = select.get("channel_types")
            offered = {
                str(each.id)
                for each in self.world.channels.values()
                if each.guild_id == place.guild_id and (not kinds or each.type in kinds)
            }
            data["resolved"] = {}
            for value in set(values) & offered:
                self._resolve(CHANNEL, value, data["resolved"])
        else:
            offered = {each["value"] for each in select["options"]}
        if not set(values) <= offered or not least <= len(values) <= most:
            raise NotOfferedError(f"{select['custom_id']!r} doesn't offer {values}")
        data["values"] = values

    async def submit(self, user: str, interaction: str, values: Json) -> str:
        """Fill in and send the modal that an interaction has opened."""
        opened = self.world.interactions[int(interaction)]
        if opened.modal is None:
            raise NotOfferedError("that interaction has opened no modal")
        who, place = self._place(user, str(opened.channel_id))
        fields = [each["component"] for each in opened.modal["components"]]
        unknown = set(values) - {each["custom_id"] for each in fields}
        if unknown:
            raise NotOfferedError(f"the modal has no field {', '.join(sorted(unknown))}")
        for field in fields:
            value = self._filled(field, values).get("value")
            if value is None:
                self._check_chosen(field, self._filled(field, values)["values"])
                continue
            least, most = field.get("min_length") or 0, field.get("max_length") or 4000
            if field.get("required") is not False and not value:
                raise NotOfferedError(f"{field['custom_id']} is required")
            if value and not least <= len(value) <= most:
                raise NotOfferedError(f"{field['custom_id']} takes {least} to {most} characters")
        data: Json = {
            "custom_id": opened.modal["custom_id"],
            "components": [
                {"type": 18, "id": 2 * number, "component": self._filled(field, values) | {"id": 2 * number + 1}}
                for number, field in enumerate(fields, 1)
            ],
            "resolved": {},
        }
        shown_on = self.world.messages.get(opened.message_id or 0)
        return self._send(self._make(MODAL_SUBMIT, who, place, data, opened.owners, message=shown_on))

    @staticmethod
    def _check_chosen(field: Json, chosen: list[str]) -> None:
        name = field["custom_id"]
        least, most = (1 if field.get(key) is None else field[key] for key in ("min_values", "max_values"))
        if not set(chosen) <= {option["value"] for option in field["options"]}:
            raise NotOfferedError(f"{name} doesn't offer {chosen}")
        if not (least if chosen or field.get("required") is not False else 0) <= len(chosen) <= most:
            raise NotOfferedError(f"{name} takes {least} to {most} options")

    @staticmethod
    def _filled(field: Json, values: Json) -> Json:
        """Return a field as a user sends it: with their text or choices, or what was in it."""
        own = {"type": field["type"], "custom_id": field["custom_id"]}
        if field["type"] == SELECT:
            chosen = [option["value"] for option in field["options"] if option.get("default")]
            return own | {"values": values.get(field["custom_id"], chosen)}
        return own | {"value": values.get(field["custom_id"], field.get("value") or "")}

    # Interactions.

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
        interaction = Interaction(
            number, self.world.interaction_token(number), kind, who.id, place.id, place.guild_id,
            self.world.clock.now() - age, data, {}, owners, message.id if message else None,
        )  # fmt: skip
        in_server = place.guild_id is not None
        may = self.world.permissions(place, self.world.bot.id)
        payload: Json = {
            "id": str(number),
            "application_id": str(self.world.application_id),
            "type": kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": str(place.id),
            "channel": payloads.channel(self.world, place, for_user=who.id if in_server else None),
            "locale": who.locale,
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": 0 if in_server else 1,
            "attachment_size_limit": ATTACHMENT_LIMIT,
            "app_permissions": str(may),
        }
        if place.guild_id is not None:
            server = self.world.guilds[place.guild_id]
            own = self.world.permissions(place, who.id)
            payload |= {
                "guild_id": str(server.id),
                "guild": {"id": str(server.id), "locale": server.locale, "features": []},
                "guild_locale": server.locale,
                "member": payloads.member(server, who) | {"permissions": str(own), "user": payloads.user(who)},
                "app_permissions": str(may if self.world.bot_in(server.id) else own & MEMBER_CAN_GIVE_AN_APP),
            }
        else:
            payload["user"] = payloads.user(who)
        if message is not None:
            payload["message"] = payloads.message(self.world, message, whole=True)
        interaction.payload = payload
        self.world.interactions[number] = interaction
        self.world.by_token[interaction.token] = interaction
        return interaction

    def _send(self, interaction: Interaction) -> str:
        payload, server = interaction.payload, interaction.guild_id
        self.api.gateway.dispatch("INTERACTION_CREATE", payload, guild_id=server, interaction=interaction)
        return str(interaction.id)

    async def again(self, interaction: str) -> None:
        """Dispatch an interaction a second time."""
        self._send(self.world.interactions[int(interaction)])

    async def burst(self, asks: list[Json]) -> list[str]:
        """Send many slash commands at once, each `{user, channel, name, options}`; return their interactions."""
        return [await self.slash(**each) for each in asks]
