"""Markdown: headings and paragraphs as a reader of the rendered page sees them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from embeddings.config import MAX_HEADING_CHARACTERS
from embeddings.documents.formats.blocks import INLINE_TAGS, Block, collapse_spaces, is_ornament
from embeddings.documents.formats.charsets import without_c1
from embeddings.errors import ReviewFileError

_NESTING = 100
"""markdown-it drops what is nested more deeply."""
_HIDDEN_HTML = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|(\Z)))|<(script|style|template)\b.*?(?:</\2\s*>|(\Z))", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>])[^<>]*>|<[!?/][^<>]*>")
_C1_REFERENCE = re.compile(r"&#(?:0*(?:12[89]|1[34]\d|15\d)|[xX]0*[89][0-9a-fA-F]);")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*:|[/#.]|.*\w[./@]\w", re.IGNORECASE)
_INLINE_TAGS = INLINE_TAGS | {"img"}


def markdown_blocks(body: str, lines_before: int, path: Path) -> tuple[Block, ...]:
    """Return the headings and paragraphs of a Markdown text that begins after so many lines of the file.

    A list item, a block quote's paragraph, a footnote, a table row and a stretch of code are paragraphs. Pictures,
    comments, rules and the addresses of links are not text. Headings inside lists and quotes belong to what is listed
    or quoted, so they are paragraphs.

    Raises:
        ReviewFileError: a heading is as long as a paragraph, lists or quotes are nested too deeply to parse, or a
            comment or script has no end, so that it would hide the text after it.
    """
    # Browsers show the characters of Windows-1252 for these numbers, and markdown-it shows none.
    body = _C1_REFERENCE.sub(lambda number: without_c1(html.unescape(number[0])), body)
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["strikethrough", "table"])
    # Footnotes stay where they are written. Gathered at the end they would belong to the last section.
    parser.use(footnote_plugin).disable(["footnote_inline", "footnote_tail"])
    blocks: list[Block] = []
    level = 0
    line = lines_before + 1
    row: list[str] | None = None

    def add(text: str, level: int = 0) -> None:
        rendered = collapse_spaces(text)
        if rendered and (level or not is_ornament(rendered)):
            blocks.append(Block(rendered, level, line))

    environment: dict[str, Any] = {}
    addresses: set[object] = set()
    for token in parser.parse(body, environment):
        addresses.update(each.attrs.get("href", each.attrs.get("src")) for each in token.children or [])
        if token.map is not None:
            line = token.map[0] + lines_before + 1
        if token.level >= _NESTING - 1:
            raise ReviewFileError(path, line, "Lists or quotes are nested too deeply. Nest them less.")
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
                row.append(collapse_spaces(text))
            else:
                # A paragraph right above a line of hyphens is a heading to Markdown, and seldom to its author.
                if level and len(text) > MAX_HEADING_CHARACTERS:
                    reason = f"A heading has {len(text)} characters. Put an empty line before a line of '-' or '='."
                    raise ReviewFileError(path, line, reason)
                add(text, level)
        elif token.type in {"fence", "code_block"}:
            for stretch in re.split(r"\n[ \t]*\n", token.content):
                add(stretch)
        elif token.type == "html_block":
            endless = next((found for found in _HIDDEN_HTML.finditer(token.content) if found.lastindex in (1, 3)), None)
            if endless is not None:
                line += token.content.count("\n", 0, endless.start())
                reason = f"'{endless[0][:8].split()[0]}' has no end. It hides the text after it."
                raise ReviewFileError(path, line, reason)
            for stretch in _html_text(token.content):
                add(stretch)
    # A line such as "[Verdict]: brilliant" is the address of a link to Markdown, and a sentence to its author.
    lines = body.split("\n")
    for reference in (*environment.get("references", {}).values(), *environment.get("duplicate_refs", ())):
        if reference["href"] not in addresses and not _LINK.match(reference["href"]):
            start, end = reference["map"]
            line = start + lines_before + 1
            add("\n".join(lines[start:end]))
    return tuple(sorted(blocks, key=lambda block: block.line))


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
    """Return the text between tags, one stretch per block element."""

    def boundary(match: re.Match[str]) -> str:
        name = (match.group(1) or "").lower()
        if name in _INLINE_TAGS:
            return ""
        return " " if name == "br" else "\0"

    return [html.unescape(stretch) for stretch in _TAG.sub(boundary, _HIDDEN_HTML.sub("", content)).split("\0")]
