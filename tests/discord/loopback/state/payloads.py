"""Objects as Discord writes them on the wire."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator

from tests.discord.loopback.state.objects import (
    DM,
    EPHEMERAL,
    EPOCH,
    LOADING,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Role,
    User,
)
from tests.discord.loopback.state.world import World

USER_MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")

_MEMBER: Json = {
    **dict.fromkeys(("nick", "avatar", "banner", "premium_since", "communication_disabled_until")),
    **dict.fromkeys(("deaf", "mute", "pending"), False),
    "flags": 0,
}
_GUILD: Json = {
    **dict.fromkeys(
        (
            "icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id",
            "afk_channel_id", "system_channel_id", "widget_channel_id", "max_presences", "vanity_url_code",
            "rules_channel_id", "safety_alerts_channel_id", "public_updates_channel_id", "incidents_data",
        )
    ),
    **dict.fromkeys(
        (
            "system_channel_flags", "verification_level", "default_message_notifications", "mfa_level", "nsfw_level",
            "explicit_content_filter", "premium_tier", "premium_subscription_count",
        ),
        0,
    ),
    **dict.fromkeys(("widget_enabled", "premium_progress_bar_enabled", "nsfw"), False),
    "features": [],
    "emojis": [],
    "stickers": [],
    "region": "us-west",
    "afk_timeout": 300,
    "max_members": 500000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
}  # fmt: skip
_ROLE: Json = {
    "color": 0,
    "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
    "hoist": False,
    "mentionable": False,
    "icon": None,
    "unicode_emoji": None,
    "flags": 0,
}
_VOICE: Json = {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
_CHANNEL_OF_TYPE: dict[int, Json] = {
    2: _VOICE,
    13: _VOICE,
    15: {
        "available_tags": [],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    },
}
"""What voice channels, stages and forums have besides, by type."""
_COMPONENT_DEFAULTS: dict[int, Json] = {
    3: {"min_values": 1, "max_values": 1, "disabled": False},
    8: {"min_values": 1, "max_values": 1, "disabled": False},
    11: {"description": None, "spoiler": False},
    14: {"divider": True, "spacing": 1},
    17: {"accent_color": None, "spoiler": False},
}
"""What Discord adds to a component that was sent without it, by type."""


def timestamp(snowflake: int) -> str:
    """Return when an identifier was made, in ISO 8601."""
    seconds = ((snowflake >> 22) + EPOCH) / 1000
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


def user(who: User) -> Json:
    return {
        "id": str(who.id),
        "username": who.name.lower().replace(" ", "_"),
        "discriminator": "0000" if who.bot else "0",
        "global_name": None if who.bot else who.name,
        "avatar": None,
        "bot": who.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def member(guild: Guild, who: User) -> Json:
    """Return a guild member object without its user."""
    roles = [str(role) for role in guild.members.get(who.id, [])]
    return _MEMBER | {"roles": roles, "joined_at": timestamp(guild.id)}


def channel(world: World, place: Channel, *, for_user: int | None = None) -> Json:
    """Return a channel object. `for_user` adds that user's permissions, as an interaction has them."""
    last = max(place.messages, default=None)
    data: Json = {
        "id": str(place.id),
        "type": place.type,
        "flags": 0,
        "last_message_id": str(last) if last else None,
    }
    if place.type == DM:
        assert place.recipient_id is not None
        return data | {"recipients": [user(world.users[place.recipient_id])]}
    data |= {
        "guild_id": str(place.guild_id),
        "name": place.name,
        "parent_id": str(place.parent_id) if place.parent_id else None,
        "rate_limit_per_user": 0,
    }
    if place.is_thread:
        data |= {
            "owner_id": str(place.owner_id),
            "message_count": len(place.messages),
            "member_count": 2,
            "total_message_sent": len(place.messages),
            "thread_metadata": {
                "archived": place.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": timestamp(place.id),
                "locked": place.locked,
                "create_timestamp": timestamp(place.id),
            },
        }
    else:
        roles = world.guilds[place.guild_id].roles if place.guild_id else {}
        data |= {
            "position": 0,
            "nsfw": False,
            "topic": None,
            "permission_overwrites": [
                {"id": str(target), "type": 0 if target in roles else 1, "allow": str(allow), "deny": str(deny)}
                for target, (allow, deny) in place.overwrites.items()
            ],
            **_CHANNEL_OF_TYPE.get(place.type, {}),
        }
    if for_user is not None:
        data["permissions"] = str(world.permissions(place, for_user))
    return data


def role(world: World, server: Guild, one: Role) -> Json:
    tags = {"tags": {"bot_id": str(world.bot.id)}} if one.managed else {}
    return _ROLE | tags | {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(one.permissions),
        "position": list(server.roles).index(one.id),
        "managed": one.managed,
    }  # fmt: skip


