from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.escape import escape
from bot.ui.truncate import fit, page_before, page_end, split_paragraphs, width
from embeddings.records import Paragraph
from tests.bot.fixtures.texts import texts


def shown(text: str) -> int:
    return width(escape(text))


@given(texts(), st.integers(1, 60))
def test_a_truncated_text_fits_once_it_is_escaped(text: str, limit: int) -> None:
    assert shown(text[: fit(text, limit, shown)]) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("It fits.", 8, "It fits."),
        ("One sentence. Another one.", 20, "One sentence."),
        ("He said “no.” She left the room.", 20, "He said “no.”"),
        ("Three short words here", 14, "Three short"),
        ("A. very long second sentence", 20, "A. very long second"),
        ("unbreakable", 5, "unbre"),
        ("👩\u200d👧" * 5, 12, "👩\u200d👧👩\u200d👧"),
    ],
)
def test_a_text_ends_after_a_sentence_a_word_or_a_visible_character(text: str, limit: int, kept: str) -> None:
    assert text[: fit(text, limit)] == kept


@given(st.lists(texts(8), max_size=5), st.integers(5, 40))
def test_splitting_loses_nothing_but_white_space(paragraphs: list[str], limit: int) -> None:
    text = "\n".join(paragraphs)
    places = []
    start = 0
    for number, paragraph in enumerate(paragraphs, 1):
        places.append(Paragraph(number, start, start + len(paragraph)))
        start += len(paragraph) + 1
    parts = split_paragraphs(text, places, limit, shown)
    assert "".join("".join(text[part.start : part.end].split()) for part in parts) == "".join(text.split())
    assert all(shown(text[part.start : part.end]) <= limit for part in parts)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(1, 100), st.data())
def test_the_page_before_ends_where_this_one_begins(sizes: list[int], room: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(sizes)))
    before = page_before(sizes, first, room)
    assert before < first
    assert page_end(sizes, before, room) >= first


def test_a_page_holds_at_least_one_piece() -> None:
    assert page_end([500, 1], 0, 100) == 1
    assert page_before([1, 500], 2, 100) == 1


def test_an_emoji_counts_as_discord_counts_it() -> None:
    assert width("a👩") == 3
