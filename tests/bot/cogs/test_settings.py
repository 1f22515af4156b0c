from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cogs.settings.page import settings_message
from bot.cogs.settings.service import TOGGLES
from bot.services.titles import Title
from bot.storage.records import ServerSettings
from bot.ui.custom_ids import ChangeSetting, PickDefaultReview, PickMentionChannels, decode
from bot.ui.elements import ChannelMenu, Menu, Message
from bot.ui.strings import ENGLISH
from tests.bot.fixtures.checks import OWN_WORDS, check, lines_of

TITLES = tuple(Title("shared", f"film-{number}", f"Film *{number}*", (), ()) for number in range(3))
CHANNELS = frozenset({"channel mention"})


def panel(settings: ServerSettings, chosen: Title | None = None, titles: tuple[Title, ...] = TITLES) -> Message:
    return settings_message(settings, chosen, titles, ENGLISH, retention_days=30, channels=settings.mention_channels)


@pytest.mark.parametrize("on", [False, True])
def test_each_toggle_says_what_it_means_and_turns_it_round(on: bool) -> None:
    settings = ServerSettings()
    for change in TOGGLES.values():
        settings = change(settings, on)
    message = panel(settings)
    actions = [decode(button.custom_id) for button in message.buttons()]
    assert actions == [ChangeSetting(name, not on) for name in TOGGLES]
    labels = [button.label for button in message.buttons()]
    assert labels == (
        ["Make public", "Show spoilers", "Stop and delete"] if on else ["Make private", "Hide spoilers", "Store"]
    )
    check(message, own=frozenset(OWN_WORDS))


@pytest.mark.parametrize(("deleted", "told"), [(1, "1 stored question was"), (12, "12 stored questions were")])
def test_settings_say_how_many_stored_questions_they_deleted(deleted: int, told: str) -> None:
    message = settings_message(ServerSettings(), None, TITLES, ENGLISH, retention_days=30, deleted=deleted)
    assert f"{told} deleted." in lines_of(message)
    assert not any("deleted" in line for line in lines_of(panel(ServerSettings())))


def test_menus_show_the_chosen_channels_and_review() -> None:
    settings = replace(ServerSettings(), mention_channels=(5, 6), default_review="film-1")
    message = panel(settings, TITLES[1])
    (channels,) = [element for element in message.elements if isinstance(element, ChannelMenu)]
    assert (decode(channels.custom_id), channels.chosen) == (PickMentionChannels(), (5, 6))
    (review,) = [element for element in message.elements if isinstance(element, Menu)]
    assert decode(review.custom_id) == PickDefaultReview()
    assert [(option.label, option.chosen) for option in review.options] == [
        ("All reviews", False),
        ("Film *0*", False),
        ("Film *1*", True),
        ("Film *2*", False),
    ]
    assert "**Questions** are about Film \\*1\\*, unless they name another review." in lines_of(message)
    check(message, own=frozenset(OWN_WORDS) | CHANNELS)


def test_many_channels_and_reviews_keep_discords_limits() -> None:
    many = tuple(Title("shared", f"f{number}", "x" * 200, (), ()) for number in range(40))
    settings = replace(ServerSettings(), mention_channels=tuple(range(10**18, 10**18 + 60)))
    message = panel(settings, many[3], many)
    assert not [element for element in message.elements if isinstance(element, Menu)]
    assert "`default_review` chooses one of many reviews" in "\n".join(lines_of(message))
    check(message, own=frozenset(OWN_WORDS) | CHANNELS)
