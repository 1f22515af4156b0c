"""Routes by Discord's own templates, a request taken apart, and refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord.loopback.state.objects import ApiError, Json
from tests.discord.loopback.validation.limits import Wrong
from tests.discord.loopback.validation.request_log import Record

if TYPE_CHECKING:
    from tests.discord.loopback.rest.api import Api


@dataclass(frozen=True, slots=True)
class Call:
    """A request taken apart. `files` and `names` have the uploaded files' sizes in bytes and names, by index."""

    record: Record
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: dict[int, int]
    names: dict[int, str]
    arrived: float

    @property
    def json(self) -> Json:
        """The body, or an empty object if it is not an object."""
        return self.body if isinstance(self.body, dict) else {}

    def id(self, name: str) -> int:
        """Return a path parameter as an identifier."""
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

    def route(self, method: str, *templates: str, needs_token: bool = True) -> Callable[[Handler], Handler]:
        """Register a handler for a method of one or more templates."""

        def register(handler: Handler) -> Handler:
            for template in templates:
                pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
                self._routes.append(Route(method, template, pattern, handler, needs_token))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        """Return the route of a path, or None, with the path's parameters."""
        for each in self._routes:
            if each.method == method and (match := each.pattern.fullmatch(path)):
                return each, match.groupdict()
        return None, {}


def errors_of(wrong: list[Wrong]) -> Json:
    """Return broken rules as the nested `errors` object of code 50035."""
    tree: Json = {}
    for each in wrong:
        node = tree
        for step in each.path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": "INVALID", "message": each.message})
    return tree


def refuse_if_wrong(record: Record, wrong: list[Wrong]) -> None:
    """Refuse a body that the OpenAPI description has rejected, or the limits with `wrong`."""
    record.wrong.extend(("limits", each) for each in wrong)
    if not record.wrong:
        return
    if all(each.empty for _, each in record.wrong):
        raise ApiError(400, 50006, "Cannot send an empty message")
    raise ApiError(400, 50035, "Invalid Form Body", errors_of([each for _, each in record.wrong]))
