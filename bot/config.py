"""The bot's settings, from the environment; nothing is read until `Settings.from_environment` is called.

| variable | meaning | default |
| --- | --- | --- |
| `DISCORD_TOKEN` or `DISCORD_BOT_TOKEN` | the bot's token | |
| `DISCORD_TOKEN_FILE` | a file that holds the token, instead | `token` in the data directory |
| `REVIEW_BOT_DATA` | the data directory | `data` |
| `REVIEW_BOT_MEMBER_WAIT` | seconds between two questions of one member; 0 for none | 3 |
| `REVIEW_BOT_SERVER_RATE` | questions a minute in one server; 0 for any number | 60 |
| `REVIEW_BOT_QUEUE` | questions that may wait for the engine before it says "busy" | 1000 |
| `REVIEW_BOT_READER` | what reads the closest sentences again: `shipped`, `none`, or a CrossEncoder | `shipped` |
| `REVIEW_BOT_KEEP_DAYS` | days for which questions are kept, in servers that have chosen to keep them | 30 |
| `REVIEW_BOT_GRACE_DAYS` | days after which the data of a server that the bot has left are deleted | 7 |
| `REVIEW_BOT_LOG_LEVEL` | `DEBUG`, `INFO`, `WARNING` or `ERROR` | `INFO` |
| `REVIEW_BOT_LOG_FORMAT` | `text` or `json`, one object a line | `text` in a terminal, else `json` |
| `REVIEW_BOT_HEALTH_HOST` | the address that health checks and metrics are served at | `127.0.0.1` |
| `REVIEW_BOT_HEALTH_PORT` | their port; 0 for none of them | 9464 |
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from embeddings import SHIPPED, LibraryError

TOKEN = "token"  # noqa: S105  # a file's name, not a token
"""The file in the data directory that holds the token where the environment names none."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")

MOST_DAYS = 36_500
"""Days, a hundred years, for which anything may be kept: a day so long ago still has a date."""

PORTAL = "https://discord.com/developers/applications"
"""Where a bot's owner finds its token."""

_TOKENS = ("DISCORD_TOKEN", "DISCORD_BOT_TOKEN")
_TOKEN_FILE = "DISCORD_TOKEN_FILE"  # noqa: S105  # a variable's name, not a token
_TOKEN_FORM = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}")
_LONGEST_TOKEN_FILE = 4096