def guild(world: World, server: Guild) -> Json:
    """Return a guild object with its channels, its threads and the bot as a member, as GUILD_CREATE has it."""
    places = [place for place in world.channels.values() if place.guild_id == server.id]
    return _GUILD | {
        "id": str(server.id),
        "name": server.name,
        "owner_id": str(server.owner_id),
        "preferred_locale": server.locale,
        "roles": [role(world, server, one) for one in server.roles.values()],
        "joined_at": timestamp(server.id),
        "large": False,
        "unavailable": False,
        "member_count": len(server.members),
        "members": [member(server, world.bot) | {"user": user(world.bot)}],
        "channels": [channel(world, place) for place in places if not place.is_thread],
        "threads": [channel(world, place) for place in places if place.is_thread and not place.archived],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def content_visible(world: World, message: Message) -> bool:
    """Return True if Discord lets a bot without privileged intents read a message's content."""
    in_dm = world.channels[message.channel_id].type == DM
    return in_dm or message.author_id == world.bot.id or world.bot.id in message.mentions


def message(world: World, said: Message, *, whole: bool = False, nested: bool = False) -> Json:
    """Return a message object as the bot receives it. `whole` is for what Discord never blanks."""
    shown = whole or content_visible(world, said)
    data: Json = {
        "id": str(said.id),
        "channel_id": str(said.channel_id),
        "type": said.type,
        "author": user(world.users[said.author_id]),
        "content": said.content if shown else "",
        "embeds": said.embeds if shown else [],
        "attachments": said.attachments if shown else [],
        "components": said.components if shown else [],
        "timestamp": timestamp(said.id),
        "edited_timestamp": timestamp(world.snowflake()) if said.edited else None,
        "flags": said.flags,
        "tts": False,
        "pinned": False,
        "mention_everyone": said.mention_everyone,
        "mention_roles": ROLE_MENTION.findall(said.content),
        "mentions": [user(world.users[each]) for each in said.mentions if each in world.users],
    }
    if said.nonce is not None:
        data["nonce"] = said.nonce
    if said.webhook_id is not None:
        data |= {"webhook_id": str(said.webhook_id), "application_id": str(said.webhook_id)}
    if said.interaction_id is not None:
        data["interaction_metadata"] = interaction_metadata(world, world.interactions[said.interaction_id])
    if said.reference is not None:
        data["message_reference"] = said.reference
        if said.forwarded is not None:
            copied = {key: data[key] for key in ("type", "embeds", "attachments", "timestamp", "flags", "mentions")}
            snapshot = {**copied, "content": said.forwarded if shown else "", "edited_timestamp": None}
            data["message_snapshots"] = [{"message": snapshot}]
        elif not nested:
            original = world.messages.get(int(said.reference["message_id"]))
            data["referenced_message"] = message(world, original, nested=True) if original else None
    return data


def message_event(world: World, said: Message) -> Json:
    """Return a message as MESSAGE_CREATE and MESSAGE_UPDATE have it."""
    data = message(world, said)
    place = world.channels[said.channel_id]
    data["channel_type"] = place.type
    if place.guild_id is not None:
        server = world.guilds[place.guild_id]
        data["guild_id"] = str(server.id)
        if said.author_id in server.members and said.webhook_id is None:
            data["member"] = member(server, world.users[said.author_id])
        for mentioned in data["mentions"]:
            if int(mentioned["id"]) in server.members:
                mentioned["member"] = member(server, world.users[int(mentioned["id"])])
    return data


def seen(world: World, said: Message) -> Json:
    """Return a message as users see it, with what only the tests know."""
    return message(world, said, whole=True) | {
        "visible_to": str(said.visible_to) if said.visible_to else None,
        "pings": said.pings,
        "edits": said.edits,
        "reactions": said.reactions,
        "loading": bool(said.flags & LOADING),
    }


def interaction_metadata(world: World, interaction: Interaction) -> Json:
    data: Json = {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": user(world.users[interaction.user_id]),
        "authorizing_integration_owners": interaction.owners,
    }
    if interaction.type == 3:
        data["interacted_message_id"] = str(interaction.message_id)
    if interaction.type == 5:
        data["triggering_interaction_metadata"] = data | {"type": 2}
    return data


def callback(world: World, interaction: Interaction) -> Json:
    """Return what `with_response` asks for in an interaction's callback."""
    inner: Json = {"id": str(interaction.id), "type": interaction.type}
    data: Json = {"interaction": inner}
    if interaction.response_id is not None:
        response = world.messages[interaction.response_id]
        inner |= {
            "response_message_id": str(interaction.response_id),
            "response_message_loading": bool(response.flags & LOADING),
            "response_message_ephemeral": bool(response.flags & EPHEMERAL),
        }
        # A deferral creates its message too, but only a finished message is returned as a resource.
        if interaction.callback_type in (4, 7):
            data["resource"] = {
                "type": interaction.callback_type,
                "message": message(world, response, whole=True),
            }
    return data


def texts(components: list[Json]) -> Iterator[str]:
    """Yield the text of every text display, in reading order."""
    for component in components:
        if component.get("type") == 10:
            yield str(component.get("content") or "")
        yield from texts(component.get("components") or [])


def walk(components: list[Json]) -> Iterator[Json]:
    """Yield every component in reading order, nested ones and the accessories of sections included."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


def returned_components(sent: list[Json]) -> list[Json]:
    """Return components as Discord returns them: each with an id and its defaults."""
    copied: list[Json] = json.loads(json.dumps(sent))
    used = {each.get("id") for each in walk(copied)}
    fresh = (number for number in range(1, 10_000) if number not in used)
    for each in walk(copied):
        if not each.get("id"):
            each["id"] = next(fresh)
        for key, value in _COMPONENT_DEFAULTS.get(each["type"], {}).items():
            each.setdefault(key, value)
        if isinstance(each.get("media"), dict):
            url = {"proxy_url": each["media"]["url"], "id": "0"}
            each["media"] = dict.fromkeys(("width", "height", "content_type")) | url | each["media"]
    return copied


def returned_embeds(sent: list[Json]) -> list[Json]:
    """Return embeds as Discord returns them."""
    copied: list[Json] = json.loads(json.dumps(sent))
    for each in copied:
        each["type"] = "rich"
        for field in each.get("fields") or []:
            field.setdefault("inline", False)
    return copied
