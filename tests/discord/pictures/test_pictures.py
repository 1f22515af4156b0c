"""The pictures show what the bot sends, and every message fits a phone."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot.cogs.ask.message import Asker, answer_message
from bot.ui.elements import Button, ChannelMenu, Menu, Message, Row, Style, Text
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.library import Library
from embeddings.records import Answer, Review
from tests.bot.fixtures.checks import bodies
from tests.bot.fixtures.discord_markdown import read
from tests.bot.fixtures.reviews import answers
from tests.discord.pictures.browser import INSTALL, browsing, find
from tests.discord.pictures.markdown import html
from tests.discord.pictures.page import Screen, page
from tests.discord.pictures.photographs import pages, photograph_all
from tests.discord.pictures.scenes import Scene, scenes

needs_chromium = pytest.mark.skipif(find() is None, reason=f"there is no Chromium here (`{INSTALL}`)")


HEIGHTS = {
    "answered-one": 330,
    "answered-one-longest": 500,
    "answered": 560,
    "answered-together": 560,
    "nearest": 500,
    "tie": 320,
    "unanswered": 260,
    "help": 700,
    "privacy": 420,
    "settings": 700,
    "read-in-context": 860,
    "more-passages": 740,
}
"""The greatest height of a message on a phone of 390 px, in pixels."""
ANSWERS = {
    "answered",
    "answered-one",
    "answered-together",
    "nearest",
    "tie",
    "unanswered",
    "private",
    "elsewhere",
    "spoiler",
    "follow-up",
    "absent",
}
"""The answers, which have at most four controls."""


@pytest.fixture(scope="module")
def shown(reviews: Path) -> Iterator[dict[str, Scene]]:
    """The scenes, by name."""
    library = Library.open(reviews)
    yield {scene.name: scene for scene in scenes(library)}
    library.close()


def words(markup: str) -> str:
    """Return the text of HTML without white space."""
    return "".join(unescape(re.sub(r"<[^>]*>", "", markup)).split()).replace("\u200b", "")


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("### What *is* it?\nThis.", "<h3>What <em>is</em> it?</h3>This."),
        ("-# **1** Here\nThere", "<small><strong>1</strong> Here</small>There"),
        ("> one\n> **two**\nthree", "<blockquote>one\n<strong>two</strong></blockquote>three"),
        ("> ### x", "<blockquote><h3>x</h3></blockquote>"),
        ("- item", "<li>item</li>"),
        ("a > b", "a &gt; b"),
        ("||hidden \\| words||", '<span class="spoiler">hidden | words</span>'),
        ("[source](https://a.example/b)", "<a>source</a>"),
        ("\\*\\*no\\*\\* \\|\\|no\\|\\|", "**no** ||no||"),
        ("__u__ ~~s~~ _i_ `c*d*`", "<u>u</u> <s>s</s> <i>i</i> <code>c*d*</code>"),
        ("snake_case_name", "snake_case_name"),
        ("<@1> @here", "&lt;@1&gt; @here"),
        ("</ask:1>", '<span class="command">/ask</span>'),
    ],
)
def test_markdown_is_drawn_as_discord_shows_it(text: str, markup: str) -> None:
    assert html(text) == markup


@settings(max_examples=25, deadline=None)
@given(answers())
def test_a_picture_has_the_words_that_a_member_sees(
    made: tuple[Answer, tuple[Review, ...]],
) -> None:
    answer, known = made
    for text in answer_message(answer, known, RenderOptions(ENGLISH), asker=Asker(1)).texts():
        assert words(html(text.content)) == words(escape(read(text.content).visible))


@pytest.mark.slow
def test_a_page_has_every_text_button_and_menu_of_its_message(shown: dict[str, Scene]) -> None:
    for scene in shown.values():
        for body in bodies(scene.message):
            drawn = page([Screen(scene.name, scene.asked, body, scene.message.private)], theme="dark", device="phone")
            for text in scene.message.texts():
                assert words(html(text.content)) in words(drawn)
            labels = [words(each) for each in re.findall(r"<button.*?</button>", drawn)]
            assert labels == [words((button.emoji or "") + button.label) for button in scene.message.buttons()]
            menus = [element for element in scene.message.elements if isinstance(element, Menu | ChannelMenu)]
            assert drawn.count('class="select"') == len(menus)


def test_a_component_that_can_not_be_drawn_is_an_error() -> None:
    gallery = {"components": [{"type": 12, "items": []}]}
    with pytest.raises(ValueError, match="no drawing of a component of type 12"):
        page([Screen("gallery", "", gallery, private=False)], theme="dark", device="phone")
    image = {"embeds": [{"description": "a", "color": 1, "image": {}}], "components": []}
    with pytest.raises(ValueError, match="no drawing of an embed's image"):
        page([Screen("image", "", image, private=False)], theme="dark", device="phone")


def test_the_three_states_look_different(shown: dict[str, Scene]) -> None:
    messages = [shown[name].message for name in ("answered", "nearest", "tie", "unanswered")]
    assert [message.style for message in messages] == [Style.ANSWERED, Style.NEAREST, Style.NEAREST, Style.UNANSWERED]
    lines = [next(message.texts()).content.splitlines()[1].removeprefix("-# ") for message in messages]
    assert [line[0] for line in lines] == ["💬", "🔎", "🤔", "🍂"]
    quotes = [sum("> " in text.content for text in message.texts()) for message in messages]
    assert quotes == [3, 1, 0, 0]
    labels = [[button.label or button.emoji for button in message.buttons()] for message in messages]
    assert labels == [
        ["More", "👍", "👎"],
        ["In context", "More", "👍", "👎"],
        ["More", "Browse reviews"],
        ["Browse reviews"],
    ]


@needs_chromium
def test_every_message_fits_a_phone(shown: dict[str, Scene], tmp_path: Path) -> None:
    phones = [path for path in pages(tuple(shown.values()), tmp_path) if path.stem.endswith("phone-dark")]

    async def sections() -> list[dict[str, Any]]:
        async with browsing(find() or "") as browser:
            return [section for path in phones for section in await browser.show(path)]

    found = asyncio.run(sections())
    assert [section["name"] for section in found] == [*shown, *shown]
    assert [section["name"] for section in found if section["beyond"] > 0] == []
    sizes = {section["name"]: section for section in found[: len(shown)]}
    assert {name: sizes[name]["height"] for name, most in HEIGHTS.items() if sizes[name]["height"] > most} == {}
    assert {name for name, size in sizes.items() if name in ANSWERS and size["controls"] > 4} == set()


@needs_chromium
def test_a_button_that_is_too_wide_for_a_phone_is_detected_and_drawn(tmp_path: Path) -> None:
    wide = Message((Text("a"), Row((Button("wide " * 16, "rb1.x"),))), Style.READING)
    narrow = Message((Text("a"), Row((Button("narrow", "rb1.x"),))), Style.READING)
    written = pages((Scene("wide", "", wide), Scene("narrow", "", narrow)), tmp_path)
    taken = asyncio.run(photograph_all(find() or "", written[:1]))
    assert [picture.beyond > 0 for picture in taken] == [True, False]
    signature, size, width, _ = struct.unpack(">8sI4xII", taken[0].path.read_bytes()[:24])
    assert (signature, size, width) == (b"\x89PNG\r\n\x1a\n", 13, 585)
