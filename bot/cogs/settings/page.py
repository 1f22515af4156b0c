"""The panel of `/settings`: each setting with what it means, beside the button or above the menu that changes it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.services.titles import Title
from bot.storage.records import ServerSettings
from bot.ui.custom_ids import ChangeSetting, PickDefaultReview, PickMentionChannels, encode
from bot.ui.elements import (
    MAX_OPTIONS,
    Button,
    ButtonStyle,
    ChannelMenu,
    Element,
    Menu,
    Message,
    Option,
    Style,
    Text,
    TextWithButton,
)
from bot.ui.mention_channels import mention_line
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line, plain_line, title_apart

ALL_REVIEWS = "all"
"""The value of the option without a default review, which no review's key equals."""


def settings_message(
    settings: ServerSettings,
    default_review: Title | None,
    titles: Sequence[Title],
    words: Catalogue,
    *,
    retention_days: int,
    channels: Sequence[int] = (),
    deleted: int = 0,
) -> Message:
    """Return all of a server's settings, and what changes them.

    Args:
        settings: the settings.
        default_review: the default review, or None.
        titles: the reviews that the server can see.
        words: the catalogue of the manager's language.
        retention_days: how long questions are stored.
        channels: those of the channels where mentions get an answer that there still are.
        deleted: how many stored questions this change deleted.
    """
    stores = settings.store_questions
    elements: list[Element] = [
        Text(f"### {words.settings_heading}\n{words.settings_saved_at_once}"),
        _toggle(
            "private",
            settings.private_answers,
            words.settings_private if settings.private_answers else words.settings_public,
            words.settings_make_public if settings.private_answers else words.settings_make_private,
        ),
        _toggle(
            "spoilers",
            settings.hide_spoilers,
            words.settings_hidden if settings.hide_spoilers else words.settings_shown,
            words.settings_show if settings.hide_spoilers else words.settings_hide,
        ),
        _toggle(
            "questions",
            stores,
            words.settings_stores.format(days=retention_days) if stores else words.settings_stores_nothing,
            words.settings_store_no_more if stores else words.settings_store,
            # It deletes what is stored, at once.
            style=ButtonStyle.DANGER if stores else ButtonStyle.SECONDARY,
        ),
    ]
    if deleted:
        elements.append(Text(words.settings_deleted(deleted)))
    mentions = mention_line(settings, words)
    if len(settings.mention_channels) > min(len(channels), MAX_OPTIONS):
        mentions += f"\n{words.settings_more_channels}"
    elements += [
        Text(mentions),
        ChannelMenu(
            encode(PickMentionChannels()), plain_line(words.settings_pick_channels), tuple(channels[:MAX_OPTIONS])
        ),
        *_default_review(default_review, titles, words),
    ]
    return Message(tuple(elements), Style.READING, private=True)


def _toggle(
    name: str, on: bool, text: str, label: str, *, style: ButtonStyle = ButtonStyle.SECONDARY
) -> TextWithButton:
    return TextWithButton(Text(text), Button(label, encode(ChangeSetting(name, not on)), style=style))


def _default_review(default_review: Title | None, titles: Sequence[Title], words: Catalogue) -> list[Element]:
    def shown(title: Title) -> str:
        others = [other for other in titles if other is not title and other.text == title.text]
        return title_apart(title, title.text, others, words)

    line = (
        words.settings_default_review.format(title=escaped_line(shown(default_review), words.untitled))
        if default_review
        else words.settings_no_default_review
    )
    if len(titles) >= MAX_OPTIONS:
        return [Text(f"{line}\n{words.settings_too_many_reviews}")]
    options = (
        Option(plain_line(words.settings_all_reviews), ALL_REVIEWS, chosen=default_review is None),
        *(Option(plain_line(shown(title)), title.key, chosen=title is default_review) for title in titles),
    )
    return [Text(line), Menu(encode(PickDefaultReview()), plain_line(words.settings_all_reviews), options)]
