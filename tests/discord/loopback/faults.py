"""Faults to inject: what goes wrong, in which requests, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.discord.loopback.state.objects import Json

KINDS = ("status", "reset", "close", "silence", "delay")


@dataclass(slots=True)
class Fault:
    """A fault of a route.

    Attributes:
        route: a regular expression for `METHOD /template`, such as `POST /interactions/.*/callback`. The gateway's
            handshake is `GET /gateway/`.
        kind: `status` answers with `status`, `code` and `headers`; `reset` breaks the connection with a TCP reset;
            `close` ends it; `silence` never answers; `delay` only waits.
        after: True if Discord does what was asked before the fault.
        times: how often it strikes, or None for always.
        seconds: how long a `delay` or a `silence` is.
        status: the HTTP status.
        code: the JSON code.
        via: True if the answer has the `Via` header that Discord's own proxy sets.
        retry_after: what a 429 asks for, in seconds.
        scope_global: True if a 429 is the global one.
        hits: how often it has struck.
    """

    route: str
    kind: str
    after: bool = False
    times: int | None = 1
    seconds: float = 0.0
    status: int = 500
    code: int = 0
    via: bool = True
    retry_after: float = 0.1
    scope_global: bool = False
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind}. Use one of {', '.join(KINDS)}.")

    def body(self) -> Json:
        """Return the body of a `status` fault."""
        if self.status == 429:
            return {
                "message": "You are being rate limited.",
                "retry_after": self.retry_after,
                "global": self.scope_global,
            }
        return {"message": f"{self.status}: injected", "code": self.code}

    def headers(self) -> dict[str, str]:
        """Return the headers of a `status` fault."""
        headers = {"Via": "1.1 google"} if self.via else {}
        if self.status == 429:
            headers["Retry-After"] = str(max(1, round(self.retry_after)))
            headers["X-RateLimit-Scope"] = "global" if self.scope_global else "user"
            if self.scope_global:
                headers["X-RateLimit-Global"] = "true"
        return headers


class Faults:
    """The faults that are laid, in order."""

    def __init__(self) -> None:
        self.laid: list[Fault] = []

    def lay(self, fault: Fault) -> None:
        self.laid.append(fault)

    def idle(self) -> list[Fault]:
        """Return those that should have struck a number of times and never did."""
        return [fault for fault in self.laid if fault.times is not None and not fault.hits]

    def clear(self) -> None:
        self.laid.clear()

    def strike(self, method: str, template: str) -> Fault | None:
        """Return the fault that strikes this request, if any, and count it."""
        for fault in self.laid:
            if not re.fullmatch(fault.route, f"{method} {template}"):
                continue
            if fault.times is not None:
                if fault.times == 0:
                    continue
                fault.times -= 1
            fault.hits += 1
            return fault
        return None
