"""One request from its arrival to its answer: faults, token, rate limits, oracles, route."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from tests.discord.loopback.faults import Fault, Faults
from tests.discord.loopback.gateway import abort
from tests.discord.loopback.rest.api import Api
from tests.discord.loopback.rest.rate_limits import Buckets
from tests.discord.loopback.rest.router import Call, Route, errors_of
from tests.discord.loopback.rest.routes import ROUTER
from tests.discord.loopback.state.world import ApiError, Json
from tests.discord.loopback.validation import openapi
from tests.discord.loopback.validation.ledger import CALLBACK, Ledger, Record
from tests.discord.loopback.validation.limits import Wrong

PREFIX = "/api/v10"


class Rest:
    """Answers HTTP."""

    def __init__(self, api: Api, faults: Faults, ledger: Ledger) -> None:
        self.api = api
        self.world = api.world
        self.faults = faults
        self.ledger = ledger
        self.buckets = Buckets(self.world)
        self.schema = openapi.load()
        self.defer_schema = False
        self.check_responses = False
        self.deferred: list[Record] = []
        self.revoked = False

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
        found, params = ROUTER.find(request.method, path)
        record = self.ledger.open(request.method, found.template if found else path, path)
        fault = self.faults.strike(record.method, record.template)
        try:
            return await self._answer(request, found, params, record, fault, raw, arrived)
        finally:
            self.world.signals.notify("request")

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
            body, files, names = await self._body(request, raw, record)
            record.body = body
            call = Call(record, params, dict(request.query), body, files, names, arrived)
            self._hold_against_schema(call)
            status, answer = await found.handler(self.api, call)
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

    async def _body(
        self, request: web.Request, raw: bytes, record: Record
    ) -> tuple[Any, dict[int, int], dict[int, str]]:
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
                    content = bytes(await part.read())
                    files[int(match[1])] = len(content)
                    names[int(match[1])] = part.filename or "file"
                    record.uploads[names[int(match[1])]] = content.decode("utf-8", "replace")
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
