"""Word files become their headings and paragraphs by their styles."""

from __future__ import annotations

from pathlib import Path

from embeddings.documents.parser import parse_file
from tests.embeddings.documents.parsing import outline
from tests.embeddings.fixtures.word_files import paragraph, word_file


def test_a_word_file_is_read_by_its_styles() -> None:
    data = word_file(
        paragraph("Copper Road", "Title"),
        paragraph("It rains."),
        paragraph("The Lamp", "heading1"),
        paragraph("It burns."),
        paragraph("A still of the lamp", "caption"),
        paragraph("A blurb.", "Quote"),
    )
    (review,) = parse_file(data, Path("x.docx"), Path("x.docx")).reviews
    assert (review.title, review.author) == ("Copper Road", "Jo Doe")
    assert outline(review) == [("Introduction", ["It rains."]), ("The Lamp", ["It burns.", "A blurb."])]
    assert [review.text[start:end] for start, end in review.quoted] == ["A blurb."]


def test_the_title_of_a_word_file_is_its_property_else_its_name() -> None:
    for title, expected in (("Tin Moon", "Tin Moon"), ("", "Copper Road")):
        data = word_file(paragraph("It rains."), title=title)
        (review,) = parse_file(data, Path("copper-road.docx"), Path("copper-road.docx")).reviews
        assert (review.title, review.text) == (expected, "It rains.")
