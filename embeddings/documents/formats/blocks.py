"""Headings and paragraphs of plain text, as every format gives them, and the sections that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from embeddings.documents.slugs import UniqueSlugs, slugify
from embeddings.records import INTRODUCTION, Paragraph, Section

_WHITE_SPACE = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")
_BREAK = re.compile(r"[\s*_=~#•·⁂†❦❧–—-]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`level` 0) or a heading (`level` 1 and up) of plain text, and its line in the file."""

    text: str
    level: int
    line: int


def collapsed(text: str) -> str:
    """White space as a browser shows it: a run is one space; no-break and typographic spaces stay."""
    return _WHITE_SPACE.sub(" ", text).strip()


def is_break(text: str) -> bool:
    """Whether this is an ornament between paragraphs (`* * *`, `⁂`) rather than one of them."""
    return _BREAK.fullmatch(text) is not None


def sectioned(blocks: Iterable[Block], title: str) -> tuple[str, tuple[Section, ...]]:
    """The review's text and its sections.

    Headings of every level make sections alike. A first-level heading before all others that says the title is
    the title. A heading without text under it makes no section: there would be nothing in it to cite.
    """
    pieces: list[str] = []
    sections: list[Section] = []
    slugs = UniqueSlugs()
    heading = INTRODUCTION
    paragraphs: list[Paragraph] = []
    offset = 0
    title_slug = slugify(title)
    title_may_come = True

    def close() -> None:
        if paragraphs:
            sections.append(Section(slugs.assign(heading), heading, tuple(paragraphs)))
            paragraphs.clear()

    for block in blocks:
        if block.level:
            if block.level == 1 and title_may_come and slugify(block.text) == title_slug:
                continue
            title_may_come = False
            close()
            heading = block.text
        else:
            end = offset + len(block.text)
            paragraphs.append(Paragraph(len(paragraphs) + 1, offset, end))
            pieces.append(block.text)
            offset = end + 1
    close()
    return "\n".join(pieces), tuple(sections)
