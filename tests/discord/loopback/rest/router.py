"""Routes by Discord's own templates, one request taken apart, and refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord.loopback.state.world import ApiError, Json
from tests.discord.loopback.validation.ledger import Record
from tests.discord.loopback.validation.limits import Wrong

if TYPE_CHECKING:
    from tests.discord.loopback.rest.api import Api

COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


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


Handler = Callable[["Api", Call], Awaitable[tuple[int, Any]]]


@dataclass(slots=True)
class Route:
    """A route by Discord's own template, which is also its name in the OpenAPI description."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    needs_token: bool


class Router:
    """All routes."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def route(self, method: str, template: str, *, needs_token: bool = True) -> Callable[[Handler], Handler]:
        """Register what answers a route."""

        def register(handler: Handler) -> Handler:
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
            self._routes.append(Route(method, template, pattern, handler, needs_token))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        """The route of a path, with the path's parameters; nothing where there is none."""
        for each in self._routes:
            if each.method == method and (match := each.pattern.fullmatch(path)):
                return each, match.groupdict()
        return None, {}


def errors_of(wrong: list[Wrong]) -> Json:
    """Broken rules as the nested `errors` object of code 50035."""
    tree: Json = {}
    for each in wrong:
        node = tree
        for step in each.path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": "INVALID", "message": each.message})
    return tree


def refuse_if_wrong(record: Record, wrong: list[Wrong]) -> None:
    """Refuse a body that either oracle rejects; `wrong` is what the second one says."""
    record.wrong.extend(("limits", each) for each in wrong)
    if not record.wrong:
        return
    if all(each.empty for _, each in record.wrong):
        raise ApiError(400, 50006, "Cannot send an empty message")
    raise ApiError(400, 50035, "Invalid Form Body", errors_of([each for _, each in record.wrong]))
