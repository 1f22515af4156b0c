"""Which review a question is about: the one whose title or alias it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from embeddings.documents.analyzer import words
from embeddings.index.titles import TitleEntry, TitleTable, title_key
from embeddings.lexicon import STOP_WORDS

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


Named = tuple[TitleTable, Callable[[int, int], TitleEntry]]
"""A table, and what makes a name of an owner and a number."""


class Router:
    """Finds the reviews that a question names. Look-ups take time by the question's length, not by the reviews."""

    def __init__(self, tables: Sequence[Named]) -> None:
        self._tables = tables
        self._longest = max((table.longest for table, _ in tables), default=0)

    @classmethod
    def of(cls, names: Iterable[TitleEntry]) -> Router:
        """A router of names in memory."""
        listed = list(names)
        return cls([(TitleTable.build([name.text] for name in listed), lambda owner, _: listed[owner])])

    def named(self, question: str) -> tuple[TitleEntry, ...]:
        """The names that stand in the question, in their order there; of overlapping ones the longest.

        A name made of function words alone (*It*, *Us*, *Her*) counts only where it is written as the title is
        and doesn't begin a sentence, since those words stand in most questions.
        """
        asked = title_key(question)
        spans = [
            (place, length)
            for place in range(len(asked))
            for length in range(min(self._longest, len(asked) - place), 0, -1)
        ]
        # All at once: what takes time is to begin looking.
        names = self._find([" ".join(asked[place : place + length]) for place, length in spans])
        found: list[TitleEntry] = []
        end = 0
        for (place, length), listed in zip(spans, names, strict=True):
            telling = [name for name in listed if place >= end and _telling(name.text, question)]
            if telling:
                found.extend(telling)
                end = place + length
        return tuple(dict.fromkeys(found))

    def _find(self, keys: Sequence[str]) -> list[list[TitleEntry]]:
        found: list[list[TitleEntry]] = [[] for _ in keys]
        for table, named in self._tables:
            for names, places in zip(found, table.find(keys), strict=True):
                names.extend(named(*place) for place in places)
        return found

    def route(self, question: str, context: Sequence[str]) -> tuple[TitleEntry, ...]:
        """The names in the question, else in the latest of the earlier questions that has any."""
        for turn in (question, *reversed(context)):
            if names := self.named(turn):
                return names
        return ()


def _telling(name: str, question: str) -> bool:
    if not STOP_WORDS.issuperset(words(name)):
        return True
    written = re.finditer(rf"(?<!\w){re.escape(name)}(?![\w'’])", question)
    return any(_WITHIN_SENTENCE.search(question[: match.start()]) for match in written)
