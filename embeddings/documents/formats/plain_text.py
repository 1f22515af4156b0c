"""The headings and paragraphs of a plain text, as far as its lines tell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from embeddings.documents.formats.blocks import Block, collapsed, is_break
from embeddings.documents.slugs import slugify

_INFERRED_HEADING_LENGTH = 80
_INFERRED_HEADING_WORDS = 14
_WRAPPED_WIDTH = 120
_CLOSED = re.compile(r"[.!?…:;,。！？：；，、؟؛،۔।॥][\"'”’»›)\]}」』）]*$")
_LIST_MARK = re.compile(r"[-–—*•·+>]|\(?\d+[.)]\s|\(?\w[.)]\s")


def plain_blocks(text: str, title: str) -> tuple[Block, ...]:
    """Paragraphs and the headings between them.

    A line is a paragraph, except in a text that was wrapped by hand or by an editor: there a paragraph is
    several lines. A heading is a short line that doesn't close a sentence and stands alone between paragraphs: of
    several such lines in a row none is, since they read as a list or as verse.
    """
    paragraphs = [block for block in _unwrapped(text.split("\n")) if not is_break(block.text)]
    first = paragraphs[0].text if paragraphs else ""
    if 0 < len(first) <= _INFERRED_HEADING_LENGTH and slugify(first) == slugify(title):
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
        len(text) <= _INFERRED_HEADING_LENGTH
        and len(text.split()) <= _INFERRED_HEADING_WORDS
        and any(character.isalnum() for character in text)
        and not _CLOSED.search(text)
        and not _LIST_MARK.match(text)
    )


def _unwrapped(raw_lines: Sequence[str]) -> list[Block]:
    """The paragraphs, each with its first line's number."""
    lines = [collapsed(line) for line in raw_lines]
    width = max(map(len, lines))
    wrapped = width <= _WRAPPED_WIDTH and any(
        line and after[:1].islower() and not _CLOSED.search(line) for line, after in itertools.pairwise(lines)
    )
    groups: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        before = lines[number - 2] if number > 1 else ""
        if wrapped and before and groups and _goes_on(before, line, len(groups[-1][1]) == 1, width):
            groups[-1][1].append(line)
        else:
            groups.append((number, [line]))
    return [Block(" ".join(group), 0, number) for number, group in groups]


def _goes_on(line: str, following: str, is_first: bool, width: int) -> bool:
    """Whether a wrapped paragraph goes on from one line to the next.

    It does where the next word would not have fitted, or is in lower case. Where it would have fitted, the line
    was ended on purpose if it closes a sentence, or is a heading right above its paragraph.
    """
    fits = len(line) + 1 + len(following.split(" ", 1)[0]) <= width
    if not fits or following[0].islower():
        return True
    return not (_CLOSED.search(line) or is_first)
