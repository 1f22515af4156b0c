"""REST v10: routing, faults, tokens, rate limits, the oracles, and what each route does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from tests.discord.double import limits, payloads, schema
from tests.discord.double.faults import Fault, Faults
from tests.discord.double.gateway import Gateway, abort
from tests.discord.double.limits import Wrong
from tests.discord.double.state import (
    ACKNOWLEDGE_WITHIN,
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    FOLLOW_UPS_OF_A_USER_INSTALL,
    LOADING,
    MODAL_SUBMIT,
    PUBLIC_THREAD,
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
from tests.discord.double.verdict import (
    CALLBACK,
    CHANNEL_MESSAGE,
    CHANNEL_MESSAGES,
    FOLLOW_UP,
    FOLLOW_UP_MESSAGE,
    ORIGINAL,
    Ledger,
    Record,
)

PREFIX = "/api/v10"
COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"

BUCKETS: dict[tuple[str, str], tuple[int, float]] = {
    ("POST", CHANNEL_MESSAGES): (5, 5.0),
    ("PATCH", CHANNEL_MESSAGE): (5, 5.0),
    ("DELETE", CHANNEL_MESSAGE): (5, 1.0),
    ("POST", FOLLOW_UP): (5, 2.0),
    ("PATCH", ORIGINAL): (5, 2.0),
    ("PATCH", FOLLOW_UP_MESSAGE): (5, 2.0),
    ("POST", "/channels/{channel_id}/typing"): (5, 5.0),
    ("PUT", COMMANDS): (2, 10.0),
    ("PUT", GUILD_COMMANDS): (2, 10.0),
}
"""Requests, and the seconds in which they may be made. Discord publishes no numbers: these are those its
headers have been seen to carry."""
ANY_OTHER = (30, 1.0)
A_SECOND_GLOBALLY = 50
MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart."""

    record: Record
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: dict[int, int]
    names: dict[int, str]
    arrived: float

    def id(self, name: str) -> int:
        """A path parameter as an identifier."""
        value = self.params[name]
        if not value.isdigit():
            raise ApiError(400, 50035, "Invalid Form Body", errors_of([Wrong((name,), "not a snowflake")]))
        return int(value)


Handler = Callable[["Rest", Call], Awaitable[tuple[int, Any]]]


@dataclass(slots=True)
class Route:
    """A route by Discord's own template, which is also its name in the OpenAPI description."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    needs_token: bool


ROUTES: list[Route] = []


def route(method: str, template: str, *, needs_token: bool = True) -> Callable[[Handler], Handler]:
    """Register what answers a route."""

    def register(handler: Handler) -> Handler:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
        ROUTES.append(Route(method, template, pattern, handler, needs_token))
        return handler

    return register


def errors_of(wrong: list[Wrong]) -> Json:
    """Broken rules as the nested `errors` object of code 50035."""
    tree: Json = {}
    for each in wrong:
        node = tree
        for step in each.path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": "INVALID", "message": each.message})
    return tree


class Buckets:
    """Rate limits: fixed windows by route and major parameter, and the global one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.enforced = True
        self._used: dict[tuple[str, ...], tuple[float, int]] = {}
        self._second: tuple[float, int] = (0.0, 0)

    def take(self, call_route: Route, params: dict[str, str]) -> tuple[dict[str, str], float | None, bool]:
        """Headers, the seconds to wait where the bucket is empty, and whether that is the global one."""
        if call_route.template == CALLBACK or not self.enforced:
            return {}, None, False
        now = self.world.clock.now()
        most, window = BUCKETS.get((call_route.method, call_route.template), ANY_OTHER)
        name = hashlib.md5(f"{call_route.method} {call_route.template}".encode()).hexdigest()
        key = (name, *(params[each] for each in MAJOR if each in params))
        start, used = self._used.get(key, (now, 0))
        if now >= start + window:
            start, used = now, 0
        after = start + window - now
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Reset": f"{now + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": name,
        }
        if used >= most:
            return headers, after, False
        self._used[key] = (start, used + 1)
        if call_route.needs_token:
            # An interaction's own routes are outside of the global limit.
            second, count = self._second
            if now >= second + 1:
                second, count = now, 0
            if count >= A_SECOND_GLOBALLY:
                return headers, second + 1 - now, True
            self._second = (second, count + 1)
        return headers, None, False

    def exhaust(self, template: str, method: str, seconds: float) -> None:
        """Empty every bucket of a route for `seconds`."""
        name = hashlib.md5(f"{method} {template}".encode()).hexdigest()
        most, window = BUCKETS.get((method, template), ANY_OTHER)
        now = self.world.clock.now()
        for key in [key for key in self._used if key[0] == name]:
            self._used[key] = (now + seconds - window, most - 1)


