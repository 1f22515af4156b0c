"""The link that adds the bot to a server, or to a member's own account."""

from __future__ import annotations

import discord

from bot.token import application_id

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
