"""Markdown: headings and paragraphs as a reader of the rendered page sees them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from embeddings.config import MAX_HEADING_CHARACTERS
from embeddings.documents.formats.article import Article
from embeddings.documents.formats.blocks import Block, collapse_spaces
from embeddings.documents.formats.charsets import decode_text, without_c1
from embeddings.documents.formats.headers.fields import Header
from embeddings.documents.formats.headers.split import split_header
from embeddings.documents.formats.markdown.inline_html import HIDDEN_HTML, HtmlReader
from embeddings.documents.formats.markdown.site_markup import remove_site_markup
from embeddings.documents.formats.marked_text import (
    BOLD,
    BOLD_END,
    BREAK,
    EMPHASIS,
    EMPHASIS_END,
    PICTURE,
    SPOILER,
    SPOILER_END,
    BlockMaker,
    demote_last_headings,
    is_short,
    without_marks,
)
from embeddings.documents.formats.spoilers import names_spoilers
from embeddings.documents.notes import Mended, Note
from embeddings.lexicon import QUOTE_NAMES

_NESTING = 100
"""markdown-it drops what is nested more deeply."""
_C1_REFERENCE = re.compile(r"&#(?:0*(?:12[89]|1[34]\d|15\d)|[xX]0*[89][0-9a-fA-F]);")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*:|[/#.]|.*\w[./@]\w", re.IGNORECASE)
_CALLOUT = re.compile(r"\[!(?P<kind>[\w-]+)(?:\|[^\[\]]*)?\](?P<fold>[+-]?)[ \t]*(?P<title>[^\n]*)")
_QUERY = re.compile(r"\$?=\s")
_TASK = re.compile(r"^\[[ xX/-]\]\s+")
_CODE = re.compile(r"[{};]\s*$|^\s*(?:<|//|\$ )|\w\(|\w = \w", re.MULTILINE)
_DEEP = re.compile(rf"^[ \t]*(?:(?:>|[-+*]|\d{{1,9}}[.)])[ \t]*){{{_NESTING // 2},}}", re.MULTILINE)
_HIDING_LINK = re.compile(r"[#/](?:s|sp|spoilers?)", re.IGNORECASE)
"""Where a link leads by which Reddit once hid its words."""
_INLINE = {
    "strong_open": BOLD,
    "strong_close": BOLD_END,
    "em_open": EMPHASIS,
    "em_close": EMPHASIS_END,
    "image": PICTURE,
    "softbreak": BREAK,
    "hardbreak": BREAK,
}


@dataclass(frozen=True, slots=True)
class MarkdownText:
    """The headings and paragraphs of a Markdown text, the facts that stood in it, and what had to be mended."""

    blocks: tuple[Block, ...]
    facts: dict[str, str]
    notes: tuple[Note, ...]


def read_markdown_file(data: bytes, path: Path) -> Article:
    """Return the review of a Markdown file, whatever header it has.

    Raises:
        ReviewFileError: the bytes are not text, or the header is too long.
    """
    text, notes = decode_text(data, path)
    return markdown_article(*split_header(text, path), notes, path)


def markdown_article(header: Header, body: str, notes: tuple[Note, ...], path: Path) -> Article:
    """Return the review of a header and a Markdown text."""
    read = read_markdown(body, header.length, path)
    return Article("", read.blocks, header=header, facts=read.facts, notes=(*notes, *read.notes))


def read_markdown(body: str, lines_before: int, path: Path) -> MarkdownText:
    """Return the headings and paragraphs of a Markdown text.

    A list item, a block quote's paragraph, a footnote, a table row and a stretch of code without a language are
    paragraphs. Pictures with their captions, comments, rules, embedded pages, code, and the addresses of links are not
    text. Neither are the marks of site generators and note programs. Headings inside quotes belong to what is quoted,
    so they are paragraphs.

    Args:
        body: the text.
        lines_before: how many lines of the file come before it.
        path: the file.
    """
    body = without_marks(body)
    # Browsers show the characters of Windows-1252 for these numbers, and markdown-it shows none.
    body = _C1_REFERENCE.sub(lambda number: without_c1(html.unescape(number[0])), body)
    notes: list[Note] = []
    if deep := _DEEP.search(body):
        # markdown-it takes long for these, and drops them in the end.
        line = body.count("\n", 0, deep.start()) + lines_before + 1
        notes.append(Note(Mended.NESTING, "Lists or quotes are nested too deeply, so their marks were left out.", line))
        body = _DEEP.sub("", body)
    clean = remove_site_markup(body, first_line=lines_before + 1, is_mdx=path.suffix.lower() == ".mdx")
    reader = _Reader(lines_before, notes)
    reader.read(clean.text)
    blocks = demote_last_headings(sorted(reader.maker.blocks, key=lambda block: block.line))
    return MarkdownText(tuple(blocks), clean.facts, (*clean.notes, *notes))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["strikethrough", "table"])
    # Footnotes stay where they are written. Gathered at the end they would belong to the last section.
    return parser.use(footnote_plugin).disable(["footnote_inline", "footnote_tail"])


class _Reader:
    """Reads the tokens of a text into blocks."""

    def __init__(self, lines_before: int, notes: list[Note]) -> None:
        self._before = lines_before
        self._notes = notes
        self.maker = BlockMaker([])
        self._html = HtmlReader(self.maker)
        self._environment: dict[str, Any] = {}
        self._addresses: set[object] = set()

    def read(self, text: str) -> None:
        """Read a text into blocks, in the order of its tokens."""
        line, level, markup = self._before + 1, 0, ""
        row: list[str] | None = None
        # For each open quote, whether it is somebody else's words.
        quotes: list[bool] = []
        tokens = _parser().parse(text, self._environment)
        for number, token in enumerate(tokens):
            self._addresses.update(each.attrs.get("href", each.attrs.get("src")) for each in token.children or [])
            if token.map is not None:
                line = token.map[0] + self._before + 1
            match token.type:
                case "heading_open":
                    level, markup = (0 if any(quotes) or self._html.quotes else int(token.tag[1:])), token.markup
                case "heading_close":
                    level = 0
                case "blockquote_open":
                    quotes.append(self._opens_quote(tokens, number))
                case "blockquote_close":
                    quotes.pop()
                case "tr_open":
                    row = []
                case "tr_close" if row is not None:
                    self._add(" ".join(filter(None, row)), line, 0, any(quotes))
                    row = None
                case "inline":
                    self._html.line = line
                    is_item = number > 1 and tokens[number - 2].type == "list_item_open"
                    shown = self._inline(token.children or [], is_item=is_item)
                    if row is not None:
                        row.append(collapse_spaces(shown))
                        continue
                    is_text = level and markup in "-=" and not is_short(collapse_spaces(shown.replace(BREAK, " ")))
                    if level and len(shown) > MAX_HEADING_CHARACTERS and not is_text:
                        is_text = True
                        reason = f"A heading has {len(shown)} characters, so it was read as a paragraph."
                        self._notes.append(Note(Mended.HEADING, reason, line))
                    is_alone = token.level == 1 + len(quotes) and not any(quotes)
                    self._add(shown, line, 0 if is_text else level, any(quotes), may_be_heading=is_alone and not level)
                case "fence" | "code_block":
                    self._code(token, line, any(quotes))
                case "html_block":
                    self._html_block(token.content, line, any(quotes))
        self._references(text)

    def _add(self, text: str, line: int, level: int, quoted: bool, *, may_be_heading: bool = False) -> None:
        if self._html.is_skipping:
            return
        quoted = quoted or self._html.quotes > 0
        self.maker.add(text, line, level=level, quoted=quoted, may_be_heading=may_be_heading and not quoted)

    def _opens_quote(self, tokens: Sequence[Token], number: int) -> bool:
        """Return True if a quote is somebody else's words. Callouts are the reviewer's, and lose their first line."""
        first = tokens[number + 2] if len(tokens) > number + 2 else None
        found = _CALLOUT.match(first.content) if first is not None and first.type == "inline" else None
        if first is None or found is None:
            return True
        rest = first.content[found.end() :].lstrip("\n")
        if not rest and tokens[number + 4].type == "blockquote_close":
            rest = found["title"]
        first.children = _parser().parseInline(rest, self._environment)[0].children
        # One that is closed at first shows nothing until somebody opens it.
        if found["fold"] == "-" or names_spoilers(found["kind"]) or names_spoilers(found["title"]):
            self._hide(tokens, number)
        return found["kind"].lower() in QUOTE_NAMES

    def _hide(self, tokens: Sequence[Token], number: int) -> None:
        """Mark a quote as a spoiler: everything up to its end."""
        depth = 0
        for token in tokens[number:]:
            depth += token.nesting if token.type.startswith("blockquote") else 0
            if depth == 0:
                break
            if token.type == "inline":
                spoiler = [Token("text", "", 0, content=mark) for mark in (SPOILER, SPOILER_END)]
                token.children = [spoiler[0], *(token.children or []), spoiler[1]]

    def _inline(self, tokens: Sequence[Token], *, is_item: bool = False) -> str:
        """Return the shown text of a paragraph, with marks."""
        if is_item and tokens and tokens[0].type == "text":
            tokens[0].content = _TASK.sub("", tokens[0].content)
        hiding: list[int] = []
        for token in tokens:
            if token.type == "text" or (token.type == "code_inline" and not _QUERY.match(token.content)):
                self._html.text(token.content)
            elif token.type == "html_inline":
                self._html.read_tag(token.content)
            elif token.type == "link_open" and _HIDING_LINK.fullmatch(str(token.attrs.get("href", ""))):
                hiding.append(token.level)
                self._html.text(SPOILER)
            elif token.type == "link_close" and hiding and hiding[-1] == token.level:
                hiding.pop()
                self._html.text(SPOILER_END)
            elif token.type in _INLINE:
                self._html.text(_INLINE[token.type])
        return self._html.take()

    def _code(self, token: Token, line: int, quoted: bool) -> None:
        """Add verse and the like. Code in a language, or that looks like code, is no text."""
        if token.type == "fence" and (token.info.strip() or _CODE.search(token.content)):
            return
        for stretch in re.split(r"\n[ \t]*\n", token.content):
            if token.type == "code_block":
                # Its author wrote a paragraph with a tab, or verse.
                shown = self._inline(_parser().parseInline(stretch.strip(), self._environment)[0].children or [])
                self._add(shown, line, 0, quoted)
            else:
                self._add(stretch, line, 0, quoted)

    def _html_block(self, content: str, line: int, quoted: bool) -> None:
        endless = next((found for found in HIDDEN_HTML.finditer(content) if found.lastindex in (1, 3)), None)
        if endless is not None:
            at = line + content.count("\n", 0, endless.start())
            name = endless[0][:8].split()[0]
            self._notes.append(Note(Mended.ENDLESS, f"'{name}' has no end, so the text after it was left out.", at))
        self._html.quotes += quoted
        self._html.read_block(content, line)
        self._html.quotes -= quoted

    def _references(self, text: str) -> None:
        """Add lines such as "[Verdict]: brilliant": the address of a link to Markdown, a sentence to its author."""
        lines = text.split("\n")
        references = self._environment.get("references", {}).values(), self._environment.get("duplicate_refs", ())
        for reference in (each for kind in references for each in kind):
            if reference["href"] not in self._addresses and not _LINK.match(reference["href"]):
                start, end = reference["map"]
                self._add("\n".join(lines[start:end]), start + self._before + 1, 0, quoted=False)
