"""Which review a question is about: the one whose title or alias it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embeddings.lexical import STOP_WORDS, words

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A title or alias by which a review is asked for."""

    collection: str
    review: str
    text: str


class Router:
    """Finds the reviews that a question names. Look-ups take time by the question's length, not by the reviews."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._names: dict[tuple[str, ...], list[Name]] = {}
        for name in names:
            key = _key(name.text)
            if key:
                self._names.setdefault(key, []).append(name)
        self._longest = max(map(len, self._names), default=0)

    def named(self, question: str) -> tuple[Name, ...]:
        """The names that stand in the question, in their order there; of overlapping ones the longest.

        A name made of function words alone (*It*, *Us*, *Her*) counts only where it is written as the title is
        and doesn't begin a sentence, since those words stand in most questions.
        """
        asked = _key(question)
        found: list[Name] = []
        place = 0
        while place < len(asked):
            for length in range(min(self._longest, len(asked) - place), 0, -1):
                names = [
                    name for name in self._names.get(asked[place : place + length], ()) if _telling(name.text, question)
                ]
                if names:
                    found.extend(names)
                    place += length
                    break
            else:
                place += 1
        return tuple(dict.fromkeys(found))

    def route(self, question: str, context: Sequence[str]) -> tuple[Name, ...]:
        """The names in the question, else in the latest of the earlier questions that has any."""
        for turn in (question, *reversed(context)):
            if names := self.named(turn):
                return names
        return ()


def _key(text: str) -> tuple[str, ...]:
    """The words that names are compared by: *Her’s* is *Her*, in a question and in a title."""
    return tuple(word.removesuffix("'s") for word in words(text))


def _telling(name: str, question: str) -> bool:
    if not STOP_WORDS.issuperset(words(name)):
        return True
    written = re.finditer(rf"(?<!\w){re.escape(name)}(?![\w'’])", question)
    return any(_WITHIN_SENTENCE.search(question[: match.start()]) for match in written)
