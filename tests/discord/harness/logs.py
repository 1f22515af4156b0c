"""What a bot must not log: errors, a blocked heartbeat, tokens of any kind."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

BLOCKED = "heartbeat blocked"
SPEAKS_OF_AN_ERROR = re.compile(
    r"\b(?:ERROR|CRITICAL)\b|\"level\": \"(?:error|critical)\"|^Traceback \(most recent call last\):", re.MULTILINE
)


class LogWatch(logging.Handler):
    """Keeps every record of the root logger, at every level, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.lines: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        line = self.format(record)
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self.errors.append(line)

    def problems(self, secrets: Iterable[str] = ()) -> list[str]:
        """What must not have been logged; `secrets` are the tokens of `Discord.secrets`."""
        return [*self.errors, *problems_in("\n".join(self.lines), secrets, errors=False)]

    def assert_clean(self, secrets: Iterable[str] = ()) -> None:
        """Fail on an ERROR line, a blocked heartbeat or a token."""
        found = self.problems(secrets)
        assert not found, "\n".join(found)


def problems_in(text: str, secrets: Iterable[str] = (), *, errors: bool = True) -> list[str]:
    """The same for the output of a subprocess. A token is named by its first characters alone."""
    lines = text.splitlines()
    found = [line for line in lines if errors and SPEAKS_OF_AN_ERROR.search(line)]
    found += [line for line in lines if BLOCKED in line]
    found += [f"a token is in the log: {secret[:8]}..." for secret in secrets if secret in text]
    return found


@contextmanager
def watch(level: int = logging.INFO) -> Iterator[LogWatch]:
    """Watch the log from `level` on; whoever watches it already goes on seeing as much."""
    handler, root = LogWatch(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before, level))
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
