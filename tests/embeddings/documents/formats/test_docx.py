"""Word files become their headings and paragraphs by their styles."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from embeddings.documents.parser import parse_file
from tests.embeddings.documents.parsing import outline

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
CORE = (
    '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title><dc:creator>Jo Doe</dc:creator>'
    "</c:coreProperties>"
)


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word_file(*paragraphs: str, title: str = "") -> bytes:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("Title", "heading 1", "heading 2", "Quote", "caption")
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("docProps/core.xml", CORE.format(title))
        archive.writestr("word/styles.xml", f"<w:styles {SPACE}>{styles}</w:styles>")
        archive.writestr(
            "word/document.xml", f"<w:document {SPACE}><w:body>{''.join(paragraphs)}</w:body></w:document>"
        )
    return packed.getvalue()


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
