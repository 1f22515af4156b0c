"""Plain text: its encoding, its title, and the headings and paragraphs that its lines suggest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embeddings.config import PLAIN_HEADING_CHARACTERS, PLAIN_HEADING_WORDS, PLAIN_WRAP_CHARACTERS
from embeddings.documents.formats.article import Article
from embeddings.documents.formats.blocks import Block, collapse_spaces, is_ornament
from embeddings.documents.formats.charsets import decode_utf
from embeddings.documents.slugs import slugify
from embeddings.errors import ReviewFileError

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CLOSED = re.compile(r"[.!?…:;,。！？：；，、؟؛،۔।॥][\"'”’»›)\]}」』）]*$")
_LIST_MARK = re.compile(r"[-–—*•·+>]|\(?\d+[.)]\s|\(?\w[.)]\s")


def read_plain_text(data: bytes, path: Path) -> Article:
    """Return the title and the blocks of a plain text file; the errors are those of `decode_text`."""
    title = title_from_name(path)
    return Article(title, plain_text_blocks(decode_text(data, path), title))


def decode_text(data: bytes, path: Path) -> str:
    """Return a file's text, each line ended by one newline.

    Raises:
        ReviewFileError: the bytes are neither UTF-8 nor marked UTF-16, or not text; names the line.
    """
    text = _LINE_END.sub("\n", decode_utf(data, path))
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        reason = (
            f"The line has the control character U+{ord(control.group()):04X}. Remove it, and save the file as UTF-8."
        )
        raise ReviewFileError(path, line, reason)
    return text


def title_from_name(path: Path) -> str:
    """Return the title of a review that has none itself: its file's name as words."""
    words = re.sub(r"[\s_-]+", " ", path.stem).split()
    return " ".join(word[:1].upper() + word[1:] for word in words) or path.stem


def plain_text_blocks(text: str, title: str) -> tuple[Block, ...]:
    """Return the paragraphs of a plain text and the headings between them.

    A line is a paragraph. In a text that was wrapped by hand or by an editor, several lines are. A heading is a short
    line that doesn't close a sentence and is alone between paragraphs. Several such lines in a row are no headings,
    because they read as a list or as verse.
    """
    paragraphs = [block for block in _join_wrapped(text.split("\n")) if not is_ornament(block.text)]
    first = paragraphs[0].text if paragraphs else ""
    if 0 < len(first) <= PLAIN_HEADING_CHARACTERS and slugify(first) == slugify(title):
        paragraphs[0] = replace(paragraphs[0], level=1)
    candidates = [not block.level and _may_be_heading(block.text) for block in paragraphs]
    last = len(paragraphs) - 1
    return tuple(
        replace(block, level=2)
        if candidates[i] and i < last and not candidates[i + 1] and (i == 0 or not candidates[i - 1])
        else block
        for i, block in enumerate(paragraphs)
    )


def _may_be_heading(text: str) -> bool:
    return (
        len(text) <= PLAIN_HEADING_CHARACTERS
        and len(text.split()) <= PLAIN_HEADING_WORDS
        and any(character.isalnum() for character in text)
        and not _CLOSED.search(text)
        and not _LIST_MARK.match(text)
    )


def _join_wrapped(raw_lines: Sequence[str]) -> list[Block]:
    """Return the paragraphs, each with its first line's number."""
    lines = [collapse_spaces(line) for line in raw_lines]
    width = max(map(len, lines))
    wrapped = width <= PLAIN_WRAP_CHARACTERS and any(
        line and after[:1].islower() and not _CLOSED.search(line) for line, after in itertools.pairwise(lines)
    )
    paragraphs: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        before = lines[number - 2] if number > 1 else ""
        if wrapped and before and paragraphs and _continues(before, line, len(paragraphs[-1][1]) == 1, width):
            paragraphs[-1][1].append(line)
        else:
            paragraphs.append((number, [line]))
    return [Block(" ".join(parts), 0, number) for number, parts in paragraphs]


def _continues(line: str, following: str, is_first: bool, width: int) -> bool:
    """Return True if a wrapped paragraph continues from one line to the next.

    It does if the next word would not have fitted, or is in lower case. If it would have fitted, the line was ended on
    purpose: it closes a sentence, or is a heading right above its paragraph.
    """
    fits = len(line) + 1 + len(following.split(" ", 1)[0]) <= width
    if not fits or following[0].islower():
        return True
    return not (_CLOSED.search(line) or is_first)