class SettingsError(LibraryError):
    """A setting that is missing or can't be used: set it, or mend it. Never names a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bot's token, with the setting that gave it and the file that holds it, if one does."""

    value: str = field(repr=False)
    setting: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the bot is started with. `token` is left out of its representation, and so of every log."""

    token: str = field(repr=False)
    data: Path = Path("data")
    member_wait: float = 3.0
    server_rate: int = 60
    queue: int = 1000
    log_level: str = "INFO"
    reranker: str = SHIPPED
    retention_days: int = 30
    grace_days: int = 7
    log_format: str | None = None
    health_host: str = "127.0.0.1"
    health_port: int = 9464

    @property
    def store(self) -> Path:
        """The database of server settings."""
        return self.data / "bot.sqlite3"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], data: Path | None = None) -> Self:
        """Read the settings.

        Args:
            environ: the environment.
            data: the data directory, where it is not the environment that names it.

        Raises:
            SettingsError: one is missing or can't be used; the message is one line that says what to do.
        """
        data = data or Path(_value(environ, "REVIEW_BOT_DATA") or "data")
        return cls(
            token=find_token(environ, data).value,
            data=data,
            member_wait=_number(environ, "REVIEW_BOT_MEMBER_WAIT", 3.0),
            server_rate=_whole_number(environ, "REVIEW_BOT_SERVER_RATE", 60, least=0),
            queue=_whole_number(environ, "REVIEW_BOT_QUEUE", 1000, least=1),
            retention_days=_whole_number(environ, "REVIEW_BOT_KEEP_DAYS", 30, least=1, most=MOST_DAYS),
            grace_days=_whole_number(environ, "REVIEW_BOT_GRACE_DAYS", 7, least=0, most=MOST_DAYS),
            log_level=_one_of(environ, "REVIEW_BOT_LOG_LEVEL", LOG_LEVELS) or "INFO",
            reranker=_value(environ, "REVIEW_BOT_READER") or SHIPPED,
            log_format=_one_of(environ, "REVIEW_BOT_LOG_FORMAT", LOG_FORMATS),
            health_host=_value(environ, "REVIEW_BOT_HEALTH_HOST") or "127.0.0.1",
            health_port=_whole_number(environ, "REVIEW_BOT_HEALTH_PORT", 9464, least=0, most=65535),
        )


def _value(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def find_token(environ: Mapping[str, str], data: Path) -> Token:
    """The bot's token: from the environment, or else from the data directory.

    Raises:
        SettingsError: there is none, there are two, or it can't be one.
    """
    given: dict[str, Token] = {name: Token(value, name) for name in _TOKENS if (value := _value(environ, name))}
    named = _value(environ, _TOKEN_FILE)
    if named:
        given[_TOKEN_FILE] = _token_in(Path(named), _TOKEN_FILE)
    # Not `Path.exists`: it raises where the folder may not be looked into.
    if not given and os.path.lexists(data / TOKEN):
        given[TOKEN] = _token_in(data / TOKEN, TOKEN)
    if not given:
        raise SettingsError(
            "no token: set DISCORD_TOKEN, or DISCORD_TOKEN_FILE to a file that holds it, or run `review-bot init`; "
            f"it is on the Bot page of your application at {PORTAL}"
        )
    if len({token.value for token in given.values()}) > 1:
        raise SettingsError(f"{' and '.join(given)} hold different tokens; leave all but one out")
    # Of the same token twice the file is named: it is what can be looked after.
    token = list(given.values())[-1]
    check_token(token.value, _where(token.setting, token.file))
    return token


def check_token(token: str, place: str) -> None:
    """See whether a text has the form of a bot's token; Discord is not asked.

    Args:
        token: the text.
        place: where it stands, for the message.

    Raises:
        SettingsError: it hasn't.
    """
    if token.casefold().startswith("bot "):
        raise SettingsError(f'{place}: leave out the word "Bot" before the token')
    if not _TOKEN_FORM.fullmatch(token):
        raise SettingsError(
            f"{place}: this is not a bot's token, which has three parts with dots between them; "
            "copy it from the Bot page, where *Reset Token* shows a new one"
        )


def _where(setting: str, file: Path | None) -> str:
    """Where a token stands: the setting that names its file with it, but for the file that needs none."""
    if file is None:
        return setting
    return str(file) if setting == TOKEN else f"{setting}: {file}"


def _token_in(file: Path, setting: str) -> Token:
    where = _where(setting, file)
    try:
        if not file.is_file():
            raise SettingsError(f"{where} is not a file")
        if file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise SettingsError(f"{where} can be changed by other users; run: chmod go-w {file}")
        with file.open("rb") as opened:
            content = opened.read(_LONGEST_TOKEN_FILE + 1)
        token = content.decode("utf-8-sig").strip()
    except OSError as error:
        raise SettingsError(f"{where} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{where} is not text") from None
    if not token or len(content) > _LONGEST_TOKEN_FILE:
        raise SettingsError(f"{where} should hold the token and nothing else")
    return Token(token, setting, file)


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    value = _value(environ, name)
    try:
        number = float(value or default)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise SettingsError(f"{name}={value}: give a number of seconds, 0 or more")
    return number


def _whole_number(environ: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None) -> int:
    value = _value(environ, name)
    try:
        number = int(value or default)
    except ValueError:
        number = least - 1
    if number < least or (most is not None and number > most):
        limits = f"{least} or more" if most is None else f"{least} to {most}"
        raise SettingsError(f"{name}={value}: give a whole number, {limits}")
    return number


def _one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    """The choice that is meant, in whatever case it is written, or None where none is."""
    value = _value(environ, name)
    chosen = next((choice for choice in choices if choice.casefold() == value.casefold()), None)
    if value and chosen is None:
        raise SettingsError(f"{name}={value}: give one of {', '.join(choices)}")
    return chosen
