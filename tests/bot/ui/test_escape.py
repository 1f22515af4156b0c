from __future__ import annotations

import pytest
from hypothesis import example, given

from bot.ui.escape import block_quote, bold, clean, escape, escape_syntax, one_line, spoiler, unescape
from tests.bot.fixtures.discord_markdown import BOLD, QUOTE, SPOILER, read
from tests.bot.fixtures.texts import FRAGMENTS, letters, texts


@given(texts())
def test_nothing_is_active_in_escaped_text(text: str) -> None:
    assert read(escape(text)).constructs == ()


@given(texts())
def test_a_member_sees_the_cleaned_text(text: str) -> None:
    assert read(escape(text)).visible == clean(text)


@given(texts())
def test_cleaning_keeps_every_visible_letter(text: str) -> None:
    assert letters(clean(text)) == letters(text)


@given(texts())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(texts())
def test_unescaping_returns_exactly_the_cleaned_text(text: str) -> None:
    assert unescape(escape(text)) == clean(text)


@given(texts(), texts())
def test_two_texts_side_by_side_stay_inactive(first: str, second: str) -> None:
    assert read(f"{escape(first)} {escape(second)}").constructs == ()


@given(texts())
def test_a_block_quote_holds_one_quote_and_nothing_else(text: str) -> None:
    quoted = read(block_quote(escape(text)))
    assert set(quoted.kinds) <= {QUOTE}
    assert quoted.visible.split() == clean(text).split()


@given(texts())
def test_all_text_behind_spoiler_marks_is_hidden(text: str) -> None:
    reading = read(block_quote(spoiler(escape(text))))
    assert set(reading.kinds) <= {QUOTE, SPOILER}
    assert "".join(reading.of(SPOILER)).split() == clean(text).replace("\n", "").split()


@given(texts())
def test_bold_inside_spoiler_marks_stays_bold_and_hidden(text: str) -> None:
    reading = read(spoiler(bold(escape(text))))
    assert set(reading.kinds) <= {SPOILER, BOLD}
    assert reading.of(SPOILER) == reading.of(BOLD)
    assert reading.visible == clean(text)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_known_trick_does_nothing(fragment: str) -> None:
    for text in (fragment, f"a {fragment} b", fragment * 3, f"\n{fragment}\n"):
        assert read(escape(text)).constructs == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<@1>", "user mention"),
        ("\\<@1>", "user mention"),
        ("<@&1>", "role mention"),
        ("<#1>", "channel mention"),
        ("</ask:1>", "command mention"),
        ("<:a:1>", "custom emoji"),
        ("<a:a:1>", "custom emoji"),
        ("<t:1:R>", "timestamp"),
        ("<id:customize>", "navigation"),
        ("@everyone", "mass mention"),
        ("see https://a.example", "link"),
        ("<https://a.example>", "bracketed link"),
        ("[a](https://a.example)", "masked link"),
        ("discord.gg/abc", "invite"),
        ("**a**", "bold"),
        ("*a*", "emphasis"),
        ("_a_", "emphasis"),
        ("__a__", "underline"),
        ("~~a~~", "strikethrough"),
        ("||a||", "spoiler"),
        ("`a`", "code"),
        ("```\na\n```", "code block"),
        ("# a", "heading"),
        ("-# a", "subtext"),
        ("- a", "list"),
        ("1. a", "list"),
        ("> a", "quote"),
        (">>> a", "quote"),
        ("||a", "unbalanced mark"),
        ("a\u202eb", "hidden character"),
        (":smile:", "emoji name"),
    ],
)
def test_the_parser_of_these_tests_finds_active_syntax(text: str, kind: str) -> None:
    assert kind in read(text).kinds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Kathy’s “deferral” — at 10 (or so); 50% & more.",
            "Kathy’s “deferral” — at 10 (or so); 50% & more.",
        ),
        ("A well-known film, 3.5 of 5", "A well-known film, 3\\.5 of 5"),
        ("it’s *quiet*", "it’s \\*quiet\\*"),
        ("@everyone", "\\@\u200beveryone"),
        ("1984. A year", "1984\\. A year"),
    ],
)
def test_ordinary_prose_hardly_changes(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cروم",  # Persian: the non-joiner parts the prefix from the verb
        "ක්\u200dෂ",  # Sinhala: the joiner makes the conjunct
        "അവന്\u200d പോയി",  # Malayalam: a final consonant written with a joiner
        "👩\u200d👩\u200d👧",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "Việt Nam",
        "Vie\u0323\u0302t",
        "שָׁלוֹם",
    ],
)
def test_invisible_characters_that_a_script_or_an_emoji_needs_stay(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("dis\u200dcord", "discord"),
        ("a\u200c\u200d\u200bb", "ab"),
        ("gift\u202egpj.exe", "giftgpj.exe"),
        ("\u2066left\u2069", "left"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 4),
        ("tags\U000e0061\U000e0062", "tags"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ud800lone", "lone"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("one\n\n\n\n  two", "one\n\ntwo"),
        ("far \t   away", "far away"),
        ("blank\u3164\u2800letters", "blankletters"),
    ],
)
def test_invisible_characters_are_dropped(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_very_long_word_gets_places_to_break() -> None:
    longest = max(len(part) for part in escape("x" * 10_000).split("\u200b"))
    assert longest == 60


def test_no_break_splits_an_emoji() -> None:
    family = "👩\u200d👩\u200d👧"
    assert family in escape("x" * 58 + family)


@given(texts())
@example("a\nb\n\n c")
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)


def test_plain_words_need_no_escaping() -> None:
    assert escape_syntax("the closest passages are") == "the closest passages are"
