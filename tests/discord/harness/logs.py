"""What a bot must not log: errors, blocked heartbeats, and tokens."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

BLOCKED = "heartbeat blocked"
ERROR_LINE = re.compile(
    r"\b(?:ERROR|CRITICAL)\b|\"level\": \"(?:error|critical)\"|^Traceback \(most recent call last\):", re.MULTILINE
)


class LogWatch(logging.Handler):
    """Records everything that is logged, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.lines: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self.errors.append(line)

    def problems(self, secrets: Iterable[str] = ()) -> list[str]:
        """Return what must not have been logged. `secrets` has the tokens of `Loopback.secrets`."""
        return [*self.errors, *problems_in("\n".join(self.lines), secrets, errors=False)]

    def assert_clean(self, secrets: Iterable[str] = ()) -> None:
        """Fail if the log has an error, a blocked heartbeat or a token."""
        found = self.problems(secrets)
        assert not found, "\n".join(found)


def problems_in(text: str, secrets: Iterable[str] = (), *, errors: bool = True) -> list[str]:
    """Return the same for the output of a process. A token is named only by its first characters."""
    lines = text.splitlines()
    found = [line for line in lines if errors and ERROR_LINE.search(line)]
    found += [line for line in lines if BLOCKED in line]
    found += [f"a token is in the log: {secret[:8]}..." for secret in secrets if secret in text]
    return found


@contextmanager
def watch(level: int = logging.INFO) -> Iterator[LogWatch]:
    """Watch the log from `level` on. Other handlers still receive all that they did."""
    handler, root = LogWatch(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before, level))
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
