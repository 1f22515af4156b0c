"""Headings and paragraphs of plain text, which every format is read into, and the sections that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from embeddings.documents.slugs import UniqueSlugs, slugify
from embeddings.records import INTRODUCTION, Paragraph, Section, Span

INLINE_TAGS = frozenset(
    "a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time "
    "tt u var wbr".split()
)
"""HTML elements inside a paragraph that don't end a word."""

_WHITE_SPACE = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")
_ORNAMENT = re.compile(r"[\s*_=~#•·⁂†❦❧–—★☆⭐✩✰½\ufe0f-]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`level` 0) or a heading (`level` 1 and up) of plain text, and its line in the file.

    `quoted` is true of somebody else's words. `spoilers` are the stretches of `text` that are marked as spoilers.
    """

    text: str
    level: int
    line: int
    quoted: bool = False
    spoilers: tuple[Span, ...] = ()


class Body(NamedTuple):
    """A review's text with its sections, and the stretches of it that are spoilers and that are quoted."""

    text: str
    sections: tuple[Section, ...]
    spoilers: tuple[Span, ...]
    quoted: tuple[Span, ...]


def collapse_spaces(text: str) -> str:
    """Return `text` with white space as a browser shows it.

    A run of white space becomes one space. No-break and typographic spaces stay.
    """
    return _WHITE_SPACE.sub(" ", text).strip()


def is_ornament(text: str) -> bool:
    """Return True for an ornament between paragraphs, such as `* * *` or `⁂`, and for a rating of nothing but stars."""
    return _ORNAMENT.fullmatch(text) is not None


def build_sections(blocks: Iterable[Block], title: str) -> Body:
    """Return a review's text and its sections.

    Headings of all levels make sections alike. A first-level heading before all others that repeats the title is not a
    section. Neither is a heading without text under it, because there would be nothing to cite.
    """
    texts: list[str] = []
    sections: list[Section] = []
    spoilers: list[Span] = []
    quoted: list[Span] = []
    slugs = UniqueSlugs()
    heading = INTRODUCTION
    paragraphs: list[Paragraph] = []
    offset = 0
    title_slug = slugify(title)
    is_first_heading = True

    def close() -> None:
        if paragraphs:
            sections.append(Section(slugs.assign(heading), heading, tuple(paragraphs)))
            paragraphs.clear()

    for block in blocks:
        if block.level:
            if block.level == 1 and is_first_heading and slugify(block.text) == title_slug:
                continue
            is_first_heading = False
            close()
            heading = block.text
        else:
            end = offset + len(block.text)
            paragraphs.append(Paragraph(len(paragraphs) + 1, offset, end))
            texts.append(block.text)
            for start, stop in block.spoilers:
                _extend(spoilers, offset + start, offset + stop)
            if block.quoted:
                _extend(quoted, offset, end)
            offset = end + 1
    close()
    return Body("\n".join(texts), tuple(sections), tuple(spoilers), tuple(quoted))


def _extend(spans: list[Span], start: int, end: int) -> None:
    """Add a span, joined with the one before it if only a paragraph's end is between them."""
    if spans and start <= spans[-1][1] + 1:
        spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
    else:
        spans.append((start, end))
