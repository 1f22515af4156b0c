"""Which reviews a question is about: those whose title or alias it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from embeddings.documents.analyzer import normalise, words
from embeddings.index.titles import TitleEntry, TitleTable, title_key
from embeddings.lexicon import STOP_WORDS

TitleSource = tuple[TitleTable, Callable[[int, int], TitleEntry]]
"""A table of titles, and a function from a review's number and a title's number to the title."""

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


class Router:
    """Finds the reviews that a question names. The time depends on the question's length, not on the reviews."""

    def __init__(self, sources: Sequence[TitleSource]) -> None:
        self._sources = sources
        self._longest = max((table.longest for table, _ in sources), default=0)

    def route(self, question: str, context: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Return the reviews that the question names, or else those of the latest earlier question that names any.

        Each review is its collection and its slug.
        """
        for turn in (question, *reversed(context)):
            if titles := self.titles_in(turn):
                return tuple(dict.fromkeys((title.collection, title.review) for title in titles))
        return ()

    def titles_in(self, question: str) -> tuple[TitleEntry, ...]:
        """Return the titles in a question in their order, and the longest of those that overlap.

        A title of function words alone (*It*, *Us*, *Her*) counts only where it is written like the title and doesn't
        begin a sentence, because most questions have such words.
        """
        key = title_key(question)
        spans = [
            (start, length)
            for start in range(len(key))
            for length in range(min(self._longest, len(key) - start), 0, -1)
        ]
        # One look-up for all spans: each look-up costs much more than the spans in it.
        entries = self._find([" ".join(key[start : start + length]) for start, length in spans])
        found: list[TitleEntry] = []
        end = 0
        for (start, length), named in zip(spans, entries, strict=True):
            meant = [title for title in named if start >= end and _is_meant(title.text, question)]
            if meant:
                found.extend(meant)
                end = start + length
        return tuple(dict.fromkeys(found))

    def _find(self, keys: Sequence[str]) -> list[list[TitleEntry]]:
        found: list[list[TitleEntry]] = [[] for _ in keys]
        for table, title_of in self._sources:
            for titles, places in zip(found, table.find(keys), strict=True):
                titles.extend(title_of(*place) for place in places)
        return found


def _is_meant(title: str, question: str) -> bool:
    if not STOP_WORDS.issuperset(words(title)):
        return True
    written = re.finditer(rf"(?<!\w){re.escape(normalise(title))}(?![\w'’])", question)
    return any(_WITHIN_SENTENCE.search(question[: match.start()]) for match in written)
