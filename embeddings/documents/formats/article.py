"""A review read from another format, and the Markdown file that it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from embeddings.config import MAX_HEADING_CHARACTERS
from embeddings.documents.formats.blocks import Block, collapse_spaces, is_ornament
from embeddings.documents.formats.charsets import without_c1
from embeddings.documents.formats.headers.fields import Header
from embeddings.documents.formats.headers.values import is_link
from embeddings.documents.notes import Note
from embeddings.documents.slugs import slugify
from embeddings.records import Span

_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_INLINE_MARK = re.compile(r"[\\`*_\[\]<&~#^|]|%(?=%)|(?<=%)%|:(?=:)|(?<=:):|=(?==)|(?<==)=|>(?=!)|\{|!(?=<)|\((?=\()")
_LINE_START_MARK = re.compile(r"^(?:[-+>=]|\d+(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Article:
    """A review as any format is read into.

    Attributes:
        title: the title that the format has a place for, or "".
        blocks: the headings and paragraphs.
        author: who wrote it, as the format says, or None.
        source: where it was published, a link, or None.
        header: the fields before its text.
        facts: the fields within its text.
        notes: what had to be mended.
    """

    title: str
    blocks: tuple[Block, ...]
    author: str | None = None
    source: str | None = None
    header: Header = field(default_factory=Header)
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def front_matter(fields: Mapping[str, object]) -> str:
    """Return fields as YAML between two lines of hyphens, with an empty line after them."""
    return f"---\n{yaml.safe_dump(dict(fields), allow_unicode=True, sort_keys=False, width=10_000)}---\n\n"


def to_markdown(article: Article) -> str:
    """Return the review file: its header and Markdown, which parse to the same sections and paragraphs."""
    fields = {
        "title": clean_line(article.title),
        "author": clean_line(article.author or ""),
        "source": article.source if article.source and is_link(article.source) else "",
    }
    given = {name: value for name, value in ({**article.facts, **fields, **article.header.fields}).items() if value}
    return front_matter(given) + markdown_body(article)


def markdown_body(article: Article) -> str:
    """Return the headings and paragraphs as Markdown.

    Every heading becomes one of the second level. A heading that repeats the title is left out, and a heading as long
    as a paragraph becomes one.
    """
    return "\n\n".join(_lines(article)) + "\n"


def clean_line(text: str) -> str:
    """Return `text` on one line, without control characters and without white space of any kind at either end."""
    return collapse_spaces(_FORBIDDEN.sub("", without_c1(text))).strip()


def _lines(article: Article) -> Iterator[str]:
    title = slugify(article.title)
    is_first_heading = True
    for block in article.blocks:
        text = clean_line(block.text)
        if block.level and text and len(text) <= MAX_HEADING_CHARACTERS:
            if not (block.level == 1 and is_first_heading and slugify(text) == title):
                yield f"## {_escape(text)}"
                is_first_heading = False
        elif text and not is_ornament(text):
            yield ("> " if block.quoted else "") + _with_spoilers(text, block.spoilers)


def _with_spoilers(text: str, spoilers: tuple[Span, ...]) -> str:
    if not spoilers:
        return _escape(text)
    pieces: list[str] = []
    at = 0
    for start, end in spoilers:
        pieces.extend(
            (_INLINE_MARK.sub(r"\\\g<0>", text[at:start]), "||", _INLINE_MARK.sub(r"\\\g<0>", text[start:end]), "||")
        )
        at = end
    return "".join((*pieces, _INLINE_MARK.sub(r"\\\g<0>", text[at:])))


def _escape(text: str) -> str:
    escaped = _INLINE_MARK.sub(r"\\\g<0>", text)
    start = _LINE_START_MARK.match(escaped)
    if start is None:
        return escaped
    # In "1. " the full stop makes the list, and a digit can't be escaped.
    mark = start.end() if start[0][0].isdigit() else 0
    return f"{escaped[:mark]}\\{escaped[mark:]}"
