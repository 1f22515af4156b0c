"""What the bot may do where, and messages and interactions however they come."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from tests.discord.loopback.gateway import Gateway
from tests.discord.loopback.rest.router import Call, refuse_if_wrong
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.world import (
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    LOADING,
    TOKEN_LIFE,
    ApiError,
    Channel,
    Intents,
    Interaction,
    Json,
    Message,
    Permission,
    World,
)
from tests.discord.loopback.validation import limits


class Api:
    """What the routes have in common."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway
        self.command_puts = 0

    # What the bot may do, and where.

    def open_channel(self, channel_id: int) -> Channel:
        """A channel that the bot can see."""
        place = self.world.channel(channel_id)
        if place.guild_id is not None and not (
            self.world.permissions(place, self.world.bot.id) & Permission.VIEW_CHANNEL
        ):
            raise ApiError(403, 50001, "Missing Access")
        return place

    def check_sending(self, place: Channel, body: Json, files: dict[int, int]) -> None:
        """Whether the bot may say that there.

        Raises:
            ApiError: 50007, 50013, 50083, 160002 or 160005, by what stands in the way.
        """
        if place.guild_id is None:
            person = self.world.users[place.recipient_id or 0]
            if not person.accepts_dms:
                raise ApiError(403, 50007, "Cannot send messages to this user")
            return
        may = self.world.permissions(place, self.world.bot.id)
        needed = Permission.SEND_MESSAGES_IN_THREADS if place.is_thread else Permission.SEND_MESSAGES
        if not may & needed:
            raise ApiError(403, 50013, "Missing Permissions")
        if body.get("embeds") and not may & Permission.EMBED_LINKS:
            raise ApiError(403, 50013, "Missing Permissions")
        if files and not may & Permission.ATTACH_FILES:
            raise ApiError(403, 50013, "Missing Permissions")
        if body.get("message_reference") and not may & Permission.READ_MESSAGE_HISTORY:
            raise ApiError(403, 160002, "Cannot reply without permission to read message history")
        if place.is_thread and place.locked and not may & Permission.MANAGE_THREADS:
            if place.archived:
                raise ApiError(400, 50083, "Thread is archived")
            raise ApiError(403, 160005, "Thread is locked")
        # A message wakes an archived thread that isn't locked.
        place.archived = False

    # Messages, however they come.

    def attachments(self, call: Call, body: Json, kept: list[Json]) -> list[Json]:
        """The attachments of a message after this request."""
        listed = body.get("attachments")
        named = {str(each.get("id")): each for each in listed or [] if isinstance(each, dict)}
        stay = kept if listed is None else [each for each in kept if each["id"] in named]
        fresh = []
        for index, size in call.files.items():
            number = str(self.world.snowflake())
            name = str(named.get(str(index), {}).get("filename") or call.names[index])
            url = f"https://cdn.discordapp.com/attachments/{number}/{name}"
            fresh.append({"id": number, "filename": name, "size": size, "url": url, "proxy_url": url})
        return stay + fresh

    def apply(self, said: Message, call: Call, body: Json) -> None:
        """Write a body's parts into a message, and find out whom it notifies."""
        if "content" in body:
            said.content = str(body["content"] or "")
        if "embeds" in body:
            said.embeds = payloads.returned_embeds(body["embeds"] or [])
        if "components" in body:
            said.components = payloads.returned_components(body["components"] or [])
        said.attachments = self.attachments(call, body, said.attachments)
        if isinstance(body.get("flags"), int):
            said.flags |= body["flags"]
        self._notify(said, body.get("allowed_mentions"), first=not said.edited)

    def _notify(self, said: Message, allowed: Json | None, *, first: bool) -> None:
        text = "\n".join(chain([said.content], payloads.texts(said.components)))
        users = [int(each) for each in payloads.USER_MENTION.findall(text)]
        roles = [int(each) for each in payloads.ROLE_MENTION.findall(text)]
        everyone = bool(re.search(r"@(everyone|here)\b", text))
        if allowed is None:
            heard_users, heard_roles, replied = users, roles, True
        else:
            parse = allowed.get("parse") or []
            named = {int(each) for each in allowed.get("users") or []}
            named_roles = {int(each) for each in allowed.get("roles") or []}
            heard_users = users if "users" in parse else [each for each in users if each in named]
            heard_roles = roles if "roles" in parse else [each for each in roles if each in named_roles]
            everyone = everyone and "everyone" in parse
            replied = bool(allowed.get("replied_user"))
        place = self.world.channels[said.channel_id]
        if place.guild_id in self.world.guilds:
            may = self.world.permissions(place, said.author_id)
            everyone = everyone and bool(may & Permission.MENTION_EVERYONE)
        said.mentions = sorted(set(heard_users))
        said.mention_everyone = everyone
        if first:
            # Only a message's first version notifies; an ephemeral one notifies nobody.
            quiet = said.visible_to is not None
            said.pings = [] if quiet else [*said.mentions, *heard_roles, *([0] if everyone else [])]
        if said.reference is not None and replied:
            original = self.world.messages.get(int(said.reference["message_id"]))
            if original is not None:
                said.mentions = sorted({*said.mentions, original.author_id})

    def new_message(self, call: Call, body: Json, place: Channel, **more: Any) -> Message:
        """A message of the bot's, announced to it as to everybody."""
        said = Message(self.world.snowflake(), place.id, self.world.bot.id, **more)
        self.apply(said, call, body)
        self.world.add_message(said)
        self.announce("MESSAGE_CREATE", said)
        return said

    def announce(self, event: str, said: Message) -> None:
        """Tell the bot of a message, unless it is one that only one person sees."""
        if said.visible_to is not None:
            return
        place = self.world.channels[said.channel_id]
        if place.guild_id is not None:
            may = self.world.permissions(place, self.world.bot.id)
            if not may & Permission.VIEW_CHANNEL:
                return
        intent = Intents.DIRECT_MESSAGES if place.guild_id is None else Intents.GUILD_MESSAGES
        if event == "MESSAGE_DELETE":
            data: Json = {"id": str(said.id), "channel_id": str(place.id)}
            if place.guild_id is not None:
                data["guild_id"] = str(place.guild_id)
        else:
            data = payloads.message_event(self.world, said)
        self.gateway.dispatch(event, data, guild_id=place.guild_id, intent=int(intent))

    def edit(self, said: Message, call: Call, *, ephemeral_allowed: bool) -> Message:
        """Edit a message of the bot's."""
        body = call.body if isinstance(call.body, dict) else {}
        before = {
            "content": said.content,
            "embeds": said.embeds,
            "components": said.components,
            "attachments": said.attachments,
            "flags": said.flags,
        }
        wrong = limits.message(body, files=call.files, edited=before, ephemeral_allowed=ephemeral_allowed)
        refuse_if_wrong(call.record, list(wrong))
        if said.flags & LOADING:
            # What "is thinking" becomes is the first version that people see.
            said.flags &= ~LOADING
            self.apply(said, call, body)
            self.world.signals.notify(("channel", said.channel_id))
        else:
            said.edited = True
            said.edits += 1
            self.apply(said, call, body)
        self.world.signals.notify(("message", said.id))
        self.announce("MESSAGE_UPDATE", said)
        return said

    def forget(self, said: Message) -> None:
        """Delete a message."""
        self.world.remove_message(said)
        self.announce("MESSAGE_DELETE", said)

    # Interactions.

    def asked(self, call: Call) -> Interaction:
        """The interaction whose token a webhook's path holds.

        Raises:
            ApiError: 10015 for no such token or one whose interaction is not acknowledged, 50027 for one
                that has expired.
        """
        asked = self.world.by_token.get(call.params["webhook_token"])
        if asked is None or call.params["webhook_id"] != str(self.world.application_id):
            raise ApiError(404, 10015, "Unknown Webhook")
        call.record.interaction_id = asked.id
        if call.arrived - asked.created > TOKEN_LIFE:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if asked.acknowledged is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        return asked

    def message_of(self, asked: Interaction, call: Call) -> Message:
        """The response or a follow-up that a webhook's path names."""
        named = call.params.get("message_id")
        number = asked.response_id if named is None else int(named) if named.isdigit() else None
        own = {asked.response_id, *asked.follow_ups, asked.message_id}
        if number is None or number not in own or number not in self.world.messages:
            raise ApiError(404, 10008, "Unknown Message")
        return self.world.messages[number]

    def done(self, asked: Interaction) -> None:
        """Note that the person sees an answer."""
        if asked.response_done is None:
            asked.response_done = self.world.clock.now()
        self.world.signals.notify(("interaction", asked.id))

    def respond(self, asked: Interaction, call: Call, body: Json, *, loading: bool) -> Message:
        """Send a message through an interaction's token."""
        place = self.world.channels[asked.channel_id]
        flags = int(body.get("flags") or 0)
        if asked.user_install_alone and place.guild_id is not None:
            server = self.world.guilds[place.guild_id]
            if not self.world.guild_permissions(server, asked.user_id) & Permission.USE_EXTERNAL_APPS:
                flags |= EPHEMERAL
        kind = {COMMAND: 20 if asked.data.get("type") == 1 else 23, COMPONENT: 19}.get(asked.type, 0)
        return self.new_message(
            call,
            body if not loading else {},
            place,
            flags=flags | (LOADING if loading else 0),
            type=kind,
            interaction_id=asked.id,
            webhook_id=self.world.application_id,
            visible_to=asked.user_id if flags & EPHEMERAL else None,
            reference=self.reference_to(asked.message_id) if asked.type == COMPONENT else None,
        )

    def reference_to(self, message_id: int | None) -> Json | None:
        said = self.world.messages.get(message_id or 0)
        if said is None:
            return None
        place = self.world.channels[said.channel_id]
        data: Json = {"type": 0, "message_id": str(said.id), "channel_id": str(place.id)}
        if place.guild_id is not None:
            data["guild_id"] = str(place.guild_id)
        return data
