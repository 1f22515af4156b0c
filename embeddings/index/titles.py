"""Titles and aliases by the words that they are compared by, to find which review a question names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.documents.analyzer import words
from embeddings.index.string_table import StringTable


@dataclass(frozen=True, slots=True)
class TitleEntry:
    """A title or alias of a review."""

    collection: str
    review: str
    text: str


@dataclass(frozen=True, slots=True)
class TitleTable:
    """The titles of a collection's reviews, mapped from disk so that opening takes no time."""

    keys: StringTable  # the keys of the titles: their words, joined by spaces
    starts: NDArray[np.int32]  # (keys + 1,) where each key's titles begin in the two arrays below
    owners: NDArray[np.int32]  # (titles,) the number of the review
    numbers: NDArray[np.int32]  # (titles,) which of the review's titles it is
    longest: int  # how many words the longest key has

    @classmethod
    def build(cls, titles: Iterable[Sequence[str]]) -> TitleTable:
        """Make the table of each review's titles."""
        by_key: dict[str, list[tuple[int, int]]] = {}
        for owner, texts in enumerate(titles):
            for number, text in enumerate(texts):
                if key := title_key(text):
                    by_key.setdefault(" ".join(key), []).append((owner, number))
        keys = StringTable.build(by_key)
        entries = np.array([entry for key in keys for entry in by_key[key]], np.int32).reshape(-1, 2)
        return cls(
            keys=keys,
            starts=np.cumsum([0, *(len(by_key[key]) for key in keys)], dtype=np.int32),
            owners=entries[:, 0],
            numbers=entries[:, 1],
            longest=max((key.count(" ") + 1 for key in by_key), default=0),
        )

    def find(self, keys: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
        """Return, for each key, the review's number and the title's number of each title that has it."""
        found = []
        for position in self.keys.find(keys):
            span = slice(0, 0) if position is None else slice(*self.starts[position : position + 2].tolist())
            found.append(tuple(zip(self.owners[span].tolist(), self.numbers[span].tolist(), strict=True)))
        return found


def title_key(text: str) -> tuple[str, ...]:
    """Return the words by which titles are compared. `Her’s` is `Her`, in a question and in a title."""
    return tuple(word.removesuffix("'s") for word in words(text))
