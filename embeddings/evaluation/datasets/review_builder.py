"""Texts pooled as one review: nothing to route between, and no title that a question could name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embeddings.records import Paragraph, Review, Section


@dataclass(frozen=True, slots=True)
class SectionText:
    """What becomes a section: its slug, its heading, and its paragraphs' texts, none of them empty."""

    slug: str
    heading: str
    paragraphs: tuple[str, ...]


def one_line(text: str) -> str:
    """The text with each line break as a space, since a review's paragraph is one line; offsets stay."""
    return "".join(" " if character in "\n\r" else character for character in text)


def build_review(slug: str, title: str, sections: Iterable[SectionText]) -> Review:
    """One review of all the sections, each paragraph kept character for character."""
    texts: list[str] = []
    placed: list[Section] = []
    offset = 0
    for section in sections:
        paragraphs = _placed(section.paragraphs, offset)
        texts.extend(section.paragraphs)
        placed.append(Section(section.slug, section.heading, paragraphs))
        offset = paragraphs[-1].end + 1
    return Review(slug=slug, title=title, text="\n".join(texts), sections=tuple(placed))


def _placed(texts: Sequence[str], offset: int) -> tuple[Paragraph, ...]:
    paragraphs = []
    for number, text in enumerate(texts, start=1):
        paragraphs.append(Paragraph(number, offset, offset + len(text)))
        offset += len(text) + 1
    return tuple(paragraphs)
