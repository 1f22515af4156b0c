"""A request from its arrival to its answer: faults, token, rate limits, validation, route."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from tests.discord.loopback.faults import Fault, Faults
from tests.discord.loopback.gateway import abort
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.rate_limits import RateLimits
from tests.discord.loopback.rest.router import Call, Route, errors_of
from tests.discord.loopback.rest.routes import ROUTER
from tests.discord.loopback.state.objects import ApiError
from tests.discord.loopback.validation import openapi
from tests.discord.loopback.validation.limits import Wrong
from tests.discord.loopback.validation.request_log import CALLBACK, Record, RequestLog

PREFIX = "/api/v10"
Reply = tuple[int, Any, dict[str, str]]
"""An answer: status, JSON body or None, headers."""


class Rest:
    """Answers HTTP requests.

    Attributes:
        defer_schema: True to validate against the OpenAPI description only once the report is asked for.
        check_responses: True to validate the loopback Discord's own answers.
        revoked: True if the bot's token is no longer valid.
    """

    def __init__(self, api: Api, faults: Faults, log: RequestLog) -> None:
        self.api = api
        self.world = api.world
        self.faults = faults
        self.log = log
        self.rate_limits = RateLimits(self.world)
        self.schema = openapi.load()
        self.defer_schema = False
        self.check_responses = False
        self.revoked = False
        self._deferred: list[Record] = []

    def validate_deferred(self) -> None:
        """Validate the bodies of a burst, now that there is time."""
        for record in self._deferred:
            self._validate(record)
        self._deferred.clear()

    def _validate(self, record: Record) -> None:
        if self.schema is not None and record.body is not None:
            found = self.schema.body(record.method, record.template, record.body)
            record.wrong.extend(("schema", wrong) for wrong in found)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        arrived = self.world.clock.now()
        if not request.content_type.startswith("multipart/"):
            await request.read()
        path = request.path.removeprefix(PREFIX)
        route, params = ROUTER.find(request.method, path)
        record = self.log.open(request.method, route.template if route else path, path)
        fault = self.faults.strike(record.method, record.template)
        try:
            reply = None
            if fault is not None and not fault.after:
                reply = await self._strike(fault, request, record)
            if reply is None:
                reply = await self._process(request, route, params, record, arrived)
                record.status = reply[0]
                if isinstance(reply[1], dict) and record.status >= 400:
                    record.code = reply[1].get("code")
                if self.check_responses and route is not None and self.schema is not None:
                    wrong = self.schema.response(record.method, record.template, reply[0], reply[1])
                    record.wrong.extend(("response", each) for each in wrong)
                if fault is not None and fault.after:
                    if record.template == CALLBACK and record.interaction_id in self.world.interactions:
                        self.world.interactions[record.interaction_id].lost_response = True
                    reply = await self._strike(fault, request, record) or reply
        finally:
            self.world.signals.notify("request")
        return self._response(*reply)

    async def _strike(self, fault: Fault, request: web.Request, record: Record) -> Reply | None:
        """Let a fault happen; return the answer that it gives, or None if the request goes on."""
        record.injected = True
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "delay":
            record.injected = fault.after
            return None
        if fault.kind == "status":
            record.status, record.code = fault.status, fault.code
            return fault.status, fault.body(), fault.headers()
        record.status = 0
        if fault.kind == "reset":
            abort(request.transport)
        elif request.transport is not None:
            request.transport.close()
        raise web.HTTPInternalServerError

    async def _process(
        self, request: web.Request, route: Route | None, params: dict[str, str], record: Record, arrived: float
    ) -> Reply:
        if route is None:
            return 404, {"message": "404: Not Found", "code": 0}, {}
        headers, wait, is_global = self.rate_limits.take(route, params)
        try:
            authorized = request.headers.get(hdrs.AUTHORIZATION) == f"Bot {self.world.token}" and not self.revoked
            if route.needs_token and not authorized:
                raise ApiError(401, 0, "401: Unauthorized")
            if wait is not None:
                limited = Fault("", "status", status=429, retry_after=round(wait + 0.001, 3), scope_global=is_global)
                return 429, limited.body(), headers | limited.headers()
            record.body, files, names = await self._body(request, record)
            if self.defer_schema:
                self._deferred.append(record)
            else:
                self._validate(record)
            call = Call(record, params, dict(request.query), record.body, files, names, arrived)
            return *(await route.handler(self.api, call)), headers
        except ApiError as refused:
            self._excuse(record, refused)
            errors = {} if refused.errors is None else {"errors": refused.errors}
            return refused.status, {"message": refused.message, "code": refused.code} | errors, headers

    def _excuse(self, record: Record, refused: ApiError) -> None:
        """Excuse a second acknowledgement if the answer to the first was lost."""
        interaction = self.world.interactions.get(record.interaction_id or 0)
        if refused.code == 40060 and interaction is not None and interaction.lost_response:
            record.injected = True
            interaction.lost_response = False

    async def _body(self, request: web.Request, record: Record) -> tuple[Any, dict[int, int], dict[int, str]]:
        """Return a request's JSON, and the sizes and names of its files."""
        files: dict[int, int] = {}
        names: dict[int, str] = {}
        if request.content_type.startswith("multipart/"):
            text: bytes | bytearray = b""
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    continue
                if part.name == "payload_json":
                    text = await part.read()
                elif match := re.fullmatch(r"files\[(\d+)\]", part.name or ""):
                    content, number = await part.read(), int(match[1])
                    files[number], names[number] = len(content), part.filename or "file"
                    record.uploads[names[number]] = content.decode("utf-8", "replace")
        else:
            text = await request.read()
            if text and request.headers.get(hdrs.CONTENT_TYPE) != "application/json":
                wrong = Wrong((), "Expected \"Content-Type\" header to be one of {'application/json'}.")
                raise ApiError(400, 50035, "Invalid Form Body", errors_of([wrong]))
        try:
            return json.loads(text) if text else None, files, names
        except ValueError:
            raise ApiError(400, 50109, "The request body contains invalid JSON.") from None

    @staticmethod
    def _response(status: int, body: Any, headers: dict[str, str]) -> web.Response:
        if body is None:
            return web.Response(status=status, headers=headers)
        # Exactly this type, without a charset: discord.py compares the whole header.
        headers = {**headers, hdrs.CONTENT_TYPE: "application/json"}
        return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)
