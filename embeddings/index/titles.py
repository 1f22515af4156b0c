"""TBD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.documents.analyzer import words
from embeddings.index.arrays import open_arrays, save_arrays, with_prefix, without_prefix
from embeddings.index.string_table import StringTable


@dataclass(frozen=True, slots=True)
class TitleEntry:
    """A title or alias by which a review is asked for."""

    collection: str
    review: str
    text: str


@dataclass(frozen=True, slots=True)
class TitleTable:
    """Names by what they are compared by; on disk it is mapped, so that opening it takes no time.

    Attributes:
        keys: the names' words, joined by spaces.
        starts: (keys + 1,) where each key's names begin in the two arrays below.
        owners: (names,) whose name it is.
        numbers: (names,) which of the owner's names.
        longest: how many words the longest key has.
    """

    keys: StringTable
    starts: NDArray[np.int32]
    owners: NDArray[np.int32]
    numbers: NDArray[np.int32]
    longest: int

    @classmethod
    def build(cls, names: Iterable[Sequence[str]]) -> TitleTable:
        """The table of each owner's names."""
        listed: dict[str, list[tuple[int, int]]] = {}
        for owner, texts in enumerate(names):
            for number, text in enumerate(texts):
                if key := title_key(text):
                    listed.setdefault(" ".join(key), []).append((owner, number))
        keys = StringTable.build(listed)
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
            with_prefix("keys", self.keys.arrays())
            | {
                "starts": self.starts,
                "owners": self.owners,
                "numbers": self.numbers,
                "longest": np.array(self.longest),
            },
        )

    @classmethod
    def open(cls, file: Path) -> TitleTable:
        """Open what `save` wrote.

        Raises:
            OSError: the file is missing.
            LookupError, ValueError: it is not what `save` wrote.
        """
        arrays = open_arrays(file)
        starts, owners, numbers, longest = (arrays[part] for part in ("starts", "owners", "numbers", "longest"))
        return cls(StringTable.of(without_prefix("keys", arrays)), starts, owners, numbers, int(longest))

    def find(self, keys: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
        """The owner and the number of each name that each key stands for."""
        found = []
        for place in self.keys.places(keys):
            stretch = slice(0, 0) if place is None else slice(int(self.starts[place]), int(self.starts[place + 1]))
            found.append(tuple(zip(self.owners[stretch].tolist(), self.numbers[stretch].tolist(), strict=True)))
        return found


def title_key(text: str) -> tuple[str, ...]:
    """The words that names are compared by: *Her’s* is *Her*, in a question and in a title."""
    return tuple(word.removesuffix("'s") for word in words(text))
