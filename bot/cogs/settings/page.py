"""The page of `/settings`."""

from __future__ import annotations

from bot.config import SETTINGS_CHANNELS
from bot.storage.records import ServerSettings
from bot.ui.elements import Message, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line


def settings_message(
    settings: ServerSettings, default_review: str | None, words: Catalogue, *, retention_days: int, deleted: int = 0
) -> Message:
    """Return all of a server's settings.

    Args:
        settings: the settings.
        default_review: the default review's title, or None.
        words: the catalogue of the manager's language.
        retention_days: how long questions are stored.
        deleted: how many stored questions this change deleted.
    """
    channels = " ".join(f"<#{channel}>" for channel in settings.mention_channels[:SETTINGS_CHANNELS])
    if len(settings.mention_channels) > SETTINGS_CHANNELS:
        channels += " …"
    stores = settings.store_questions
    stored = words.settings_stores.format(days=retention_days) if stores else words.settings_stores_nothing
    lines = (
        words.settings_private if settings.private_answers else words.settings_public,
        words.settings_hidden if settings.hide_spoilers else words.settings_shown,
        words.settings_mentions_in.format(channels=channels) if channels else words.settings_mentions_everywhere,
        words.settings_default_review.format(title=escaped_line(default_review, words.untitled))
        if default_review
        else words.settings_no_default_review,
        stored,
        *([words.settings_deleted(deleted)] if deleted else []),
    )
    text = Text("\n".join((f"### {words.settings_heading}", *lines)))
    return Message((text,), Style.READING, private=True)
