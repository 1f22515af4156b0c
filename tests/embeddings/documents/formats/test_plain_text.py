from __future__ import annotations

import re
from pathlib import Path

import pytest

from embeddings.documents.parser import parse_file
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
    assert (review.slug, review.title, review.text) == ("blade-runner-2049", "Blade Runner: 2049", "It rains.")


def test_markdown_and_html_mean_nothing_in_plain_text() -> None:
    assert plain("It is *not* &amp; never was <b>.\n* * *\nYes.").text == "It is *not* &amp; never was <b>.\nYes."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_bytes_that_are_not_utf_8_are_read_as_browsers_do_and_said_with_their_line(end: str) -> None:
    data = f"Fine “line”.{end}Zo".encode("cp1252") + b"\xeb is caf\xe9."
    file = parse_file(data, Path("x.txt"), Path("x.txt"))
    assert file.reviews[0].text == "Fine “line”.\nZoë is café."
    assert [(note.line, note.reason) for note in file.notes] == [
        (1, "The file is not UTF-8, so it was read as Windows-1252.")
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_and_without_its_mark(encoding: str) -> None:
    data = "The film’s end.\nIt rains.".encode(encoding)
    assert parse_file(data, Path("x.txt"), Path("x.txt")).reviews[0].text == "The film’s end.\nIt rains."


def test_a_control_character_is_left_out_and_a_zero_is_no_text() -> None:
    assert plain("One.\nTw\x08o.").text == "One.\nTwo."
    message = "x.txt, line 2: The line has the control character U+0000, so this is not text."
    assert fault("One.\nTw\0o.", "x.txt") == message


def test_pages_are_joined_and_their_numbers_left_out() -> None:
    text = "It rains on and on, and the sea is\n\n12\n\fgrey. It stops.\n\nThe end of it.\n\n13\n\f"
    assert plain(text).text == "It rains on and on, and the sea is grey. It stops.\nThe end of it."


def test_a_licence_at_either_end_is_no_text() -> None:
    text = "*** START OF THE PROJECT GUTENBERG EBOOK X ***\nIt rains.\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\nx"
    assert plain(text).text == "It rains."
    assert plain("© 2021 Jo Doe\nIt rains.\nThis text is licensed under CC BY.").text == "It rains."
