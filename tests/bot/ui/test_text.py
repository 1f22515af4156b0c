from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.titles import Title
from bot.ui.elements import Message, Style, Text
from bot.ui.strings import ENGLISH
from bot.ui.text import (
    error_message,
    escaped_line,
    notice,
    plain_line,
    question_problem,
    safe_link,
    title_apart,
    unknown_review,
)
from embeddings.errors import LibraryError
from tests.bot.fixtures.checks import check, lines_of
from tests.bot.fixtures.texts import texts


@given(texts())
def test_discord_accepts_every_error(text: str) -> None:
    check(error_message(LibraryError(text)))


@given(texts(), st.lists(texts(), max_size=3))
def test_discord_accepts_every_unknown_review(typed: str, near: list[str]) -> None:
    check(unknown_review(typed, near, ENGLISH), own=frozenset({"code"}))


def test_an_unknown_review_suggests_each_title_once() -> None:
    assert lines_of(unknown_review("_lamp_", ["The Lamp", "The Lamp", "*Lamps*"], ENGLISH)) == [
        "I’m not sure which review you mean by “\\_lamp\\_”. Perhaps one of these: **The Lamp**, **\\*Lamps\\***?"
    ]
    assert lines_of(unknown_review("xyzzy", [], ENGLISH)) == ["There is no review “xyzzy” here. See `/reviews`."]


def test_a_notice_is_one_line() -> None:
    assert notice(ENGLISH.busy) == Message((Text(ENGLISH.busy),), Style.UNANSWERED, private=True)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who?", None),
        ("ab", ENGLISH.question_too_short.format(shortest=3)),
        ("a\u200b\u200b\u200b", ENGLISH.question_too_short.format(shortest=3)),
        ("a" * 300, None),
        ("a" * 301, ENGLISH.question_too_long.format(longest=300)),
    ],
)
def test_a_question_has_3_to_300_characters(question: str, told: str | None) -> None:
    assert question_problem(question, ENGLISH) == told


@given(texts(), st.integers(10, 200))
def test_a_name_is_one_line_that_fits_and_is_not_empty(text: str, room: int) -> None:
    for shown in (escaped_line(text, "Untitled", room), plain_line(text, room, "Untitled")):
        assert 0 < len(shown.encode("utf-16-le")) // 2 <= room
        assert len(shown.splitlines()) == 1
        assert shown.strip() == shown


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("https://a.example/b?c=d#e", "https://a.example/b?c=d#e"),
        ("http://a.example/(x)|y|", "http://a.example/%28x%29%7Cy%7C"),
        ("https://a.example/@everyone", "https://a.example/%40everyone"),
        ("https://a.example/été 1", "https://a.example/%C3%A9t%C3%A9%201"),
        ("javascript:alert(1)", None),
        ("ftp://a.example", None),
        ("https://", None),
        ("https://discord.gg/abc", None),
        ("https://www.discord.com/invite/abc", None),
        ("https://discord.com", None),
        ("https://a.example/discord.gg/abc", None),
        ("https://user:secret@a.example", None),
        ("https://[a.example", None),
        ("https://a.example/\u202egnp", None),
        ("https://a.example/" + "x" * 300, None),
        ("just words", None),
        (None, None),
    ],
)
def test_only_a_web_address_becomes_a_link(source: str | None, safe: str | None) -> None:
    assert safe_link(source) == safe


@pytest.mark.parametrize(
    ("own", "other", "shown"),
    [
        ({"year": 1987}, {"year": 1999}, "A Film (1987)"),
        ({"year": 1987, "author": "Ana"}, {"year": 1987, "author": "Bea"}, "A Film (Ana)"),
        ({}, {"year": 1987, "collection": "1"}, "A Film (in all servers)"),
        ({"collection": "1"}, {}, "A Film (this server’s own)"),
        ({"slug": "a-film-2"}, {}, "A Film (a-film-2)"),
    ],
)
def test_reviews_of_one_title_are_told_apart(own: dict[str, Any], other: dict[str, Any], shown: str) -> None:
    film = Title("shared", "a-film", "A Film", (), ())
    title, namesake = replace(film, **own), replace(film, **other)
    assert title_apart(title, title.text, (namesake,), ENGLISH) == shown
    assert title_apart(title, title.text, (), ENGLISH) == "A Film"
    long = title_apart(title, "x" * 200, (namesake,), ENGLISH)
    assert len(long) <= 100
    assert long.endswith(shown.removeprefix("A Film"))
