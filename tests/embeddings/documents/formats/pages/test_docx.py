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


def test_text_that_a_word_file_hides_is_a_spoiler_and_what_word_does_not_show_is_left_out() -> None:
    data = word_file(
        paragraph("It rains."),
        paragraph("One.", "Spoiler"),
        paragraph("Two.", run='<w:color w:val="FFFFFF"/>'),
        paragraph("It snows."),
        paragraph("Three.", run='<w:highlight w:val="black"/>'),
        paragraph("Four.", run='<w:shd w:val="clear" w:fill="000000"/>'),
        paragraph("[spoiler]Five.[/spoiler]"),
        paragraph("White on black.", run='<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000000"/>'),
        paragraph("Ask Ann.", run="<w:vanish/>"),
        title="Microsoft Word - Document1",
    )
    (review,) = parse_file(data, Path("copper-road.docx"), Path("copper-road.docx")).reviews
    assert review.title == "Copper Road"
    assert review.text == "It rains.\nOne.\nTwo.\nIt snows.\nThree.\nFour.\nFive.\nWhite on black."
    assert [review.text[start:end] for start, end in review.spoilers] == ["One.\nTwo.", "Three.\nFour.\nFive."]
