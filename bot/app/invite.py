"""The link that adds the bot to a server, or to a member's own account."""

from __future__ import annotations

import base64
import binascii

import discord

from bot.token import SettingsError

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    read_message_history=True,
)
"""274877991936: what the bot needs and no more."""

SCOPES = ("bot", "applications.commands")


def invite_link(token: str) -> str:
    """Return the link that adds a token's application.

    Raises:
        SettingsError: the token names no application.
    """
    return discord.utils.oauth_url(application_id(token), permissions=PERMISSIONS, scopes=SCOPES)


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
