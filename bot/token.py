"""Find the bot's token, and check its form. Discord is never asked, and no message shows a token."""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from embeddings import LibraryError, allows_others, data_folder_problem

TOKEN = "token"  # noqa: S105  # a file's name, not a token
"""The file in the data folder that holds the token if the environment names none."""

PORTAL = "https://discord.com/developers/applications"
"""Where the bot's owner finds its token."""

_VARIABLES = ("DISCORD_TOKEN", "DISCORD_BOT_TOKEN")
_FILE_VARIABLE = "DISCORD_TOKEN_FILE"
_FORM = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}")
_LARGEST_FILE = 4096


class SettingsError(LibraryError):
    """A setting is missing or invalid. The message says how to fix it and never holds a token."""


class NoTokenError(SettingsError):
    """No token is set."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bot's token, with the setting that gave it and the file that holds it, if any."""

    value: str = field(repr=False)
    setting: str
    file: Path | None = None

    @property
    def place(self) -> str:
        """Where the token was found: a variable, a variable and its file, or the data folder's file."""
        if self.file is None:
            return self.setting
        return str(self.file) if self.setting == TOKEN else f"{self.setting}: {self.file}"


def find_token(environ: Mapping[str, str], data: Path) -> Token:
    """Return the bot's token, from the environment or else from the data folder.

    Raises:
        NoTokenError: there is none.
        SettingsError: there are two, or it is not a token.
    """
    values = {name: environ.get(name, "").strip() for name in (*_VARIABLES, _FILE_VARIABLE)}
    found = [Token(values[name], name) for name in _VARIABLES if values[name]]
    if values[_FILE_VARIABLE]:
        found.append(_read_token(Path(values[_FILE_VARIABLE]), _FILE_VARIABLE))
    # Not `Path.exists`: it raises if the folder may not be searched.
    if not found and os.path.lexists(data / TOKEN):
        found.append(_read_token(data / TOKEN, TOKEN))
    if not found:
        problem = data_folder_problem(data)
        place = f"The token is on the Bot page of your application at {PORTAL}."
        raise NoTokenError(
            "There is no token. Set DISCORD_TOKEN, or DISCORD_TOKEN_FILE to a file that holds it"
            + (f". {problem}" if problem else f", or run `review-bot init`. {place}")
        )
    if len({token.value for token in found}) > 1:
        names = " and ".join(token.setting for token in found)
        raise SettingsError(f"{names} hold different tokens. Remove all but one.")
    # If the same token is set twice, the file counts: its permissions can be checked.
    check_token(found[-1].value, found[-1].place)
    return found[-1]


def check_token(token: str, place: str) -> None:
    """Check that a text has the form of a bot's token.

    Args:
        token: the text.
        place: where it was found, for the message.

    Raises:
        SettingsError: it does not.
    """
    if token.casefold().startswith("bot "):
        raise SettingsError(f'{place}: Remove the word "Bot" before the token.')
    if not _FORM.fullmatch(token):
        raise SettingsError(
            f"{place}: This is not a bot's token, which has three parts with dots between them. "
            "Copy it from the Bot page, where “Reset Token” shows a new one."
        )


def application_id(token: str) -> int:
    """Return the application's id, which is the first part of a token, in base64.

    Raises:
        SettingsError: the token names no application.
    """
    first = token.partition(".")[0]
    try:
        return int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii"))
    except (binascii.Error, ValueError):
        raise SettingsError(
            "The token names no application. Copy it again from the Bot page of your application."
        ) from None


def _read_token(file: Path, setting: str) -> Token:
    place = Token("", setting, file).place
    try:
        # Not `Path.is_file`: from Python 3.14 on it hides why a file can't be read.
        if not stat.S_ISREG(file.stat().st_mode):
            raise SettingsError(f"{place} is not a file.")
        if allows_others(file, stat.S_IWGRP | stat.S_IWOTH):
            raise SettingsError(f"{place} can be changed by other users. Run: chmod go-w {file}")
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
        value = content.decode("utf-8-sig").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise SettingsError(f"{place} is not a file.") from None
    except OSError as error:
        raise SettingsError(f"{place} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{place} is not text.") from None
    if not value or len(content) > _LARGEST_FILE:
        raise SettingsError(f"{place} must hold the token and nothing else.")
    return Token(value, setting, file)
