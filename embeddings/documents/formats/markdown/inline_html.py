"""The HTML between Markdown: which of its text is shown, where its paragraphs end, what it quotes and hides."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from embeddings.config import HTML_DEPTH
from embeddings.documents.formats.blocks import INLINE_TAGS
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
)
from embeddings.documents.formats.spoilers import hides_spoiler
from embeddings.lexicon import PAGE_FURNITURE

HIDDEN_HTML = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|(\Z)))|<(script|style|template|iframe|svg|noscript|select|object)\b.*?(?:</\2\s*>|(\Z))",
    re.DOTALL | re.IGNORECASE,
)
"""What is never shown. A group that is not empty tells that it has no end."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>])([^<>]*)>|<[!?/][^<>]*>")
_EMBED = re.compile(r"twitter-|instagram-|tiktok-|bluesky-|mastodon-|reddit-|wp-embed|kg-embed", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z_:][\w:.-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?", re.IGNORECASE)
_HEADING = re.compile(r"h([1-6])")
_MARKS = {
    "b": (BOLD, BOLD_END),
    "strong": (BOLD, BOLD_END),
    "em": (EMPHASIS, EMPHASIS_END),
    "i": (EMPHASIS, EMPHASIS_END),
}
_SKIPPED = frozenset("audio button canvas caption figcaption form math nav summary textarea title video".split())
_CONTAINERS = frozenset("aside blockquote details div figure p section span".split())
_INVISIBLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SHOWN_INSTEAD = frozenset("button input summary".split())
"""What is shown in place of a hidden text, even within a paragraph."""
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass
class HtmlReader:
    """Reads tags and text in the order in which they come, across the blocks of a Markdown text.

    Attributes:
        maker: receives the paragraphs and headings.
        line: where the present block begins.
        pieces: the present paragraph, with marks.
        quotes: how many quotes are open.
    """

    maker: BlockMaker
    line: int = 0
    pieces: list[str] = field(default_factory=list)
    quotes: int = 0
    _open: list[tuple[str, str]] = field(default_factory=list)
    _skipped: list[str] = field(default_factory=list)
    _level: int = 0

    @property
    def is_skipping(self) -> bool:
        """True within what is not shown."""
        return bool(self._skipped) or any(effect == "skip" for _, effect in self._open)

    def read_block(self, content: str, line: int) -> None:
        """Read a block of HTML. Its last paragraph ends with it."""
        self.line = line
        text = HIDDEN_HTML.sub("", content)
        at = 0
        for found in _TAG.finditer(text):
            self.text(html.unescape(text[at : found.start()]))
            self.tag(found)
            at = found.end()
        self.text(html.unescape(text[at:]))
        self.flush()
        # An element without an end hides no more than its own block.
        self._skipped.clear()
        self._close_paragraphs()
        self._level = 0

    def read_tag(self, content: str) -> None:
        """Read a tag within a paragraph of Markdown."""
        if found := _TAG.match(content):
            self.tag(found, is_inline=True)

    def text(self, text: str) -> None:
        """Add text to the present paragraph."""
        if not self.is_skipping:
            self.pieces.append(text)

    def take(self) -> str:
        """Return the present paragraph of Markdown with marks, and begin another."""
        self._close_paragraphs()
        text = "".join(self.pieces)
        self.pieces.clear()
        self._skipped.clear()
        return text

    def flush(self) -> None:
        """End the present paragraph."""
        text = "".join(self.pieces)
        self.pieces.clear()
        self.maker.add(text, self.line, level=self._level, quoted=self.quotes > 0, may_be_heading=not self.quotes)

    def tag(self, found: re.Match[str], *, is_inline: bool = False) -> None:
        """Follow a start or end tag."""
        if found[2] is None:
            return
        closes, name, attributes = bool(found[1]), found[2].lower(), found[3] or ""
        if name in _MARKS:
            self.text(_MARKS[name][closes])
        elif name == "br":
            self.text(BREAK)
        elif name == "img":
            self.text(PICTURE)
        elif name in _SKIPPED:
            if closes:
                del self._skipped[self._skipped.index(name) if name in self._skipped else len(self._skipped) :]
            elif not attributes.rstrip().endswith("/") and (not is_inline or name in _SHOWN_INSTEAD):
                if not is_inline:
                    self.flush()
                self._skipped.append(name)
        elif heading := _HEADING.fullmatch(name):
            self.flush()
            self._level = 0 if closes else int(heading[1])
        elif name not in INLINE_TAGS and not is_inline:
            self.flush()
        if name not in _VOID and name not in _SKIPPED:
            self._container(name, attributes, closes=closes)

    def _close_paragraphs(self) -> None:
        """Close paragraphs without an end tag, which HTML allows."""
        while self._open and self._open[-1][0] == "p":
            self._container("p", "", closes=True)

    def _container(self, name: str, attributes: str, *, closes: bool) -> None:
        if not closes:
            given = _attributes(attributes)
            classes = f"{given.get('class', '')} {given.get('id', '')}".split()
            effect = ""
            if hides_spoiler(name, given):
                effect = "spoiler"
            elif (
                "hidden" in given
                or _INVISIBLE.search(given.get("style", ""))
                or any(map(_EMBED.search, classes))
                or any(map(PAGE_FURNITURE.search, classes))
            ):
                effect = "skip"
            elif name == "blockquote":
                effect = "quote"
            if name == "p" and self._open and self._open[-1][0] == name:
                self._container(name, "", closes=True)
            is_open = (effect or name in _CONTAINERS) and not attributes.rstrip().endswith("/")
            if is_open and len(self._open) < HTML_DEPTH:
                self._open.append((name, effect))
                self.quotes += effect == "quote"
                self.pieces.extend([SPOILER] if effect == "spoiler" else [])
            return
        last = next((at for at in range(len(self._open) - 1, -1, -1) if self._open[at][0] == name), None)
        if last is not None:
            for _, effect in self._open[last:]:
                self.quotes -= effect == "quote"
                self.pieces.extend([SPOILER_END] if effect == "spoiler" else [])
            del self._open[last:]


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag, with their names in lower case."""
    return {
        found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "") for found in _ATTRIBUTE.finditer(text)
    }
