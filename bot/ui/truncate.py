"""Where to cut a text that is too long for its place: after a sentence, else after a word.

Lengths are UTF-16 units, which is how Discord's clients count; its servers count code points, of which there
are never more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.ui.escape import is_boundary
from embeddings import Paragraph

Measure = Callable[[str], int]
"""The length of a text as it is going to be shown."""

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*(?=\s)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, or a part of one that is short enough to be shown: `Review.text[start:end]`."""

    paragraph: int
    start: int
    end: int


def width(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitting(text: str, limit: int, measure: Measure = width) -> int:
    """How many characters of `text`, from its beginning, to show within `limit`.

    All of them where they fit; else up to the end of a sentence, of a word, or of a visible character, the
    first of these that wastes less than half of the room. A text of more than twice the limit is taken for too
    long without a look at the rest, even where most of it can't be seen.
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


def pieces(text: str, paragraphs: Sequence[Paragraph], limit: int, measure: Measure = width) -> tuple[Piece, ...]:
    """The paragraphs, those longer than `limit` in parts; only white space is left out between parts."""
    found: list[Piece] = []
    for paragraph in paragraphs:
        start = paragraph.start
        while start < paragraph.end:
            end = start + max(1, fitting(text[start : paragraph.end], limit, measure))
            found.append(Piece(paragraph.number, start, end))
            space = _SPACE.match(text, end, paragraph.end)
            start = space.end() if space else end
    return tuple(found)


def page_end(sizes: Sequence[int], first: int, room: int) -> int:
    """The position behind the last piece of the page that begins with piece `first`; it has at least one."""
    end = first
    while end < len(sizes) and (end == first or sum(sizes[first : end + 1]) <= room):
        end += 1
    return end


def page_before(sizes: Sequence[int], first: int, room: int) -> int:
    """The first piece of the fullest page that ends where the page beginning with piece `first` begins."""
    start = first
    while start > 0 and (start == first or sum(sizes[start - 1 : first]) <= room):
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
