"""The headings and paragraphs of a Markdown text."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from embeddings.documents.formats.blocks import Block, collapsed, is_break
from embeddings.errors import ReviewFileError

HEADING_LENGTH = 200
"""Characters of a heading. A paragraph right above a line of '-' is one to Markdown, and seldom to who wrote it."""

# Below this depth markdown-it drops what it finds.
_NESTING = 100
_HIDDEN_HTML = re.compile(r"<!--.*?(?:-->|$)|<(script|style|template)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)?[^<>]*(?:>|$)")
_INLINE_TAGS = frozenset(
    "a abbr b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike strong "
    "sub sup time tt u var wbr".split()
)


def markdown_blocks(body: str, lines_before: int, path: Path) -> tuple[Block, ...]:
    """Headings and paragraphs as a reader of the rendered page sees them; `lines_before` is the front matter's.

    A list item, a block quote's paragraph, a footnote, a row of a table, and a stretch of code are paragraphs.
    Pictures, comments, rules and links' addresses are not text. Headings inside lists and quotes belong to what
    is listed or quoted: they are paragraphs.

    Raises:
        ReviewFileError: a heading is as long as a paragraph, or lists or quotes are nested beyond what is parsed.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["strikethrough", "table"])
    # Footnotes stay where they are written; gathered at the end they would fall to the last section.
    parser.use(footnote_plugin).disable(["footnote_inline", "footnote_tail"])
    blocks: list[Block] = []
    level = 0
    line = lines_before + 1
    row: list[str] | None = None

    def add(text: str, level: int = 0) -> None:
        rendered = collapsed(text)
        if rendered and (level or not is_break(rendered)):
            blocks.append(Block(rendered, level, line))

    for token in parser.parse(body):
        if token.map is not None:
            line = token.map[0] + lines_before + 1
        if token.level >= _NESTING - 1:
            raise ReviewFileError(path, line, "lists or quotes are nested too deeply; nest them less")
        if token.type == "heading_open":
            level = int(token.tag[1:]) if token.level == 0 else 0
        elif token.type == "heading_close":
            level = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            add(" ".join(filter(None, row)))
            row = None
        elif token.type == "inline":
            text = _inline_text(token.children or [])
            if row is not None:
                row.append(collapsed(text))
            else:
                if level and len(text) > HEADING_LENGTH:
                    reason = f"a heading of {len(text)} characters; put an empty line before a line of '-' or '='"
                    raise ReviewFileError(path, line, reason)
                add(text, level)
        elif token.type in {"fence", "code_block"}:
            for stretch in re.split(r"\n[ \t]*\n", token.content):
                add(stretch)
        elif token.type == "html_block":
            for stretch in _html_text(token.content):
                add(stretch)
    return tuple(blocks)


def _inline_text(tokens: Sequence[Token]) -> str:
    pieces: list[str] = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            pieces.append(token.content)
        elif token.type in {"softbreak", "hardbreak"} or (
            token.type == "html_inline" and token.content.lower().startswith("<br")
        ):
            pieces.append(" ")
    return "".join(pieces)


def _html_text(content: str) -> list[str]:
    """The text between tags, a stretch for each block element."""

    def boundary(match: re.Match[str]) -> str:
        name = (match.group(1) or "").lower()
        if name in _INLINE_TAGS:
            return ""
        return " " if name == "br" else "\0"

    return [html.unescape(stretch) for stretch in _TAG.sub(boundary, _HIDDEN_HTML.sub("", content)).split("\0")]
