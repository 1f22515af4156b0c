"""Text from reviews and people can't control a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.output import plain, rich
from bot.cli.output.console import one_line, visible, wrapped
from bot.cli.output.show import Printer
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
def test_visible_text_has_no_control_characters_and_the_same_offsets(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert {unicodedata.category(character) for character in shown.replace("\n", "")}.isdisjoint({"Cc", "Cs"})
    assert all(new in {old, "\ufffd"} or old == "\t" for old, new in zip(text, shown, strict=True))


@given(st.text())
def test_a_notice_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("printer", [plain, rich], ids=["pipe", "terminal"])
@pytest.mark.parametrize(
    "show",
    [
        lambda printer: printer.print_answer(ANSWER, FIND, Path("data")),
        lambda printer: printer.print_hits([HIT], FIND),
        lambda printer: printer.print_reviews([REVIEW]),
        lambda printer: printer.print_sections(REVIEW),
        lambda printer: printer.print_section(REVIEW, REVIEW.sections[0]),
    ],
    ids=["answer", "hits", "reviews", "sections", "section"],
)
def test_escape_sequences_and_markup_in_a_review_are_shown_as_text(
    printer: Printer,
    show: Callable[[Printer], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")
    show(printer)
    # What rich itself writes to style the text.
    shown = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert TAMED in shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("one two three four five", ["one two three four", "five"]),
        ("one two three four\n\n  five six seven eight", ["one two three four", "", "  five six seven", "  eight"]),
        (" 12  one two three four", [" 12  one two three", "     four"]),
        ("  3. one two three four", ["  3. one two three", "     four"]),
        ("2 added to the question file", ["2 added to the", "question file"]),
        ("now run `review-bot index`.", ["now run", "`review-bot index`."]),
        ("run `review-bot index --data x`.", ["run `review-bot", "index --data x`."]),
        ("a `b and some more words", ["a `b and some more", "words"]),
        ("one a-path-that-is/longer/than-a-line two", ["one", "a-path-that-is/longer/than-a-line", "two"]),
        ("千と千尋の 神隠し とても", ["千と千尋の 神隠し", "とても"]),
    ],
)
def test_lines_are_broken_between_words(text: str, lines: list[str]) -> None:
    assert wrapped(text, 19).split("\n") == lines


@given(st.text("ab `.1 \n千", max_size=60), st.integers(1, 30))
def test_breaking_lines_loses_no_word(text: str, width: int) -> None:
    assert wrapped(text, width).split() == text.split()
