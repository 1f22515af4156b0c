"""Text that isn't ours can't command a terminal, however it gets there."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from bot.cli.output import plain
from bot.cli.output import rich as rendering
from bot.cli.output.console import one_line, visible
from embeddings.records import Answer, Hit, Paragraph, Quote, Review, ScoredSentence, Section, State

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \x9b2J\x08\r \u202ebackwards\u2066 [bold]mark[/bold] :smile: \x00end"
TAMED = "a�[31mred�]0;title� �2J�� �backwards� [bold]mark[/bold] :smile: �end"

REVIEW = Review(
    slug="film",
    title=HOSTILE,
    text=HOSTILE,
    sections=(Section("all", HOSTILE, (Paragraph(1, 0, len(HOSTILE)),), spoiler=True),),
    author=HOSTILE,
)
ANSWER = Answer(
    "?",
    State.NEAREST,
    0.4,
    (Quote(1, HOSTILE[2:9], "film", HOSTILE, "all", HOSTILE, 1, 2, 9, 1.0),),
)
HIT = Hit("shared", "film", "all", 1, 0, len(HOSTILE), 1.0, (ScoredSentence(2, 9, 1.0),))
FIND = {"film": REVIEW}.__getitem__


@given(st.text())
def test_what_is_shown_has_nothing_but_visible_characters_each_in_its_place(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert {unicodedata.category(character) for character in shown.replace("\n", "")}.isdisjoint({"Cc", "Cs"})
    assert all(new in {old, "\ufffd"} or old == "\t" for old, new in zip(text, shown, strict=True))


@given(st.text())
def test_a_notice_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "content",
    [
        rendering.rendered_answer(ANSWER, FIND, Path("data")),
        rendering.rendered_hits([HIT], FIND),
        rendering.rendered_reviews([REVIEW]),
        rendering.rendered_sections(REVIEW),
        rendering.rendered_section(REVIEW, REVIEW.sections[0]),
    ],
    ids=["answer", "hits", "reviews", "sections", "section"],
)
def test_a_terminal_shows_commands_and_marks_in_a_review_as_they_are(content: RenderableType) -> None:
    shown = io.StringIO()
    Console(file=shown, width=2000, highlight=False, emoji=False, markup=False).print(content)
    assert TAMED in shown.getvalue()
    assert visible(shown.getvalue()) == shown.getvalue()


def test_a_pipe_gets_the_words_and_no_commands() -> None:
    texts = [
        plain.answer_in_plain(ANSWER, Path("data")),
        plain.hits_in_plain([HIT], FIND),
        plain.reviews_in_plain([REVIEW]),
        plain.sections_in_plain(REVIEW),
        plain.section_in_plain(REVIEW, REVIEW.sections[0]),
    ]
    assert [TAMED in visible(text) for text in texts] == [True] * len(texts)
