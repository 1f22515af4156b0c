from __future__ import annotations

import re

import pytest

from tests.embeddings.documents.parsing import fault, outline, plain


def test_a_short_line_without_closing_punctuation_between_paragraphs_is_a_heading() -> None:
    text = "It begins here.\nA Fine Middle\nIt goes on.\nAnd on.\nIs This The End?\nIt ends."
    assert outline(plain(text)) == [
        ("Introduction", ["It begins here."]),
        ("A Fine Middle", ["It goes on.", "And on.", "Is This The End?", "It ends."]),
    ]


def test_blank_lines_change_nothing_where_every_line_is_a_paragraph() -> None:
    text = "It begins here.\n\nA Fine Middle\nIt goes on.\n\nAnd on.\n\n\nThe End\n\nIt ends.\n"
    assert (
        outline(plain(text))
        == outline(plain(re.sub(r"\n+", "\n", text)))
        == [
            ("Introduction", ["It begins here."]),
            ("A Fine Middle", ["It goes on.", "And on."]),
            ("The End", ["It ends."]),
        ]
    )


def test_the_lines_of_a_wrapped_paragraph_are_joined() -> None:
    text = """\
The story unfolds in another England, where a
breakthrough has cured most diseases. The cost is
horrifying, and nobody asks who pays for it.
The Ethical Mirror
It is a mirror held up to our own world by Mark
Romanek. He does not look away.

A Gentle Elegy

It ends in a field.
"""
    assert outline(plain(text)) == [
        (
            "Introduction",
            [
                "The story unfolds in another England, where a breakthrough has cured most diseases. "
                "The cost is horrifying, and nobody asks who pays for it."
            ],
        ),
        ("The Ethical Mirror", ["It is a mirror held up to our own world by Mark Romanek. He does not look away."]),
        ("A Gentle Elegy", ["It ends in a field."]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The cast is this.\nCarey Mulligan\nAndrew Garfield\nKeira Knightley\nThey are good.",
        "It was good.\n- a short point\nIt was long.",
        "It was good.\n" + "a line without an end " * 6 + "\nIt was long.",
        "It was good.\nSigned by its author",
    ],
)
def test_lists_long_lines_and_last_lines_are_not_headings(text: str) -> None:
    assert outline(plain(text)) == [("Introduction", [line.strip() for line in text.split("\n")])]


def test_the_title_comes_from_the_files_name_and_may_stand_in_the_first_line() -> None:
    review = plain("Blade Runner: 2049\nIt rains.", "blade_runner-2049.txt")
    assert (review.slug, review.title, review.text) == ("blade-runner-2049", "Blade Runner 2049", "It rains.")


def test_markdown_and_html_mean_nothing_in_plain_text() -> None:
    assert plain("It is *not* &amp; never was <b>.\n* * *\nYes.").text == "It is *not* &amp; never was <b>.\nYes."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_bytes_that_are_not_utf_8_are_an_error_with_their_line(end: str) -> None:
    data = f"Fine “line”.{end}Zo".encode() + b"\xeb is caf\xe9."
    message = "x.txt, line 2: Byte 3 of the line (0xEB) is not UTF-8. Save the file as UTF-8."
    assert fault(data, "x.txt") == message


def test_a_control_character_is_an_error_with_its_line() -> None:
    message = "x.txt, line 2: The line has the control character U+0000. Remove it, and save the file as UTF-8."
    assert fault("One.\nTw\0o.", "x.txt") == message