class Rest:
    """Answers HTTP."""

    def __init__(self, world: World, gateway: Gateway, faults: Faults, ledger: Ledger, url: str) -> None:
        self.world = world
        self.gateway = gateway
        self.faults = faults
        self.ledger = ledger
        self.url = url
        self.buckets = Buckets(world)
        self.schema = schema.load()
        self.defer_schema = False
        self.check_responses = False
        self.deferred: list[Record] = []
        self.revoked = False
        self.command_puts = 0

    def judge_deferred(self) -> None:
        """Hold the bodies of a burst against the description, now that there is time."""
        for record in self.deferred:
            if self.schema is not None:
                found = self.schema.body(record.method, record.template, record.body)
                record.wrong.extend(("schema", wrong) for wrong in found)
        self.deferred.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, from its arrival to its answer."""
        arrived = self.world.clock.now()
        raw = await request.read() if not request.content_type.startswith("multipart/") else b""
        path = request.path.removeprefix(PREFIX)
        found, params = self._route(request.method, path)
        record = self.ledger.open(request.method, found.template if found else path, path)
        fault = self.faults.strike(record.method, record.template)
        try:
            return await self._answer(request, found, params, record, fault, raw, arrived)
        finally:
            self.world.signals.notify("request")

    def _route(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        for each in ROUTES:
            if each.method == method and (match := each.pattern.fullmatch(path)):
                return each, match.groupdict()
        return None, {}

    async def _answer(
        self,
        request: web.Request,
        found: Route | None,
        params: dict[str, str],
        record: Record,
        fault: Fault | None,
        raw: bytes,
        arrived: float,
    ) -> web.StreamResponse:
        if fault is not None and not fault.after:
            record.injected = True
            early = await self._suffer(fault, request, record)
            if early is not None:
                return early
            record.injected = False
        status, body, headers = await self._process(request, found, params, record, raw, arrived)
        record.status = status
        if isinstance(body, dict) and status >= 400:
            record.code = body.get("code")
        if self.check_responses and found is not None and self.schema is not None:
            wrong = self.schema.response(record.method, record.template, status, body)
            record.wrong.extend(("response", each) for each in wrong)
        if fault is not None and fault.after:
            record.injected = True
            self._lose(record)
            late = await self._suffer(fault, request, record)
            if late is not None:
                return late
        return self._reply(status, body, headers)

    def _lose(self, record: Record) -> None:
        if record.template == CALLBACK and record.interaction_id in self.world.interactions:
            self.world.interactions[record.interaction_id].lost_response = True

    async def _suffer(self, fault: Fault, request: web.Request, record: Record) -> web.StreamResponse | None:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "delay":
            return None
        if fault.kind == "status":
            record.status, record.code = fault.status, fault.code
            return self._reply(fault.status, fault.body(), fault.headers())
        record.status = 0
        if fault.kind == "reset":
            abort(request.transport)
        elif request.transport is not None:
            request.transport.close()
        raise web.HTTPInternalServerError

    async def _process(
        self,
        request: web.Request,
        found: Route | None,
        params: dict[str, str],
        record: Record,
        raw: bytes,
        arrived: float,
    ) -> tuple[int, Any, dict[str, str]]:
        if found is None:
            return 404, {"message": "404: Not Found", "code": 0}, {}
        headers, wait, is_global = self.buckets.take(found, params)
        try:
            if found.needs_token:
                self._check_token(request)
            if wait is not None:
                return 429, *self._limited(wait, is_global, headers)
            body, files, names = await self._body(request, raw)
            record.body = body
            call = Call(record, params, dict(request.query), body, files, names, arrived)
            self._hold_against_schema(call)
            status, answer = await found.handler(self, call)
        except ApiError as refused:
            self._excuse(record, refused)
            answer = {"message": refused.message, "code": refused.code}
            if refused.errors is not None:
                answer["errors"] = refused.errors
            return refused.status, answer, headers
        return status, answer, headers

    def _excuse(self, record: Record, refused: ApiError) -> None:
        """A second acknowledgement is no fault of the bot's where the answer to the first was lost."""
        asked = self.world.interactions.get(record.interaction_id or 0)
        if refused.code == 40060 and asked is not None and asked.lost_response:
            record.injected = True
            asked.lost_response = False

    def _check_token(self, request: web.Request) -> None:
        if self.revoked or request.headers.get(hdrs.AUTHORIZATION) != f"Bot {self.world.token}":
            raise ApiError(401, 0, "401: Unauthorized")

    @staticmethod
    def _limited(wait: float, is_global: bool, headers: dict[str, str]) -> tuple[Json, dict[str, str]]:
        fault = Fault("", "status", status=429, retry_after=round(wait + 0.001, 3), scope_global=is_global)
        return fault.body(), headers | fault.headers()

    async def _body(self, request: web.Request, raw: bytes) -> tuple[Any, dict[int, int], dict[int, str]]:
        files: dict[int, int] = {}
        names: dict[int, str] = {}
        text: str | bytes = raw
        if request.content_type.startswith("multipart/"):
            text = b""
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    continue
                if part.name == "payload_json":
                    text = await part.read()
                elif match := re.fullmatch(r"files\[(\d+)\]", part.name or ""):
                    files[int(match[1])] = len(await part.read())
                    names[int(match[1])] = part.filename or "file"
        elif raw and request.headers.get(hdrs.CONTENT_TYPE) != "application/json":
            wrong = Wrong((), "Expected \"Content-Type\" header to be one of {'application/json'}.")
            raise ApiError(400, 50035, "Invalid Form Body", errors_of([wrong]))
        if not text:
            return None, files, names
        try:
            return json.loads(text), files, names
        except ValueError:
            raise ApiError(400, 50109, "The request body contains invalid JSON.") from None

    def _hold_against_schema(self, call: Call) -> None:
        if call.body is None or self.schema is None:
            return
        if self.defer_schema:
            self.deferred.append(call.record)
            return
        wrong = list(self.schema.body(call.record.method, call.record.template, call.body))
        call.record.wrong.extend(("schema", each) for each in wrong)

    def refuse_if_wrong(self, record: Record, wrong: list[Wrong]) -> None:
        """Refuse a body that either oracle rejects; `wrong` is what the second one says."""
        record.wrong.extend(("limits", each) for each in wrong)
        if not record.wrong:
            return
        if all(each.empty for _, each in record.wrong):
            raise ApiError(400, 50006, "Cannot send an empty message")
        raise ApiError(400, 50035, "Invalid Form Body", errors_of([each for _, each in record.wrong]))

    @staticmethod
    def _reply(status: int, body: Any, headers: dict[str, str]) -> web.Response:
        if body is None:
            return web.Response(status=status, headers=headers)
        # Exactly this type, without a charset: discord.py compares the whole header.
        return web.Response(
            status=status,
            body=json.dumps(body).encode(),
            headers={**headers, hdrs.CONTENT_TYPE: "application/json"},
        )

    # What the bot may do, and where.

    def open_channel(self, channel_id: int) -> Channel:
        """A channel that the bot can see."""
        place = self.world.channel(channel_id)
        if place.guild_id is not None and not (
            self.world.permissions(place, self.world.bot.id) & Permission.VIEW_CHANNEL
        ):
            raise ApiError(403, 50001, "Missing Access")
        return place

    def _may_send(self, place: Channel, body: Json, files: dict[int, int]) -> None:
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
        said = Message(self.world.snowflake(), place.id, self.world.bot.id, self.world.clock.now(), **more)
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
        self.refuse_if_wrong(call.record, list(wrong))
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
            reference=self._reference_to(asked.message_id) if asked.type == COMPONENT else None,
        )

    def _reference_to(self, message_id: int | None) -> Json | None:
        said = self.world.messages.get(message_id or 0)
        if said is None:
            return None
        place = self.world.channels[said.channel_id]
        data: Json = {"type": 0, "message_id": str(said.id), "channel_id": str(place.id)}
        if place.guild_id is not None:
            data["guild_id"] = str(place.guild_id)
        return data


