"""What was read from another format, and the Markdown file that it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from embeddings.documents.formats.blocks import Block, collapsed, is_break
from embeddings.documents.formats.front_matter import is_link
from embeddings.documents.formats.markdown import HEADING_LENGTH
from embeddings.documents.slugs import slugify

_UNKEPT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_INLINE = re.compile(r"[\\`*_\[\]<&~#]")
_LINE_START = re.compile(r"^(?:[-+>=]|\d+(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Article:
    """A review as another format holds it; `author` and `source` (a link) where it names them."""

    title: str
    blocks: tuple[Block, ...]
    author: str | None = None
    source: str | None = None


def markdown_of(imported: Article) -> str:
    """The review file: front matter and Markdown, which is read back as the same sections and paragraphs.

    Every heading becomes one of the second level; a heading that says the title is left out. One that is as long
    as a paragraph becomes one.
    """
    fields = {
        "title": tidied(imported.title),
        "author": tidied(imported.author or ""),
        "source": imported.source if imported.source and is_link(imported.source) else "",
    }
    given = {name: value for name, value in fields.items() if value}
    front_matter = yaml.safe_dump(given, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{front_matter}---\n\n" + "\n\n".join(_lines(imported)) + "\n"


def tidied(text: str) -> str:
    """The text on one line, without control characters or white space of any kind at either end."""
    return collapsed(_UNKEPT.sub("", text)).strip()


def _lines(imported: Article) -> Iterator[str]:
    title = slugify(imported.title)
    title_may_come = True
    for block in imported.blocks:
        text = tidied(block.text)
        if block.level and text and len(text) <= HEADING_LENGTH:
            if not (block.level == 1 and title_may_come and slugify(text) == title):
                yield f"## {_escaped(text)}"
                title_may_come = False
        elif text and not is_break(text):
            yield _escaped(text)


def _escaped(text: str) -> str:
    escaped = _INLINE.sub(r"\\\g<0>", text)
    start = _LINE_START.match(escaped)
    if start is None:
        return escaped
    # Of "1. " it is the full stop that makes a list, and a digit can't be escaped.
    mark = start.end() if start[0][0].isdigit() else 0
    return f"{escaped[:mark]}\\{escaped[mark:]}"
