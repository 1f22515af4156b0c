"""Text with marks: which stretches are spoilers, bold or emphasised, until blocks are made of it.

The marks are noncharacters of Unicode, which no text has. `without_marks` removes those that a hostile file has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from embeddings.config import PLAIN_HEADING_CHARACTERS, PLAIN_HEADING_WORDS
from embeddings.documents.formats.blocks import Block, collapse_spaces, is_ornament
from embeddings.documents.formats.boilerplate import is_site_line, is_star_rating, read_fields
from embeddings.lexicon import FACT_LINES, PICTURE_CREDITS

SPOILER, SPOILER_END = "\ufdd0", "\ufdd1"
BOLD, BOLD_END = "\ufdd2", "\ufdd3"
EMPHASIS, EMPHASIS_END = "\ufdd4", "\ufdd5"
PICTURE = "\ufdd6"
BREAK = "\ufdd7"
"""The end of a line within a paragraph."""
LINK, LINK_END = "\ufdd8", "\ufdd9"

_MARKS = re.compile("[\ufdd0-\ufdef]")
_SPOILERS = re.compile(f"([{SPOILER}{SPOILER_END}])")
_OTHERS = dict.fromkeys(map(ord, f"{BOLD}{BOLD_END}{EMPHASIS}{EMPHASIS_END}{PICTURE}{LINK}{LINK_END}")) | {
    ord(BREAK): " "
}
_CLOSED = re.compile(r"[.!…;,。！；，、][\"'”’»›)\]]*$")
_BOLD_ALONE = re.compile(f"{BOLD}([^{BOLD}{BOLD_END}]+){BOLD_END}")
_EMPHASISED = re.compile(f"(?:[{EMPHASIS}{BOLD}]+[^{EMPHASIS}{EMPHASIS_END}]+[{EMPHASIS_END}{BOLD_END}]+{BREAK}?\\s*)+")
_ADDRESS = re.compile(r"<?(?:https?://|www\.)\S+")


def without_marks(text: str) -> str:
    """Return a text without the noncharacters that the marks are."""
    return _MARKS.sub("", text)


@dataclass
class BlockMaker:
    """Makes blocks of marked texts, in their order: a spoiler may go on from one to the next.

    Attributes:
        blocks: the blocks so far.
        spoiling: how many spoilers are open.
    """

    blocks: list[Block]
    spoiling: int = 0
    _is_below_picture: bool = False

    def add(self, text: str, line: int, *, level: int = 0, quoted: bool = False, may_be_heading: bool = False) -> None:
        """Add a paragraph or a heading, without what is no text: pictures with their captions, addresses, ornaments."""
        fields, text, others = _split_fields(text) if BREAK in text and not level else ([], text, [])
        for field in fields:
            self._add(field, line, 0, quoted)
        if may_be_heading and not level:
            first, rest = _split_heading(text)
            if first:
                self._add(first, line, 7, quoted)
                text = rest
        self._add(text, line, level, quoted)
        for field in others:
            self._add(field, line, 0, quoted)

    def _add(self, text: str, line: int, level: int, quoted: bool) -> None:
        is_caption = not level and self._is_caption(text)
        plain, spoilers = self._spoilers(collapse_spaces(text.translate(_OTHERS)))
        is_ornamental = is_ornament(plain) and not is_star_rating(plain)
        is_text = bool(level) or not (is_ornamental or _is_address(plain) or PICTURE_CREDITS.fullmatch(plain))
        if not plain or is_caption or not is_text:
            return
        self.blocks.append(Block(plain, level, line, quoted, spoilers))

    def _is_caption(self, text: str) -> bool:
        """Return True for a picture's caption: emphasised text beside or right below it."""
        beside, was_below = PICTURE in text, self._is_below_picture
        self._is_below_picture = beside and not text.translate(_OTHERS).strip()
        rest = text.replace(PICTURE, "").strip(f" {BREAK}\n")
        return bool(rest) and (beside or was_below) and _EMPHASISED.fullmatch(rest) is not None

    def _spoilers(self, text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
        """Return a text without the marks of spoilers, and where these are."""
        if not self.spoiling and SPOILER not in text:
            return _SPOILERS.sub("", text), ()
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        length = 0
        for part in _SPOILERS.split(text):
            if part == SPOILER:
                self.spoiling += 1
                continue
            if part == SPOILER_END:
                self.spoiling = max(0, self.spoiling - 1)
                continue
            piece = part.lstrip() if not pieces or pieces[-1].endswith(" ") else part
            if not piece:
                continue
            pieces.append(piece)
            if self.spoiling:
                spans.append((length, length + len(piece)))
            length += len(piece)
        joined = "".join(pieces)
        plain = joined.rstrip()
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and merged[-1][1] == start:
                merged[-1] = (merged[-1][0], min(end, len(plain)))
            elif start < len(plain):
                merged.append((start, min(end, len(plain))))
        return plain, tuple(merged)


def _is_address(text: str) -> bool:
    """Return True for a paragraph of nothing but addresses, which sites replace by what is there."""
    return _ADDRESS.search(text) is not None and not _ADDRESS.sub("", text).strip(" .:→-")


def demote_last_headings(blocks: list[Block]) -> list[Block]:
    """Return the blocks with lines in bold or capitals as paragraphs where no text follows that they would head."""
    result = list(blocks)
    for number in range(len(result) - 1, -1, -1):
        if result[number].level != 7:
            break
        result[number] = Block(result[number].text, 0, result[number].line, result[number].quoted)
    return result


def is_short(text: str) -> bool:
    """Return True if a text is as short as headings are, and closes no sentence."""
    return (
        len(text) <= PLAIN_HEADING_CHARACTERS
        and len(text.split()) <= PLAIN_HEADING_WORDS
        and any(character.isalpha() for character in text)
        and not _CLOSED.search(text)
    )


def _split_heading(text: str) -> tuple[str, str]:
    """Return a paragraph's first line if it is a heading, in bold or in capitals, and the rest; else "" and all."""
    first, _, rest = text.strip().partition(BREAK)
    bold = _BOLD_ALONE.fullmatch(first.strip(f" {EMPHASIS}{EMPHASIS_END}"))
    words = collapse_spaces((bold[1] if bold else first).translate(_OTHERS))
    words = words.removesuffix(":").rstrip() if bold else words
    is_heading = bold is not None or (
        words.isupper() and SPOILER not in first and sum(map(str.isalpha, words)) > 3 and PICTURE not in first
    )
    plain_rest = rest.translate(_OTHERS).strip(f" {SPOILER}{SPOILER_END}")
    if (
        not is_heading
        or not is_short(words)
        or FACT_LINES.match(words)
        or read_fields(words)
        or (plain_rest and plain_rest[0].islower())
    ):
        return "", text
    return words, rest


def _split_fields(text: str) -> tuple[list[str], str, list[str]]:
    """Return the lines of fields and of a site's links before a paragraph's text, the text, and those after it."""
    lines = text.split(BREAK)
    plain = [collapse_spaces(line.translate(_OTHERS).strip(f" {SPOILER}{SPOILER_END}")) for line in lines]
    is_field = [bool(line) and (read_fields(line) is not None or is_site_line(line)) for line in plain]
    start = next((number for number, is_one in enumerate(is_field) if not is_one), len(lines))
    end = next((number for number in range(len(lines), start, -1) if not is_field[number - 1]), start)
    return lines[:start], BREAK.join(lines[start:end]), lines[end:]
