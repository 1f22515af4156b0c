"""What the routes share: the bot's permissions, and messages and interactions however they come."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from tests.discord.loopback.gateway import Gateway
from tests.discord.loopback.rest.router import Call, refuse_if_wrong
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import (
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
)
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation import limits


class Api:
    """The operations behind the routes."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway
        self.command_puts = 0

    def bot_may(self, place: Channel, permission: Permission) -> bool:
        """Return True if the bot has a permission in a channel."""
        return bool(self.world.permissions(place, self.world.bot.id) & permission)

    def open_channel(self, channel_id: int) -> Channel:
        """Return a channel that the bot can see."""
        place = self.world.channel(channel_id)
        if place.guild_id is not None and not self.bot_may(place, Permission.VIEW_CHANNEL):
            raise ApiError(403, 50001, "Missing Access")
        return place

    def check_sending(self, place: Channel, body: Json, files: dict[int, int]) -> None:
        """Refuse a message that the bot may not send in that channel.

        Raises:
            ApiError: 50007, 50013, 50083, 160002 or 160005.
        """
        if place.guild_id is None:
            if not self.world.users[place.recipient_id or 0].accepts_dms:
                raise ApiError(403, 50007, "Cannot send messages to this user")
            return
        needed = [Permission.SEND_MESSAGES_IN_THREADS if place.is_thread else Permission.SEND_MESSAGES]
        needed += [Permission.EMBED_LINKS] if body.get("embeds") else []
        needed += [Permission.ATTACH_FILES] if files else []
        if not all(self.bot_may(place, each) for each in needed):
            raise ApiError(403, 50013, "Missing Permissions")
        if body.get("message_reference") and not self.bot_may(place, Permission.READ_MESSAGE_HISTORY):
            raise ApiError(403, 160002, "Cannot reply without permission to read message history")
        if place.is_thread and place.locked and not self.bot_may(place, Permission.MANAGE_THREADS):
            if place.archived:
                raise ApiError(400, 50083, "Thread is archived")
            raise ApiError(403, 160005, "Thread is locked")
        # A message wakes an archived thread that isn't locked.
        place.archived = False

    # Messages.

    def _attachments(self, call: Call, body: Json, before: list[Json]) -> list[Json]:
        """Return a message's attachments after this request."""
        listed = body.get("attachments")
        named = {str(each.get("id")): each for each in listed or [] if isinstance(each, dict)}
        attachments = before if listed is None else [each for each in before if each["id"] in named]
        for index, size in call.files.items():
            number = str(self.world.snowflake())
            name = str(named.get(str(index), {}).get("filename") or call.names[index])
            url = f"https://cdn.discordapp.com/attachments/{number}/{name}"
            new = {"id": number, "filename": name, "size": size, "url": url, "proxy_url": url}
            attachments = [*attachments, new]
        return attachments

    def _apply(self, said: Message, call: Call, body: Json) -> None:
        """Write a body's parts into a message, and find out whom it notifies."""
        if "content" in body:
            said.content = str(body["content"] or "")
        if "embeds" in body:
            said.embeds = payloads.returned_embeds(body["embeds"] or [])
        if "components" in body:
            said.components = payloads.returned_components(body["components"] or [])
        said.attachments = self._attachments(call, body, said.attachments)
        if isinstance(body.get("flags"), int):
            said.flags |= body["flags"]
        self._notify(said, body.get("allowed_mentions"))

    def _notify(self, said: Message, allowed: Json | None) -> None:
        text = "\n".join(chain([said.content], payloads.texts(said.components)))
        users = [int(each) for each in payloads.USER_MENTION.findall(text)]
        roles = [int(each) for each in payloads.ROLE_MENTION.findall(text)]
        everyone = bool(re.search(r"@(everyone|here)\b", text))
        replied = True
        if allowed is not None:
            parse = allowed.get("parse") or []
            named = {int(each) for key in ("users", "roles") for each in allowed.get(key) or []}
            users = users if "users" in parse else [each for each in users if each in named]
            roles = roles if "roles" in parse else [each for each in roles if each in named]
            everyone = everyone and "everyone" in parse
            replied = bool(allowed.get("replied_user"))
        place = self.world.channels[said.channel_id]
        if place.guild_id in self.world.guilds:
            may = self.world.permissions(place, said.author_id)
            everyone = everyone and bool(may & Permission.MENTION_EVERYONE)
        said.mentions = sorted(set(users))
        said.mention_everyone = everyone
        if not said.edited:
            # Only a message's first version notifies, and an ephemeral one never does.
            quiet = said.visible_to is not None
            said.pings = [] if quiet else [*said.mentions, *roles, *([0] if everyone else [])]
        if said.reference is not None and replied:
            original = self.world.messages.get(int(said.reference["message_id"]))
            if original is not None:
                said.mentions = sorted({*said.mentions, original.author_id})

    def new_message(self, call: Call, body: Json, place: Channel, **more: Any) -> Message:
        """Create a message of the bot's, and announce it."""
        said = Message(self.world.snowflake(), place.id, self.world.bot.id, **more)
        self._apply(said, call, body)
        self.world.add_message(said)
        self.announce("MESSAGE_CREATE", said)
        return said

    def announce(self, event: str, said: Message) -> None:
        """Dispatch an event of a message to the bot, unless the bot can't see it."""
        place = self.world.channels[said.channel_id]
        hidden = place.guild_id is not None and not self.bot_may(place, Permission.VIEW_CHANNEL)
        if hidden or said.visible_to is not None:
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
        before = {key: getattr(said, key) for key in ("content", "embeds", "components", "attachments", "flags")}
        wrong = limits.message(call.json, files=call.files, edited=before, ephemeral_allowed=ephemeral_allowed)
        refuse_if_wrong(call.record, list(wrong))
        if said.flags & LOADING:
            # What replaces "is thinking" is the first version that people see.
            said.flags &= ~LOADING
            self.world.signals.notify(("channel", said.channel_id))
        else:
            said.edited = True
            said.edits += 1
        self._apply(said, call, call.json)
        self.world.signals.notify(("message", said.id))
        self.announce("MESSAGE_UPDATE", said)
        return said

    def delete(self, said: Message) -> None:
        self.world.remove_message(said)
        self.announce("MESSAGE_DELETE", said)

    # Interactions.

    def interaction_of(self, call: Call) -> Interaction:
        """Return the interaction whose token is in a webhook's path.

        Raises:
            ApiError: 10015 if there is no such token or its interaction is not acknowledged, 50027 if it has expired.
        """
        interaction = self.world.by_token.get(call.params["webhook_token"])
        if interaction is None or call.params["webhook_id"] != str(self.world.application_id):
            raise ApiError(404, 10015, "Unknown Webhook")
        call.record.interaction_id = interaction.id
        if call.arrived - interaction.created > TOKEN_LIFE:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if interaction.acknowledged is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        return interaction

    def message_of(self, interaction: Interaction, call: Call) -> Message:
        """Return the response or the follow-up that a webhook's path names."""
        named = call.params.get("message_id")
        number = interaction.response_id if named is None else int(named) if named.isdigit() else None
        own = {interaction.response_id, *interaction.follow_ups, interaction.message_id}
        if number is None or number not in own or number not in self.world.messages:
            raise ApiError(404, 10008, "Unknown Message")
        return self.world.messages[number]

    def answered(self, interaction: Interaction) -> None:
        """Record that the user sees an answer."""
        if interaction.response_done is None:
            interaction.response_done = self.world.clock.now()
        self.world.signals.notify(("interaction", interaction.id))

    def respond(self, interaction: Interaction, call: Call, body: Json, *, loading: bool) -> Message:
        """Send a message through an interaction's token."""
        place = self.world.channels[interaction.channel_id]
        flags = int(body.get("flags") or 0)
        if interaction.only_user_install and place.guild_id is not None:
            server = self.world.guilds[place.guild_id]
            if not self.world.guild_permissions(server, interaction.user_id) & Permission.USE_EXTERNAL_APPS:
                flags |= EPHEMERAL
        kind = {COMMAND: 20 if interaction.data.get("type") == 1 else 23, COMPONENT: 19}.get(interaction.type, 0)
        return self.new_message(
            call,
            {} if loading else body,
            place,
            flags=flags | (LOADING if loading else 0),
            type=kind,
            interaction_id=interaction.id,
            webhook_id=self.world.application_id,
            visible_to=interaction.user_id if flags & EPHEMERAL else None,
            reference=self.reference_to(interaction.message_id) if interaction.type == COMPONENT else None,
        )

    def reference_to(self, message_id: int | None) -> Json | None:
        said = self.world.messages.get(message_id or 0)
        if said is None:
            return None
        place = self.world.channels[said.channel_id]
        server = {} if place.guild_id is None else {"guild_id": str(place.guild_id)}
        return {"type": 0, "message_id": str(said.id), "channel_id": str(place.id)} | server
