"""What each route does."""

from __future__ import annotations

from typing import Any

from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.router import COMMANDS, GUILD_COMMANDS, Call, Router, errors_of, refuse_if_wrong
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.world import (
    ACKNOWLEDGE_WITHIN,
    AUTOCOMPLETE,
    COMPONENT,
    FOLLOW_UPS_OF_A_USER_INSTALL,
    MODAL_SUBMIT,
    PUBLIC_THREAD,
    ApiError,
    Channel,
    Intents,
    Interaction,
    Json,
    Message,
    Permission,
)
from tests.discord.loopback.validation import limits
from tests.discord.loopback.validation.ledger import (
    CALLBACK,
    CHANNEL_MESSAGE,
    CHANNEL_MESSAGES,
    FOLLOW_UP,
    FOLLOW_UP_MESSAGE,
    ORIGINAL,
)
from tests.discord.loopback.validation.limits import Wrong

ROUTER = Router()
route = ROUTER.route


def _body(call: Call) -> Json:
    return call.body if isinstance(call.body, dict) else {}


# Login and the application.


@route("GET", "/gateway", needs_token=False)
async def gateway_url(api: Api, _: Call) -> tuple[int, Any]:
    return 200, {"url": api.gateway.url}


@route("GET", "/gateway/bot")
async def gateway_bot(api: Api, _: Call) -> tuple[int, Any]:
    return 200, {
        "url": api.gateway.url,
        "shards": api.world.shards,
        "session_start_limit": {
            "total": 1000,
            "remaining": 1000 - len(api.gateway.identifies),
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    }


@route("GET", "/users/@me")
async def me(api: Api, _: Call) -> tuple[int, Any]:
    more = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return 200, payloads.user(api.world.bot) | more


async def application(api: Api, _: Call) -> tuple[int, Any]:
    return 200, {
        "id": str(api.world.application_id),
        "name": api.world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": payloads.user(api.world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "max_participants": None,
        "tags": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(api.world.bot),
        "approximate_guild_count": len(api.world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "rpc_origins": [],
        "integration_types_config": {"0": {}, "1": {}},
    }


route("GET", "/applications/@me")(application)
route("GET", "/oauth2/applications/@me")(application)


@route("GET", "/applications/{application_id}/emojis")
async def emojis(_: Api, __: Call) -> tuple[int, Any]:
    return 200, {"items": []}


# Commands.


def _scope(api: Api, call: Call) -> int | None:
    if call.id("application_id") != api.world.application_id:
        raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    guild_id = call.id("guild_id")
    if not api.world.bot_in(guild_id):
        raise ApiError(403, 50001, "Missing Access")
    return guild_id


def stored_command(api: Api, body: Json, scope: int | None, old: Json | None) -> Json:
    """A command as Discord keeps and returns it; `old` is the one whose place it takes."""
    kind = body.get("type") or 1
    data: Json = {
        "id": old["id"] if old else str(api.world.snowflake()),
        "application_id": str(api.world.application_id),
        "version": str(api.world.snowflake()),
        "default_member_permissions": None,
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
    if body.get("default_member_permissions") is not None:
        data["default_member_permissions"] = str(body["default_member_permissions"])
    if kind == 1:
        data["options"] = body.get("options") or []
    if scope is not None:
        data["guild_id"] = str(scope)
    return data


async def get_commands(api: Api, call: Call) -> tuple[int, Any]:
    return 200, api.world.commands.get(_scope(api, call), [])


async def put_commands(api: Api, call: Call) -> tuple[int, Any]:
    scope = _scope(api, call)
    api.command_puts += 1
    refuse_if_wrong(call.record, list(limits.commands(call.body)))
    known = {(each["type"], each["name"]): each for each in api.world.commands.get(scope, [])}
    api.world.commands[scope] = [
        stored_command(api, body, scope, known.get((body.get("type") or 1, body["name"]))) for body in call.body
    ]
    return 200, api.world.commands[scope]


async def post_command(api: Api, call: Call) -> tuple[int, Any]:
    scope = _scope(api, call)
    refuse_if_wrong(call.record, list(limits.commands([call.body])))
    kept = api.world.commands.setdefault(scope, [])
    key = (_body(call).get("type") or 1, _body(call)["name"])
    old = next((each for each in kept if (each["type"], each["name"]) == key), None)
    fresh = stored_command(api, call.body, scope, old)
    api.world.commands[scope] = [each for each in kept if each is not old] + [fresh]
    return 200 if old else 201, fresh


async def delete_command(api: Api, call: Call) -> tuple[int, Any]:
    scope = _scope(api, call)
    kept = api.world.commands.get(scope, [])
    left = [each for each in kept if each["id"] != call.params["command_id"]]
    if len(left) == len(kept):
        raise ApiError(404, 10063, "Unknown application command")
    api.world.commands[scope] = left
    return 204, None


for _template in (COMMANDS, GUILD_COMMANDS):
    route("GET", _template)(get_commands)
    route("PUT", _template)(put_commands)
    route("POST", _template)(post_command)
    route("DELETE", f"{_template}/{{command_id}}")(delete_command)


# Servers, channels and people.


@route("GET", "/guilds/{guild_id}")
async def get_guild(api: Api, call: Call) -> tuple[int, Any]:
    if not api.world.bot_in(call.id("guild_id")):
        raise ApiError(404, 10004, "Unknown Guild")
    return 200, payloads.guild(api.world, api.world.guilds[call.id("guild_id")], whole=False)


@route("GET", "/guilds/{guild_id}/members/{user_id}")
async def get_member(api: Api, call: Call) -> tuple[int, Any]:
    guild = api.world.guilds.get(call.id("guild_id"))
    if guild is None or not api.world.bot_in(guild.id):
        raise ApiError(403, 50001, "Missing Access")
    who = api.world.users.get(call.id("user_id"))
    if who is None or who.id not in guild.members:
        raise ApiError(404, 10007, "Unknown Member")
    return 200, payloads.member(guild, who) | {"user": payloads.user(who)}


@route("GET", "/users/{user_id}")
async def get_user(api: Api, call: Call) -> tuple[int, Any]:
    who = api.world.users.get(call.id("user_id"))
    if who is None:
        raise ApiError(404, 10013, "Unknown User")
    return 200, payloads.user(who)


@route("POST", "/users/@me/channels")
async def open_dm(api: Api, call: Call) -> tuple[int, Any]:
    refuse_if_wrong(call.record, [])
    who = int(_body(call).get("recipient_id") or 0)
    if who not in api.world.users or who == api.world.bot.id:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return 200, payloads.channel(api.world, api.world.dm_with(who))


@route("GET", "/channels/{channel_id}")
async def get_channel(api: Api, call: Call) -> tuple[int, Any]:
    return 200, payloads.channel(api.world, api.open_channel(call.id("channel_id")))


@route("POST", "/channels/{channel_id}/typing")
async def typing(api: Api, call: Call) -> tuple[int, Any]:
    place = api.open_channel(call.id("channel_id"))
    api.check_sending(place, {}, {})
    return 204, None


# Messages in channels.


@route("GET", CHANNEL_MESSAGES)
async def get_messages(api: Api, call: Call) -> tuple[int, Any]:
    place = api.open_channel(call.id("channel_id"))
    if not api.world.permissions(place, api.world.bot.id) & Permission.READ_MESSAGE_HISTORY:
        return 200, []
    before = int(call.query.get("before", 1 << 63))
    after = int(call.query.get("after", 0))
    said = [each for each in place.messages.values() if after < each.id < before and each.visible_to is None]
    newest = sorted(said, key=lambda each: each.id, reverse=True)[: int(call.query.get("limit", 50))]
    return 200, [payloads.message(api.world, each) for each in newest]


def _seen(api: Api, call: Call) -> Message:
    place = api.open_channel(call.id("channel_id"))
    said = api.world.message(place, call.id("message_id"))
    if said.visible_to is not None:
        raise ApiError(404, 10008, "Unknown Message")
    return said


@route("GET", CHANNEL_MESSAGE)
async def get_message(api: Api, call: Call) -> tuple[int, Any]:
    said = _seen(api, call)
    place = api.world.channels[said.channel_id]
    if not api.world.permissions(place, api.world.bot.id) & Permission.READ_MESSAGE_HISTORY:
        raise ApiError(403, 50013, "Missing Permissions")
    return 200, payloads.message(api.world, said)


def _reference(api: Api, place: Channel, body: Json) -> Json | None:
    given = body.get("message_reference")
    if not isinstance(given, dict):
        return None
    number = int(given.get("message_id") or 0)
    if number not in place.messages:
        if given.get("fail_if_not_exists") is False:
            return None
        wrong = Wrong(("message_reference",), "Unknown message")
        raise ApiError(400, 50035, "Invalid Form Body", errors_of([wrong]))
    return api.reference_to(number)


@route("POST", CHANNEL_MESSAGES)
async def post_message(api: Api, call: Call) -> tuple[int, Any]:
    place = api.open_channel(call.id("channel_id"))
    call.record.channel_id = place.id
    body = _body(call)
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
async def patch_message(api: Api, call: Call) -> tuple[int, Any]:
    said = _seen(api, call)
    place = api.world.channels[said.channel_id]
    if said.author_id != api.world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    return 200, payloads.message(api.world, api.edit(said, call, ephemeral_allowed=False))


@route("DELETE", CHANNEL_MESSAGE)
async def delete_message(api: Api, call: Call) -> tuple[int, Any]:
    said = _seen(api, call)
    place = api.world.channels[said.channel_id]
    may = api.world.permissions(place, api.world.bot.id)
    if said.author_id != api.world.bot.id and not may & Permission.MANAGE_MESSAGES:
        raise ApiError(403, 50013, "Missing Permissions")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    api.forget(said)
    return 204, None


async def start_thread(api: Api, call: Call) -> tuple[int, Any]:
    parent = api.open_channel(call.id("channel_id"))
    refuse_if_wrong(call.record, [])
    may = api.world.permissions(parent, api.world.bot.id)
    if not may & Permission.CREATE_PUBLIC_THREADS:
        raise ApiError(403, 50013, "Missing Permissions")
    number = call.id("message_id") if "message_id" in call.params else api.world.snowflake()
    if number in api.world.channels:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    thread = Channel(number, PUBLIC_THREAD, str(_body(call)["name"]), parent.guild_id, parent.id, api.world.bot.id)
    api.world.channels[thread.id] = thread
    data = payloads.channel(api.world, thread)
    api.gateway.dispatch("THREAD_CREATE", data, guild_id=thread.guild_id, intent=int(Intents.GUILDS))
    return 201, data


route("POST", "/channels/{channel_id}/messages/{message_id}/threads")(start_thread)
route("POST", "/channels/{channel_id}/threads")(start_thread)


# Interactions.


@route("POST", CALLBACK, needs_token=False)
async def callback(api: Api, call: Call) -> tuple[int, Any]:
    asked = api.world.interactions.get(call.id("interaction_id"))
    if asked is None or asked.token != call.params["interaction_token"]:
        raise ApiError(404, 10062, "Unknown interaction")
    call.record.interaction_id = asked.id
    asked.attempts += 1
    body = _body(call)
    kind = body.get("type")
    data = body.get("data")
    data = data if isinstance(data, dict) else {}
    refuse_if_wrong(call.record, list(_callback_wrong(asked, kind, data, call.files)))
    if call.arrived - asked.created > ACKNOWLEDGE_WITHIN:
        raise ApiError(404, 10062, "Unknown interaction")
    if asked.acknowledged is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    updated = api.world.messages.get(asked.message_id or 0)
    if kind == 7:
        if updated is None:
            raise ApiError(404, 10008, "Unknown Message")
        inner = Call(call.record, call.params, call.query, data, call.files, call.names, call.arrived)
        api.edit(updated, inner, ephemeral_allowed=True)
    asked.acknowledged = call.arrived
    asked.callback_type = int(str(kind))
    if kind in (4, 5):
        asked.response_id = api.respond(asked, call, data, loading=kind == 5).id
    elif kind in (6, 7):
        asked.response_id = asked.message_id
    elif kind == 8:
        asked.choices = data.get("choices")
    elif kind == 9:
        asked.modal = data
    if kind != 5:
        api.done(asked)
    api.world.signals.notify(("interaction", asked.id))
    if call.query.get("with_response", "").lower() in ("1", "true"):
        return 200, payloads.callback(api.world, asked)
    return 204, None


def _callback_wrong(asked: Interaction, kind: Any, data: Json, files: dict[int, int]) -> list[Wrong]:
    allowed = {4, 5, 9, 12}
    if asked.type == AUTOCOMPLETE:
        allowed = {8}
    elif asked.type == COMPONENT:
        allowed |= {6, 7}
    elif asked.type == MODAL_SUBMIT:
        allowed = {4, 5, 12} | ({6, 7} if asked.message_id else set())
    if kind not in allowed:
        return [Wrong(("type",), f"a callback of type {kind} doesn't answer this interaction")]
    if kind == 4:
        found = limits.message(data, files=files, ephemeral_allowed=True)
        return [Wrong(("data", *each.path), each.message, each.empty) for each in found]
    if kind == 5:
        return list(limits.deferral(data))
    if kind == 8:
        return list(limits.autocomplete(data, asked.answerable_type or 3))
    if kind == 9:
        return list(limits.modal(data))
    return []


@route("POST", FOLLOW_UP, needs_token=False)
async def follow_up(api: Api, call: Call) -> tuple[int, Any]:
    asked = api.asked(call)
    body = _body(call)
    refuse_if_wrong(call.record, list(limits.message(body, files=call.files, ephemeral_allowed=True)))
    if asked.thinking and asked.response_id is not None:
        # The first follow-up of a deferral takes the place of "is thinking".
        said = api.edit(api.world.messages[asked.response_id], call, ephemeral_allowed=True)
        api.done(asked)
        return 200, payloads.message(api.world, said, whole=True)
    if asked.user_install_alone and len(asked.follow_ups) >= FOLLOW_UPS_OF_A_USER_INSTALL:
        raise ApiError(400, 40094, "Maximum number of follow-up messages for this interaction reached")
    said = api.respond(asked, call, body, loading=False)
    asked.follow_ups.append(said.id)
    api.world.signals.notify(("interaction", asked.id))
    return 200, payloads.message(api.world, said, whole=True)


async def get_response(api: Api, call: Call) -> tuple[int, Any]:
    said = api.message_of(api.asked(call), call)
    return 200, payloads.message(api.world, said, whole=True)


async def patch_response(api: Api, call: Call) -> tuple[int, Any]:
    asked = api.asked(call)
    said = api.message_of(asked, call)
    api.edit(said, call, ephemeral_allowed=False)
    if said.id == asked.response_id:
        api.done(asked)
    api.world.signals.notify(("interaction", asked.id))
    return 200, payloads.message(api.world, said, whole=True)


async def delete_response(api: Api, call: Call) -> tuple[int, Any]:
    asked = api.asked(call)
    said = api.message_of(asked, call)
    api.forget(said)
    if said.id == asked.response_id:
        api.done(asked)
    return 204, None


for _template in (ORIGINAL, FOLLOW_UP_MESSAGE):
    route("GET", _template, needs_token=False)(get_response)
    route("PATCH", _template, needs_token=False)(patch_response)
    route("DELETE", _template, needs_token=False)(delete_response)
