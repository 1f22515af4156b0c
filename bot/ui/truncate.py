"""Truncate text: after a sentence, or else after a word.

Lengths are in UTF-16 units, as Discord's clients count. Its servers count code points, which are never more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.ui.escape import is_boundary
from embeddings import Paragraph

Measure = Callable[[str], int]
"""The length of a text as it will be shown."""

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*(?=\s)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, or a part of one that is short enough to show: `Review.text[start:end]`."""

    paragraph: int
    start: int
    end: int


def width(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, limit: int, measure: Measure = width) -> int:
    """Return how many characters of a text, from its start, fit into `limit`.

    A text that is too long ends after a sentence, a word or a visible character, whichever comes first in this order
    and wastes less than half of the limit. A text of more than twice the limit counts as too long even if most of it
    is invisible.
    """
    if len(text) <= 2 * limit and measure(text) <= limit:
        return len(text)
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return _good_end(text, low)


def split_paragraphs(
    text: str, paragraphs: Sequence[Paragraph], limit: int, measure: Measure = width
) -> tuple[Piece, ...]:
    """Split paragraphs that are longer than `limit`. Only white space between the pieces is lost."""
    found: list[Piece] = []
    for paragraph in paragraphs:
        start = paragraph.start
        while start < paragraph.end:
            end = start + max(1, fit(text[start : paragraph.end], limit, measure))
            found.append(Piece(paragraph.number, start, end))
            space = _SPACE.match(text, end, paragraph.end)
            start = space.end() if space else end
    return tuple(found)


def page_end(sizes: Sequence[int], first: int, limit: int) -> int:
    """Return the index after the last piece of the page that starts with piece `first`. A page has at least one."""
    end = first
    while end < len(sizes) and (end == first or sum(sizes[first : end + 1]) <= limit):
        end += 1
    return end


def page_before(sizes: Sequence[int], first: int, limit: int) -> int:
    """Return the first piece of the fullest page that ends just before piece `first`."""
    start = first
    while start > 0 and (start == first or sum(sizes[start - 1 : first]) <= limit):
        start -= 1
    return start


def _good_end(text: str, end: int) -> int:
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, 0, end + 1)]
    if sentences and end // 2 < sentences[-1] <= end:
        return sentences[-1]
    words = [found.start() for found in _SPACE.finditer(text, 0, end + 1)]
    if words and end // 2 < words[-1] <= end:
        return words[-1]
    character = end
    while character > end // 2 and not is_boundary(text, character):
        character -= 1
    return character if character > end // 2 else end
