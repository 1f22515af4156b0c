"""Remove tokens of every kind from log lines, at every level.

discord.py logs addresses that hold interaction tokens. So a token is found by its place and by its shape, in messages,
in tracebacks and in every field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

REDACTED = "[redacted]"

_BY_PLACE = (
    re.compile(r"(?<=/interactions/)(\d+/)[^/\s'\"?]+"),
    re.compile(r"(?<=/webhooks/)(\d+/)[^/\s'\"?]+"),
    re.compile(r"(?i)(['\"]?(?:\w+_)?(?:token|session_id)['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;})]+)"),
    re.compile(r"(?i)(\bsession(?: id:?)? ?)[0-9a-f]{16,}"),
    re.compile(r"(?i)(\bauthorization['\"]?\s*[:=]\s*['\"]?)Bot [^\s'\"]+"),
)
_BY_SHAPE = (
    # A bot's token, and an interaction's, which is base64 of more than a hundred characters.
    re.compile(r"()\b[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}"),
    re.compile(r"()(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/-]{80,}={0,2}"),
)
_SECRET_NAME = re.compile(r"(?i)(?:\w+_)?(?:token|session_id)|authorization")


def redact(text: str, secrets: Iterable[str] = (), *, by_place: bool = True) -> str:
    """Return a text without known secrets and without anything that looks like one.

    Args:
        text: the text to write.
        secrets: the known secrets.
        by_place: whether to look in places of tokens as well. This would unbalance the quotes of JSON.
    """
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    for pattern in (*_BY_PLACE, *_BY_SHAPE) if by_place else _BY_SHAPE:
        text = pattern.sub(lambda found: f"{found[1]}{REDACTED}", text)
    return text


def redact_fields(fields: Mapping[str, object], secrets: Iterable[str] = ()) -> dict[str, object]:
    """Redact named values, at any depth. A value that is neither text nor a number becomes text."""
    known = tuple(secrets)
    return {
        redact(str(name), known): REDACTED if _SECRET_NAME.fullmatch(str(name)) else _redact_value(value, known)
        for name, value in fields.items()
    }


def _redact_value(value: object, secrets: tuple[str, ...]) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return redact_fields(value, secrets)
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(each, secrets) for each in value]
    return redact(value if isinstance(value, str) else repr(value), secrets)
