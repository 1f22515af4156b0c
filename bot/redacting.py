"""Log lines without tokens of any kind, at every level.

discord.py logs addresses that hold interaction tokens and whole gateway events; so what is redacted is found in the
finished line, tracebacks included, by its place and by its shape.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

REDACTED = "[redacted]"

_PATTERNS = (
    re.compile(r"(?<=/interactions/)(\d+/)[^/\s'\"?]+"),
    re.compile(r"(?<=/webhooks/)(\d+/)[^/\s'\"?]+"),
    re.compile(r"(?i)(['\"]?(?:\w+_)?(?:token|session_id)['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;})]+)"),
    re.compile(r"(?i)(\bsession(?: id:?)? ?)[0-9a-f]{16,}"),
    re.compile(r"(?i)(\bauthorization['\"]?\s*[:=]\s*['\"]?)Bot [^\s'\"]+"),
    # A bot's token, and an interaction's, which is base64 of more than a hundred characters.
    re.compile(r"()\b[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}"),
    re.compile(r"()(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/-]{80,}={0,2}"),
)


class Redacting(logging.Formatter):
    """Formats records, and then takes out what is secret; `secrets` are known ones."""

    def __init__(self, form: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(form)
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        """The line, with `REDACTED` where a token stood."""
        return redacted(super().format(record), self._secrets)


def redacted(line: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like one."""
    for secret in secrets:
        line = line.replace(secret, REDACTED)
    for pattern in _PATTERNS:
        line = pattern.sub(lambda found: f"{found[1]}{REDACTED}", line)
    return line
