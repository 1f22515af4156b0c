"""Which review a question is about: the one whose title or alias it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import open_arrays, save_arrays, under, within
from embeddings.keys import KeyTable
from embeddings.lexical import STOP_WORDS, words

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A title or alias by which a review is asked for."""

    collection: str
    review: str
    text: str


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names by what they are compared by; on disk it is mapped, so that opening it takes no time.

    Attributes:
        keys: the names' words, joined by spaces.
        starts: (keys + 1,) where each key's names begin in the two arrays below.
        owners: (names,) whose name it is.
        numbers: (names,) which of the owner's names.
        longest: how many words the longest key has.
    """

    keys: KeyTable
    starts: NDArray[np.int32]
    owners: NDArray[np.int32]
    numbers: NDArray[np.int32]
    longest: int

    @classmethod
    def build(cls, names: Iterable[Sequence[str]]) -> NameTable:
        """The table of each owner's names."""
        listed: dict[str, list[tuple[int, int]]] = {}
        for owner, texts in enumerate(names):
            for number, text in enumerate(texts):
                if key := _key(text):
                    listed.setdefault(" ".join(key), []).append((owner, number))
        keys = KeyTable.build(listed)
        places = np.array([place for key in keys for place in listed[key]], np.int32).reshape(-1, 2)
        return cls(
            keys=keys,
            starts=np.cumsum([0, *(len(listed[key]) for key in keys)], dtype=np.int32),
            owners=places[:, 0],
            numbers=places[:, 1],
            longest=max((key.count(" ") + 1 for key in listed), default=0),
        )

    def save(self, file: Path) -> None:
        """Write the table to a file.

        Raises:
            OSError: it can't be written.
        """
        save_arrays(
            file,
            within("keys", self.keys.arrays())
            | {
                "starts": self.starts,
                "owners": self.owners,
                "numbers": self.numbers,
                "longest": np.array(self.longest),
            },
        )

    @classmethod
    def open(cls, file: Path) -> NameTable:
        """Open what `save` wrote.

        Raises:
            OSError: the file is missing.
            LookupError, ValueError: it is not what `save` wrote.
        """
        arrays = open_arrays(file)
        starts, owners, numbers, longest = (arrays[part] for part in ("starts", "owners", "numbers", "longest"))
        return cls(KeyTable.of(under("keys", arrays)), starts, owners, numbers, int(longest))

    def find(self, keys: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
        """The owner and the number of each name that each key stands for."""
        found = []
        for place in self.keys.places(keys):
            stretch = slice(0, 0) if place is None else slice(int(self.starts[place]), int(self.starts[place + 1]))
            found.append(tuple(zip(self.owners[stretch].tolist(), self.numbers[stretch].tolist(), strict=True)))
        return found


Named = tuple[NameTable, Callable[[int, int], Name]]
"""A table, and what makes a name of an owner and a number."""


class Router:
    """Finds the reviews that a question names. Look-ups take time by the question's length, not by the reviews."""

    def __init__(self, tables: Sequence[Named]) -> None:
        self._tables = tables
        self._longest = max((table.longest for table, _ in tables), default=0)

    @classmethod
    def of(cls, names: Iterable[Name]) -> Router:
        """A router of names in memory."""
        listed = list(names)
        return cls([(NameTable.build([name.text] for name in listed), lambda owner, _: listed[owner])])

    def named(self, question: str) -> tuple[Name, ...]:
        """The names that stand in the question, in their order there; of overlapping ones the longest.

        A name made of function words alone (*It*, *Us*, *Her*) counts only where it is written as the title is
        and doesn't begin a sentence, since those words stand in most questions.
        """
        asked = _key(question)
        spans = [
            (place, length)
            for place in range(len(asked))
            for length in range(min(self._longest, len(asked) - place), 0, -1)
        ]
        # All at once: what takes time is to begin looking.
        names = self._find([" ".join(asked[place : place + length]) for place, length in spans])
        found: list[Name] = []
        end = 0
        for (place, length), listed in zip(spans, names, strict=True):
            telling = [name for name in listed if place >= end and _telling(name.text, question)]
            if telling:
                found.extend(telling)
                end = place + length
        return tuple(dict.fromkeys(found))

    def _find(self, keys: Sequence[str]) -> list[list[Name]]:
        found: list[list[Name]] = [[] for _ in keys]
        for table, named in self._tables:
            for names, places in zip(found, table.find(keys), strict=True):
                names.extend(named(*place) for place in places)
        return found

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
