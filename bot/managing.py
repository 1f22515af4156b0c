"""A server's settings as a message."""

from __future__ import annotations

from bot.catalogue import Catalogue
from bot.messages import name
from bot.parts import Look, Message, Text
from bot.store import ServerSettings

MOST_CHANNELS = 50
"""Channels named in the message; more would not fit."""


def settings_message(settings: ServerSettings, default_review: str | None, words: Catalogue) -> Message:
    """All of a server's settings, for the member alone who asked.

    Args:
        settings: as they are now.
        default_review: that review's title, or None.
        words: in which to say it.
    """
    channels = " ".join(f"<#{channel}>" for channel in settings.mention_channels[:MOST_CHANNELS])
    if len(settings.mention_channels) > MOST_CHANNELS:
        channels += " …"
    lines = (
        words.settings_private if settings.private_answers else words.settings_public,
        words.settings_hidden if settings.hide_spoilers else words.settings_shown,
        words.settings_mentions_in.format(channels=channels) if channels else words.settings_mentions_everywhere,
        words.settings_default_review.format(title=name(default_review, words.untitled))
        if default_review
        else words.settings_no_default_review,
    )
    text = Text("\n".join((f"### {words.settings_heading}", *lines)))
    return Message((text,), Look.READING, private=True)
