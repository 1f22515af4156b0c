"""Short ways to parse a text in a test, and to look at what came out."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.documents.parser import parse_review
from embeddings.errors import ReviewFileError
from embeddings.records import Review


def markdown(body: str, fields: str = "title: A Film") -> Review:
    return parse_review(f"---\n{fields}\n---\n{body}".encode(), Path("a-film.md"))


def plain(text: str, name: str = "a-film.txt") -> Review:
    return parse_review(text.encode(), Path(name))


def outline(review: Review) -> list[tuple[str, list[str]]]:
    """Return each section's heading with the texts of its paragraphs."""
    return [
        (section.heading, [review.text[paragraph.start : paragraph.end] for paragraph in section.paragraphs])
        for section in review.sections
    ]


def fault(data: bytes | str, name: str = "x.md") -> str:
    """Return the message with which the parser refuses a file."""
    with pytest.raises(ReviewFileError) as caught:
        parse_review(data.encode() if isinstance(data, str) else data, Path(name))
    return str(caught.value)
