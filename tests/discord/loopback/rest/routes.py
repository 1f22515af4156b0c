"""The routes that the bot uses, and what each does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.router import Call, Router, errors_of, refuse_if_wrong
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import (
    ACKNOWLEDGE_WITHIN,
    AUTOCOMPLETE,
    COMPONENT,
    FOLLOW_UPS_OF_A_USER_INSTALL,
    MODAL_SUBMIT,
    ApiError,
    Channel,
    Interaction,
    Json,
    Message,
    Permission,
)
from tests.discord.loopback.validation import limits
from tests.discord.loopback.validation.limits import Wrong
from tests.discord.loopback.validation.request_log import (
    CALLBACK,
    CHANNEL_MESSAGE,
    CHANNEL_MESSAGES,
    COMMANDS,
    FOLLOW_UP,
    FOLLOW_UP_MESSAGE,
    GUILD_COMMANDS,
    ORIGINAL,
)

ROUTER = Router()
route = ROUTER.route

Answer = tuple[int, Any]
"""Status and JSON body, or None for no body."""

# Login and the application.


@route("GET", "/gateway", needs_token=False)
async def gateway_url(api: Api, _: Call) -> Answer:
    return 200, {"url": api.gateway.url}


@route("GET", "/gateway/bot")
async def gateway_bot(api: Api, _: Call) -> Answer:
    started = len(api.gateway.identifies)
    limit = {"total": 1000, "remaining": 1000 - started, "reset_after": 86_400_000, "max_concurrency": 1}
    return 200, {"url": api.gateway.url, "shards": api.world.shards, "session_start_limit": limit}


@route("GET", "/users/@me")
async def me(api: Api, _: Call) -> Answer:
    more = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return 200, payloads.user(api.world.bot) | more


@route("GET", "/applications/@me", "/oauth2/applications/@me")
async def application(api: Api, _: Call) -> Answer:
    nothing = ("icon", "type", "max_participants", "interactions_endpoint_url", "role_connections_verification_url")
    empty = ("tags", "redirect_uris", "eligible_oauth2_scopes", "rpc_origins")
    counts = ("flags", "approximate_user_install_count", "approximate_user_authorization_count")
    return 200, {
        **dict.fromkeys((*nothing, "team")),
        **dict.fromkeys((*counts, "explicit_content_filter"), 0),
        **{key: [] for key in empty},
        "id": str(api.world.application_id),
        "name": api.world.bot.name,
        "description": "",
        "bot": payloads.user(api.world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags_new": "0",
        "owner": payloads.user(api.world.bot),
        "approximate_guild_count": len(api.world.guilds),
        "integration_types_config": {"0": {}, "1": {}},
    }


# Commands.


def _scope(api: Api, call: Call) -> int | None:
    """Return the server whose commands these are, or None for global commands."""
    if call.id("application_id") != api.world.application_id:
        raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    if not api.world.bot_in(call.id("guild_id")):
        raise ApiError(403, 50001, "Missing Access")
    return call.id("guild_id")


def stored_command(api: Api, body: Json, scope: int | None, old: Json | None) -> Json:
    """Return a command as Discord stores it. `old` is the command that it replaces."""
    kind = body.get("type") or 1
    permissions = body.get("default_member_permissions")
    data: Json = {
        "id": old["id"] if old else str(api.world.snowflake()),
        "application_id": str(api.world.application_id),
        "version": str(api.world.snowflake()),
        "default_member_permissions": None if permissions is None else str(permissions),
        "type": kind,
        "name": body["name"],
        "name_localizations": body.get("name_localizations"),
        "description": body.get("description") or "",
        "description_localizations": body.get("description_localizations"),
        "nsfw": bool(body.get("nsfw")),
        "integration_types": body.get("integration_types") or [0],
        "contexts": body.get("contexts"),
        "dm_permission": body.get("dm_permission") is not False,
    }
    if kind == 1:
        data["options"] = body.get("options") or []
    if scope is not None:
        data["guild_id"] = str(scope)
    return data


@route("GET", COMMANDS, GUILD_COMMANDS)
async def get_commands(api: Api, call: Call) -> Answer:
    return 200, api.world.commands.get(_scope(api, call), [])


@route("PUT", COMMANDS, GUILD_COMMANDS)
async def put_commands(api: Api, call: Call) -> Answer:
    scope = _scope(api, call)
    api.command_puts += 1
    refuse_if_wrong(call.record, list(limits.commands(call.body)))
    known = {(each["type"], each["name"]): each for each in api.world.commands.get(scope, [])}
    api.world.commands[scope] = [
        stored_command(api, body, scope, known.get((body.get("type") or 1, body["name"]))) for body in call.body
    ]
    return 200, api.world.commands[scope]


# Messages in channels.


@route("POST", "/channels/{channel_id}/typing")
async def typing(api: Api, call: Call) -> Answer:
    api.check_sending(api.open_channel(call.id("channel_id")), {}, {})
    return 204, None


def _message(api: Api, call: Call) -> tuple[Channel, Message]:
    """Return the message of a path, and its channel."""
    place = api.open_channel(call.id("channel_id"))
    said = api.world.message(place, call.id("message_id"))
    if said.visible_to is not None:
        raise ApiError(404, 10008, "Unknown Message")
    return place, said


@route("GET", CHANNEL_MESSAGE)
async def get_message(api: Api, call: Call) -> Answer:
    place, said = _message(api, call)
    if not api.bot_may(place, Permission.READ_MESSAGE_HISTORY):
        raise ApiError(403, 50013, "Missing Permissions")
    return 200, payloads.message(api.world, said)


@route("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
async def react(api: Api, call: Call) -> Answer:
    place, said = _message(api, call)
    for needed in (Permission.READ_MESSAGE_HISTORY, Permission.ADD_REACTIONS):
        if not api.bot_may(place, needed):
            raise ApiError(403, 50013, "Missing Permissions")
    said.reactions.append(unquote(call.params["emoji_name"]))
    return 204, None


def _reference(api: Api, place: Channel, body: Json) -> Json | None:
    given = body.get("message_reference")
    if not isinstance(given, dict):
        return None
    number = int(given.get("message_id") or 0)
    if number in place.messages:
        return api.reference_to(number)
    if given.get("fail_if_not_exists") is False:
        return None
    errors = errors_of([Wrong(("message_reference",), "Unknown message")])
    raise ApiError(400, 50035, "Invalid Form Body", errors)


@route("POST", CHANNEL_MESSAGES)
async def post_message(api: Api, call: Call) -> Answer:
    place, body = api.open_channel(call.id("channel_id")), call.json
    call.record.channel_id = place.id
    refuse_if_wrong(call.record, list(limits.message(body, files=call.files)))
    api.check_sending(place, body, call.files)
    nonce = body.get("nonce")
    key = (place.id, str(nonce))
    if nonce is not None and body.get("enforce_nonce") and key in api.world.nonces:
        known = api.world.messages.get(api.world.nonces[key])
        if known is not None:
            return 200, payloads.message(api.world, known)
    reference = _reference(api, place, body)
    said = api.new_message(call, body, place, nonce=nonce, reference=reference, type=19 if reference else 0)
    if nonce is not None:
        api.world.nonces[key] = said.id
    return 200, payloads.message(api.world, said)


@route("PATCH", CHANNEL_MESSAGE)
async def patch_message(api: Api, call: Call) -> Answer:
    place, said = _message(api, call)
    if said.author_id != api.world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    return 200, payloads.message(api.world, api.edit(said, call, ephemeral_allowed=False))


@route("DELETE", CHANNEL_MESSAGE)
async def delete_message(api: Api, call: Call) -> Answer:
    place, said = _message(api, call)
    if said.author_id != api.world.bot.id and not api.bot_may(place, Permission.MANAGE_MESSAGES):
        raise ApiError(403, 50013, "Missing Permissions")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    api.delete(said)
    return 204, None


# Interactions.


@route("POST", CALLBACK, needs_token=False)
async def callback(api: Api, call: Call) -> Answer:
    interaction = api.world.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise ApiError(404, 10062, "Unknown interaction")
    call.record.interaction_id = interaction.id
    interaction.attempts += 1
    kind, data = call.json.get("type"), call.json.get("data")
    data = data if isinstance(data, dict) else {}
    refuse_if_wrong(call.record, list(_callback_wrong(interaction, kind, data, call.files)))
    if call.arrived - interaction.created > ACKNOWLEDGE_WITHIN:
        raise ApiError(404, 10062, "Unknown interaction")
    if interaction.acknowledged is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    if kind == 7:
        updated = api.world.messages.get(interaction.message_id or 0)
        if updated is None:
            raise ApiError(404, 10008, "Unknown Message")
        api.edit(updated, replace(call, body=data), ephemeral_allowed=True)
    interaction.acknowledged = call.arrived
    interaction.callback_type = int(str(kind))
    if kind in (4, 5):
        interaction.response_id = api.respond(interaction, call, data, loading=kind == 5).id
    elif kind in (6, 7):
        interaction.response_id = interaction.message_id
    elif kind == 8:
        interaction.choices = data.get("choices")
    elif kind == 9:
        interaction.modal = data
    if kind != 5:
        api.answered(interaction)
    api.world.signals.notify(("interaction", interaction.id))
    if call.query.get("with_response", "").lower() in ("1", "true"):
        return 200, payloads.callback(api.world, interaction)
    return 204, None


def _callback_wrong(interaction: Interaction, kind: Any, data: Json, files: dict[int, int]) -> list[Wrong]:
    allowed = {
        AUTOCOMPLETE: {8},
        COMPONENT: {4, 5, 6, 7, 9, 12},
        MODAL_SUBMIT: {4, 5, 6, 7, 12} if interaction.message_id else {4, 5, 12},
    }.get(interaction.type, {4, 5, 9, 12})
    if kind not in allowed:
        return [Wrong(("type",), f"a callback of type {kind} doesn't answer this interaction")]
    if kind == 4:
        found = limits.message(data, files=files, ephemeral_allowed=True)
        return [replace(each, path=("data", *each.path)) for each in found]
    if kind == 5:
        return list(limits.deferral(data))
    if kind == 8:
        return list(limits.autocomplete(data))
    return list(limits.modal(data)) if kind == 9 else []


@route("POST", FOLLOW_UP, needs_token=False)
async def follow_up(api: Api, call: Call) -> Answer:
    interaction = api.interaction_of(call)
    refuse_if_wrong(call.record, list(limits.message(call.json, files=call.files, ephemeral_allowed=True)))
    if interaction.thinking and interaction.response_id is not None:
        # The first follow-up of a deferral replaces "is thinking".
        said = api.edit(api.world.messages[interaction.response_id], call, ephemeral_allowed=True)
        api.answered(interaction)
        return 200, payloads.message(api.world, said, whole=True)
    if interaction.only_user_install and len(interaction.follow_ups) >= FOLLOW_UPS_OF_A_USER_INSTALL:
        raise ApiError(400, 40094, "Maximum number of follow-up messages for this interaction reached")
    said = api.respond(interaction, call, call.json, loading=False)
    interaction.follow_ups.append(said.id)
    api.world.signals.notify(("interaction", interaction.id))
    return 200, payloads.message(api.world, said, whole=True)


@route("PATCH", ORIGINAL, FOLLOW_UP_MESSAGE, needs_token=False)
async def patch_response(api: Api, call: Call) -> Answer:
    interaction = api.interaction_of(call)
    said = api.message_of(interaction, call)
    api.edit(said, call, ephemeral_allowed=False)
    if said.id == interaction.response_id:
        api.answered(interaction)
    api.world.signals.notify(("interaction", interaction.id))
    return 200, payloads.message(api.world, said, whole=True)


@route("DELETE", ORIGINAL, FOLLOW_UP_MESSAGE, needs_token=False)
async def delete_response(api: Api, call: Call) -> Answer:
    interaction = api.interaction_of(call)
    said = api.message_of(interaction, call)
    api.delete(said)
    if said.id == interaction.response_id:
        api.answered(interaction)
    return 204, None
