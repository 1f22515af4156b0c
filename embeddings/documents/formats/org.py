"""Org mode: headings, paragraphs and fields, read line by line."""

from __future__ import annotations

import re
from pathlib import Path

from embeddings.documents.formats.article import Article
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.fields import Header
from embeddings.documents.formats.headers.split import split_header
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
    without_marks,
)
from embeddings.documents.formats.spoilers import mark_spoilers
from embeddings.lexicon import QUOTE_NAMES, SPOILER_NAMES

_HEADING = re.compile(
    r"(?P<stars>\*+)\s+(?:(?:TODO|DONE|NEXT|WAITING)\s+)?(?:\[#[A-C]\]\s+)?(?P<text>.*?)(?:\s+:[\w@:]+:)?$"
)
_NOT_EXPORTED = re.compile(r":noexport:|^\*+\s+COMMENT\b", re.IGNORECASE)
_BEGIN = re.compile(r"\s*#\+begin_(?P<name>\w+)", re.IGNORECASE)
_END = re.compile(r"\s*#\+end_(?P<name>\w+)", re.IGNORECASE)
_DRAWER = re.compile(r"\s*:(?P<name>[\w-]+):\s*$")
_SKIPPED = re.compile(r"\s*(?:#\+|#\s|#$|(?:SCHEDULED|DEADLINE|CLOSED):)")
_ITEM = re.compile(r"\s*(?:[-+]|\d+[.)]|\s\*)\s+(?:\[[ X-]\]\s+)?(?P<text>.*)$")
_RULE = re.compile(r"\s*-{5,}\s*$")
_TABLE = re.compile(r"\s*\|(?P<cells>.*)\|\s*$")
_LINK = re.compile(r"\[\[(?P<target>[^\[\]]*)\](?:\[(?P<shown>[^\[\]]*)\])?\]")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp)$", re.IGNORECASE)
_NOTE = re.compile(r" ?\[fn:[^\[\]]*\]")
_MARKED = re.compile(r"(?<![\w*/_=~+])(?P<mark>[*/_=~+])(?=\S)(?P<text>[^\n]*?\S)(?P=mark)(?![\w*/_=~+])")
_AROUND = {"*": (BOLD, BOLD_END), "/": (EMPHASIS, EMPHASIS_END)}


def read_org(data: bytes, path: Path) -> Article:
    """Return the review of an Org file.

    Raises:
        ReviewFileError: the bytes are not text, or the header is too long.
    """
    text, notes = decode_text(data, path)
    header, body = split_header(text, path)
    reader = _Reader(header)
    for number, line in enumerate(mark_spoilers(without_marks(body)).split("\n"), header.length + 1):
        reader.read(line, number)
    reader.flush()
    return Article("", tuple(demote_last_headings(reader.maker.blocks)), header=header, notes=notes)


class _Reader:
    """Reads line by line into blocks."""

    def __init__(self, header: Header) -> None:
        self.maker = BlockMaker([])
        self._lines: list[str] = []
        self._line = header.length + 1
        self._quoted = 0
        self._skipped = ""
        # The level of the heading whose section its author keeps out of what is published.
        self._unexported = 0

    def read(self, line: str, number: int) -> None:
        """Read a line."""
        if self._unexported and not line.startswith("*"):
            return
        if self._skipped:
            found = _END.match(line) or _DRAWER.match(line)
            self._skipped = "" if found and found["name"].lower() == self._skipped else self._skipped
        elif heading := _HEADING.match(line):
            self.flush()
            level = len(heading["stars"])
            if not 0 < self._unexported < level:
                self._unexported = level if _NOT_EXPORTED.search(line) else 0
            if self._unexported:
                return
            # With fewer stars than six there are as many levels.
            self.maker.add(_inline(heading["text"]), number, level=min(len(heading["stars"]), 6))
        elif begin := _BEGIN.match(line):
            self._begin(begin["name"].lower())
        elif end := _END.match(line):
            self._end(end["name"].lower())
        elif drawer := _DRAWER.match(line):
            self._skipped = "end" if drawer["name"].lower() != "end" else ""
        elif _SKIPPED.match(line) or _RULE.match(line) or not line.strip():
            self.flush()
        elif table := _TABLE.match(line):
            self.flush()
            if "-+-" not in line and "--" not in line:
                self._add(" ".join(cell.strip() for cell in table["cells"].split("|") if cell.strip()), number)
        elif item := _ITEM.match(line):
            self.flush()
            self._add(item["text"], number)
        else:
            self._add(line.strip(), number)

    def flush(self) -> None:
        """End the present paragraph."""
        text = _inline(BREAK.join(self._lines))
        self._lines.clear()
        self.maker.add(text, self._line, quoted=self._quoted > 0, may_be_heading=not self._quoted)

    def _add(self, text: str, number: int) -> None:
        self._line = self._line if self._lines else number
        self._lines.append(text)

    def _begin(self, name: str) -> None:
        self.flush()
        if name in ("src", "example", "comment", "export"):
            self._skipped = name
        elif SPOILER_NAMES.fullmatch(name):
            self._lines.append(SPOILER)
        elif name in QUOTE_NAMES:
            self._quoted += 1

    def _end(self, name: str) -> None:
        if SPOILER_NAMES.fullmatch(name):
            self._lines.append(SPOILER_END)
        self.flush()
        if name in QUOTE_NAMES:
            self._quoted = max(0, self._quoted - 1)


def _inline(text: str) -> str:
    """Return text with marks instead of Org's own."""

    def shown(found: re.Match[str]) -> str:
        if found["shown"]:
            return found["shown"]
        return PICTURE if _PICTURE.search(found["target"]) else found["target"]

    def around(found: re.Match[str]) -> str:
        before, after = _AROUND.get(found["mark"], ("", ""))
        return f"{before}{found['text']}{after}"

    return _MARKED.sub(around, _NOTE.sub("", _LINK.sub(shown, text)))
