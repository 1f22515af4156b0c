"""Build one review of a whole corpus, so that there is nothing to route and no title to name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from embeddings.records import Paragraph, Review, Section


@dataclass(frozen=True, slots=True)
class SectionText:
    """The slug, the heading and the paragraphs of a section; no paragraph is empty."""

    slug: str
    heading: str
    paragraphs: tuple[str, ...]


def one_line(text: str) -> str:
    """Replace each line break by a space, because a paragraph is one line. Offsets stay the same."""
    return "".join(" " if character in "\n\r" else character for character in text)


def build_review(slug: str, title: str, sections: Iterable[SectionText]) -> Review:
    """Return a review of all sections; each paragraph is stored character for character."""
    texts: list[str] = []
    built: list[Section] = []
    offset = 0
    for section in sections:
        paragraphs = []
        for number, text in enumerate(section.paragraphs, start=1):
            paragraphs.append(Paragraph(number, offset, offset + len(text)))
            offset += len(text) + 1
        texts.extend(section.paragraphs)
        built.append(Section(section.slug, section.heading, tuple(paragraphs)))
    return Review(slug=slug, title=title, text="\n".join(texts), sections=tuple(built))
