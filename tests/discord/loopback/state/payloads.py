"""State as Discord writes it on the wire."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator

from tests.discord.loopback.state.world import (
    DM,
    EPHEMERAL,
    EPOCH,
    LOADING,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    User,
    World,
)

USER_MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")


def timestamp(snowflake: int) -> str:
    """When an identifier was made, in ISO 8601."""
    seconds = ((snowflake >> 22) + EPOCH) / 1000
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


def user(who: User) -> Json:
    """A user object."""
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
    """A guild member object without its user."""
    return {
        "roles": [str(role) for role in guild.members.get(who.id, [])],
        "nick": None,
        "avatar": None,
        "banner": None,
        "joined_at": timestamp(guild.id),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }


def channel(world: World, place: Channel, *, for_user: int | None = None) -> Json:
    """A channel object; with `permissions` where it is a person's view, as in an interaction."""
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
        guild = world.guilds[place.guild_id] if place.guild_id else None
        data |= {
            "position": 0,
            "nsfw": False,
            "topic": None,
            "permission_overwrites": [
                {
                    "id": str(target),
                    "type": 0 if guild and target in guild.roles else 1,
                    "allow": str(allow),
                    "deny": str(deny),
                }
                for target, (allow, deny) in place.overwrites.items()
            ],
            **_OF_KIND.get(place.type, {}),
        }
    if for_user is not None:
        data["permissions"] = str(world.permissions(place, for_user))
    return data


_VOICE: Json = {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
_OF_KIND: dict[int, Json] = {
    2: _VOICE,
    13: _VOICE,
    15: {
        "available_tags": [],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    },
}
"""What else is said of voice channels, stages and forums, by their type."""


def guild(world: World, server: Guild, *, whole: bool) -> Json:
    """A guild object; `whole` adds channels, threads and members, as GUILD_CREATE does."""
    data: Json = {
        "id": str(server.id),
        "name": server.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(server.owner_id),
        "application_id": None,
        "region": "us-west",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [
            {
                "id": str(role.id),
                "name": role.name,
                "permissions": str(role.permissions),
                "position": position,
                "color": 0,
                "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
                "hoist": False,
                "managed": role.managed,
                "mentionable": False,
                "icon": None,
                "unicode_emoji": None,
                "flags": 0,
                **({"tags": {"bot_id": str(world.bot.id)}} if role.managed else {}),
            }
            for position, role in enumerate(server.roles.values())
        ],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": server.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }
    if whole:
        places = [place for place in world.channels.values() if place.guild_id == server.id]
        data |= {
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
    return data


def content_visible(world: World, message: Message) -> bool:
    """Whether the bot may read a message's content by Discord's rules for bots without that intent."""
    place = world.channels[message.channel_id]
    return (
        world.reads_content or message.author_id == world.bot.id or place.type == DM or world.bot.id in message.mentions
    )


def message(world: World, said: Message, *, whole: bool = False, nested: bool = False) -> Json:
    """A message object as the bot receives it; `whole` is for what Discord never blanks."""
    author = world.users[said.author_id]
    shown = whole or content_visible(world, said)
    data: Json = {
        "id": str(said.id),
        "channel_id": str(said.channel_id),
        "type": said.type,
        "author": user(author),
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
        if not nested:
            original = world.messages.get(int(said.reference["message_id"]))
            data["referenced_message"] = message(world, original, nested=True) if original else None
    return data


def message_event(world: World, said: Message) -> Json:
    """A message as MESSAGE_CREATE and MESSAGE_UPDATE carry it."""
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
    """A message as people see it, with what only the tests know."""
    return message(world, said, whole=True) | {
        "visible_to": str(said.visible_to) if said.visible_to else None,
        "pings": said.pings,
        "edits": said.edits,
        "loading": bool(said.flags & LOADING),
    }


def interaction_metadata(world: World, asked: Interaction) -> Json:
    """Where a message came from."""
    data: Json = {
        "id": str(asked.id),
        "type": asked.type,
        "user": user(world.users[asked.user_id]),
        "authorizing_integration_owners": asked.owners,
    }
    if asked.type == 3:
        data["interacted_message_id"] = str(asked.message_id)
    if asked.type == 5:
        data["triggering_interaction_metadata"] = {
            **data,
            "type": 2,
            "id": str(asked.id),
        }
    return data


def callback(world: World, asked: Interaction) -> Json:
    """What `with_response` returns for an interaction's callback."""
    inner: Json = {"id": str(asked.id), "type": asked.type}
    data: Json = {"interaction": inner}
    if asked.response_id is not None:
        response = world.messages[asked.response_id]
        inner |= {
            "response_message_id": str(asked.response_id),
            "response_message_loading": bool(response.flags & LOADING),
            "response_message_ephemeral": bool(response.flags & EPHEMERAL),
        }
        # A deferral creates its message too, but only a finished one is returned as a resource.
        if asked.callback_type in (4, 7):
            data["resource"] = {
                "type": asked.callback_type,
                "message": message(world, response, whole=True),
            }
    return data


def texts(components: list[Json]) -> Iterator[str]:
    """The text of every text display, in reading order."""
    for component in components:
        if component.get("type") == 10:
            yield str(component.get("content") or "")
        yield from texts(component.get("components") or [])


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, in reading order, with those nested and the accessories of sections."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


DEFAULTS: dict[int, Json] = {
    3: {"min_values": 1, "max_values": 1, "disabled": False},
    11: {"description": None, "spoiler": False},
    14: {"divider": True, "spacing": 1},
    17: {"accent_color": None, "spoiler": False},
}
"""What Discord adds to a component that was sent without it, by the component's type."""


def returned_components(sent: list[Json]) -> list[Json]:
    """Components as Discord returns them: each with an id, and with what was left to its default."""
    copied: list[Json] = json.loads(json.dumps(sent))
    used = {each.get("id") for each in walk(copied)}
    fresh = (number for number in range(1, 10_000) if number not in used)
    for each in walk(copied):
        if not each.get("id"):
            each["id"] = next(fresh)
        for key, value in DEFAULTS.get(each["type"], {}).items():
            each.setdefault(key, value)
        if isinstance(each.get("media"), dict):
            each["media"] = {
                "proxy_url": each["media"]["url"],
                "width": None,
                "height": None,
                "content_type": None,
                "id": "0",
            } | each["media"]
    return copied


def returned_embeds(sent: list[Json]) -> list[Json]:
    """Embeds as Discord returns them."""
    copied: list[Json] = json.loads(json.dumps(sent))
    for each in copied:
        each["type"] = "rich"
        for field in each.get("fields") or []:
            field.setdefault("inline", False)
    return copied