def _body(call: Call) -> Json:
    return call.body if isinstance(call.body, dict) else {}


# Login and the application.


@route("GET", "/gateway", needs_token=False)
async def gateway_url(rest: Rest, _: Call) -> tuple[int, Any]:
    return 200, {"url": rest.gateway.url}


@route("GET", "/gateway/bot")
async def gateway_bot(rest: Rest, _: Call) -> tuple[int, Any]:
    return 200, {
        "url": rest.gateway.url,
        "shards": rest.world.shards,
        "session_start_limit": {
            "total": 1000,
            "remaining": 1000 - len(rest.gateway.identifies),
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    }


@route("GET", "/users/@me")
async def me(rest: Rest, _: Call) -> tuple[int, Any]:
    more = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return 200, payloads.user(rest.world.bot) | more


async def application(rest: Rest, _: Call) -> tuple[int, Any]:
    return 200, {
        "id": str(rest.world.application_id),
        "name": rest.world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": payloads.user(rest.world.bot),
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
        "owner": payloads.user(rest.world.bot),
        "approximate_guild_count": len(rest.world.guilds),
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
async def emojis(_: Rest, __: Call) -> tuple[int, Any]:
    return 200, {"items": []}


# Commands.


def _scope(rest: Rest, call: Call) -> int | None:
    if call.id("application_id") != rest.world.application_id:
        raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    guild_id = call.id("guild_id")
    if not rest.world.bot_in(guild_id):
        raise ApiError(403, 50001, "Missing Access")
    return guild_id


def stored_command(rest: Rest, body: Json, scope: int | None, old: Json | None) -> Json:
    """A command as Discord keeps and returns it; `old` is the one whose place it takes."""
    kind = body.get("type") or 1
    data: Json = {
        "id": old["id"] if old else str(rest.world.snowflake()),
        "application_id": str(rest.world.application_id),
        "version": str(rest.world.snowflake()),
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


async def get_commands(rest: Rest, call: Call) -> tuple[int, Any]:
    return 200, rest.world.commands.get(_scope(rest, call), [])


async def put_commands(rest: Rest, call: Call) -> tuple[int, Any]:
    scope = _scope(rest, call)
    rest.command_puts += 1
    rest.refuse_if_wrong(call.record, list(limits.commands(call.body)))
    known = {(each["type"], each["name"]): each for each in rest.world.commands.get(scope, [])}
    rest.world.commands[scope] = [
        stored_command(rest, body, scope, known.get((body.get("type") or 1, body["name"]))) for body in call.body
    ]
    rest.world.signals.notify("commands")
    return 200, rest.world.commands[scope]


async def post_command(rest: Rest, call: Call) -> tuple[int, Any]:
    scope = _scope(rest, call)
    rest.refuse_if_wrong(call.record, list(limits.commands([call.body])))
    kept = rest.world.commands.setdefault(scope, [])
    key = (_body(call).get("type") or 1, _body(call)["name"])
    old = next((each for each in kept if (each["type"], each["name"]) == key), None)
    fresh = stored_command(rest, call.body, scope, old)
    rest.world.commands[scope] = [each for each in kept if each is not old] + [fresh]
    rest.world.signals.notify("commands")
    return 200 if old else 201, fresh


async def delete_command(rest: Rest, call: Call) -> tuple[int, Any]:
    scope = _scope(rest, call)
    kept = rest.world.commands.get(scope, [])
    left = [each for each in kept if each["id"] != call.params["command_id"]]
    if len(left) == len(kept):
        raise ApiError(404, 10063, "Unknown application command")
    rest.world.commands[scope] = left
    return 204, None


for _template in (COMMANDS, GUILD_COMMANDS):
    route("GET", _template)(get_commands)
    route("PUT", _template)(put_commands)
    route("POST", _template)(post_command)
    route("DELETE", f"{_template}/{{command_id}}")(delete_command)


# Servers, channels and people.


@route("GET", "/guilds/{guild_id}")
async def get_guild(rest: Rest, call: Call) -> tuple[int, Any]:
    if not rest.world.bot_in(call.id("guild_id")):
        raise ApiError(404, 10004, "Unknown Guild")
    return 200, payloads.guild(rest.world, rest.world.guilds[call.id("guild_id")], whole=False)


@route("GET", "/guilds/{guild_id}/members/{user_id}")
async def get_member(rest: Rest, call: Call) -> tuple[int, Any]:
    guild = rest.world.guilds.get(call.id("guild_id"))
    if guild is None or not rest.world.bot_in(guild.id):
        raise ApiError(403, 50001, "Missing Access")
    who = rest.world.users.get(call.id("user_id"))
    if who is None or who.id not in guild.members:
        raise ApiError(404, 10007, "Unknown Member")
    return 200, payloads.member(guild, who) | {"user": payloads.user(who)}


@route("GET", "/users/{user_id}")
async def get_user(rest: Rest, call: Call) -> tuple[int, Any]:
    who = rest.world.users.get(call.id("user_id"))
    if who is None:
        raise ApiError(404, 10013, "Unknown User")
    return 200, payloads.user(who)


@route("POST", "/users/@me/channels")
async def open_dm(rest: Rest, call: Call) -> tuple[int, Any]:
    rest.refuse_if_wrong(call.record, [])
    who = int(_body(call).get("recipient_id") or 0)
    if who not in rest.world.users or who == rest.world.bot.id:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return 200, payloads.channel(rest.world, rest.world.dm_with(who))


@route("GET", "/channels/{channel_id}")
async def get_channel(rest: Rest, call: Call) -> tuple[int, Any]:
    return 200, payloads.channel(rest.world, rest.open_channel(call.id("channel_id")))


@route("POST", "/channels/{channel_id}/typing")
async def typing(rest: Rest, call: Call) -> tuple[int, Any]:
    place = rest.open_channel(call.id("channel_id"))
    rest._may_send(place, {}, {})
    return 204, None


# Messages in channels.


@route("GET", CHANNEL_MESSAGES)
async def get_messages(rest: Rest, call: Call) -> tuple[int, Any]:
    place = rest.open_channel(call.id("channel_id"))
    if not rest.world.permissions(place, rest.world.bot.id) & Permission.READ_MESSAGE_HISTORY:
        return 200, []
    before = int(call.query.get("before", 1 << 63))
    after = int(call.query.get("after", 0))
    said = [each for each in place.messages.values() if after < each.id < before and each.visible_to is None]
    newest = sorted(said, key=lambda each: each.id, reverse=True)[: int(call.query.get("limit", 50))]
    return 200, [payloads.message(rest.world, each) for each in newest]


def _seen(rest: Rest, call: Call) -> Message:
    place = rest.open_channel(call.id("channel_id"))
    said = rest.world.message(place, call.id("message_id"))
    if said.visible_to is not None:
        raise ApiError(404, 10008, "Unknown Message")
    return said


@route("GET", CHANNEL_MESSAGE)
async def get_message(rest: Rest, call: Call) -> tuple[int, Any]:
    said = _seen(rest, call)
    place = rest.world.channels[said.channel_id]
    if not rest.world.permissions(place, rest.world.bot.id) & Permission.READ_MESSAGE_HISTORY:
        raise ApiError(403, 50013, "Missing Permissions")
    return 200, payloads.message(rest.world, said)


def _reference(rest: Rest, place: Channel, body: Json) -> Json | None:
    given = body.get("message_reference")
    if not isinstance(given, dict):
        return None
    number = int(given.get("message_id") or 0)
    if number not in place.messages:
        if given.get("fail_if_not_exists") is False:
            return None
        wrong = Wrong(("message_reference",), "Unknown message")
        raise ApiError(400, 50035, "Invalid Form Body", errors_of([wrong]))
    return rest._reference_to(number)


@route("POST", CHANNEL_MESSAGES)
async def post_message(rest: Rest, call: Call) -> tuple[int, Any]:
    place = rest.open_channel(call.id("channel_id"))
    call.record.channel_id = place.id
    body = _body(call)
    rest.refuse_if_wrong(call.record, list(limits.message(body, files=call.files)))
    rest._may_send(place, body, call.files)
    nonce = body.get("nonce")
    key = (place.id, str(nonce))
    if nonce is not None and body.get("enforce_nonce") and key in rest.world.nonces:
        known = rest.world.messages.get(rest.world.nonces[key])
        if known is not None:
            return 200, payloads.message(rest.world, known)
    reference = _reference(rest, place, body)
    said = rest.new_message(call, body, place, nonce=nonce, reference=reference, type=19 if reference else 0)
    if nonce is not None:
        rest.world.nonces[key] = said.id
    return 200, payloads.message(rest.world, said)


@route("PATCH", CHANNEL_MESSAGE)
async def patch_message(rest: Rest, call: Call) -> tuple[int, Any]:
    said = _seen(rest, call)
    place = rest.world.channels[said.channel_id]
    if said.author_id != rest.world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    return 200, payloads.message(rest.world, rest.edit(said, call, ephemeral_allowed=False))


@route("DELETE", CHANNEL_MESSAGE)
async def delete_message(rest: Rest, call: Call) -> tuple[int, Any]:
    said = _seen(rest, call)
    place = rest.world.channels[said.channel_id]
    may = rest.world.permissions(place, rest.world.bot.id)
    if said.author_id != rest.world.bot.id and not may & Permission.MANAGE_MESSAGES:
        raise ApiError(403, 50013, "Missing Permissions")
    if place.archived:
        raise ApiError(400, 50083, "Thread is archived")
    rest.forget(said)
    return 204, None


async def start_thread(rest: Rest, call: Call) -> tuple[int, Any]:
    parent = rest.open_channel(call.id("channel_id"))
    rest.refuse_if_wrong(call.record, [])
    may = rest.world.permissions(parent, rest.world.bot.id)
    if not may & Permission.CREATE_PUBLIC_THREADS:
        raise ApiError(403, 50013, "Missing Permissions")
    number = call.id("message_id") if "message_id" in call.params else rest.world.snowflake()
    if number in rest.world.channels:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    thread = Channel(number, PUBLIC_THREAD, str(_body(call)["name"]), parent.guild_id, parent.id, rest.world.bot.id)
    rest.world.channels[thread.id] = thread
    data = payloads.channel(rest.world, thread)
    rest.gateway.dispatch("THREAD_CREATE", data, guild_id=thread.guild_id, intent=int(Intents.GUILDS))
    return 201, data


route("POST", "/channels/{channel_id}/messages/{message_id}/threads")(start_thread)
route("POST", "/channels/{channel_id}/threads")(start_thread)


# Interactions.


@route("POST", CALLBACK, needs_token=False)
async def callback(rest: Rest, call: Call) -> tuple[int, Any]:
    asked = rest.world.interactions.get(call.id("interaction_id"))
    if asked is None or asked.token != call.params["interaction_token"]:
        raise ApiError(404, 10062, "Unknown interaction")
    call.record.interaction_id = asked.id
    asked.attempts += 1
    body = _body(call)
    kind = body.get("type")
    data = body.get("data")
    data = data if isinstance(data, dict) else {}
    rest.refuse_if_wrong(call.record, list(_callback_wrong(asked, kind, data, call.files)))
    if call.arrived - asked.created > ACKNOWLEDGE_WITHIN:
        raise ApiError(404, 10062, "Unknown interaction")
    if asked.acknowledged is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    updated = rest.world.messages.get(asked.message_id or 0)
    if kind == 7:
        if updated is None:
            raise ApiError(404, 10008, "Unknown Message")
        inner = Call(call.record, call.params, call.query, data, call.files, call.names, call.arrived)
        rest.edit(updated, inner, ephemeral_allowed=True)
    asked.acknowledged = call.arrived
    asked.callback_type = int(str(kind))
    if kind in (4, 5):
        asked.response_id = rest.respond(asked, call, data, loading=kind == 5).id
    elif kind in (6, 7):
        asked.response_id = asked.message_id
    elif kind == 8:
        asked.choices = data.get("choices")
    elif kind == 9:
        asked.modal = data
    if kind != 5:
        rest.done(asked)
    rest.world.signals.notify(("interaction", asked.id))
    rest.world.signals.notify("acknowledged")
    if call.query.get("with_response", "").lower() in ("1", "true"):
        return 200, payloads.callback(rest.world, asked)
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
async def follow_up(rest: Rest, call: Call) -> tuple[int, Any]:
    asked = rest.asked(call)
    body = _body(call)
    rest.refuse_if_wrong(call.record, list(limits.message(body, files=call.files, ephemeral_allowed=True)))
    if asked.thinking and asked.response_id is not None:
        # The first follow-up of a deferral takes the place of "is thinking".
        said = rest.edit(rest.world.messages[asked.response_id], call, ephemeral_allowed=True)
        rest.done(asked)
        return 200, payloads.message(rest.world, said, whole=True)
    if asked.user_install_alone and len(asked.follow_ups) >= FOLLOW_UPS_OF_A_USER_INSTALL:
        raise ApiError(400, 40094, "Maximum number of follow-up messages for this interaction reached")
    said = rest.respond(asked, call, body, loading=False)
    asked.follow_ups.append(said.id)
    rest.world.signals.notify(("interaction", asked.id))
    return 200, payloads.message(rest.world, said, whole=True)


async def get_response(rest: Rest, call: Call) -> tuple[int, Any]:
    said = rest.message_of(rest.asked(call), call)
    return 200, payloads.message(rest.world, said, whole=True)


async def patch_response(rest: Rest, call: Call) -> tuple[int, Any]:
    asked = rest.asked(call)
    said = rest.message_of(asked, call)
    rest.edit(said, call, ephemeral_allowed=False)
    if said.id == asked.response_id:
        rest.done(asked)
    rest.world.signals.notify(("interaction", asked.id))
    return 200, payloads.message(rest.world, said, whole=True)


async def delete_response(rest: Rest, call: Call) -> tuple[int, Any]:
    asked = rest.asked(call)
    said = rest.message_of(asked, call)
    rest.forget(said)
    if said.id == asked.response_id:
        rest.done(asked)
    return 204, None


for _template in (ORIGINAL, FOLLOW_UP_MESSAGE):
    route("GET", _template, needs_token=False)(get_response)
    route("PATCH", _template, needs_token=False)(patch_response)
    route("DELETE", _template, needs_token=False)(delete_response)
