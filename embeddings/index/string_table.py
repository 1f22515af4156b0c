"""A table of strings on disk that opening does not read: mapped, sorted by hash, searched by halving.

A JSON object of half a million words takes a fifth of a second to open; this takes none, and a look-up takes
microseconds. A key's place is its number in the order of the hashes, which other arrays may be ordered by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.index.arrays import Arrays


@dataclass(frozen=True, slots=True)
class StringTable:
    """n distinct strings.

    Attributes:
        hashes: (n,) ascending, a hash of each key.
        ends: (n,) where each key ends in `text`; it begins where the one before it ends.
        text: the keys in UTF-8.
    """

    hashes: NDArray[np.uint64]
    ends: NDArray[np.int64]
    text: NDArray[np.uint8]

    @classmethod
    def build(cls, keys: Iterable[str]) -> StringTable:
        """A table of the distinct keys."""
        # By the key too, so that two of one hash have an order.
        ordered = sorted((_hash(key), key) for key in set(keys))
        encoded = [key.encode(errors="surrogatepass") for _, key in ordered]
        return cls(
            hashes=np.array([number for number, _ in ordered], np.uint64),
            ends=np.cumsum([len(key) for key in encoded], dtype=np.int64),
            text=np.frombuffer(b"".join(encoded), np.uint8),
        )

    def arrays(self) -> Arrays:
        """What `of` makes a table of."""
        return {"hashes": self.hashes, "ends": self.ends, "text": self.text}

    @classmethod
    def of(cls, arrays: Arrays) -> StringTable:
        """The table of its arrays, mapped or not."""
        return cls(arrays["hashes"], arrays["ends"], arrays["text"])

    def __len__(self) -> int:
        return len(self.hashes)

    def __iter__(self) -> Iterator[str]:
        text, first = self.text.tobytes(), 0
        for end in self.ends.tolist():
            yield text[first:end].decode(errors="surrogatepass")
            first = end

    def key(self, place: int) -> str:
        """The key in that place."""
        first = int(self.ends[place - 1]) if place else 0
        return self.text[first : int(self.ends[place])].tobytes().decode(errors="surrogatepass")

    def places(self, keys: Sequence[str]) -> list[int | None]:
        """Each key's place, or None where it is not in the table."""
        if not keys or not len(self):
            return [None] * len(keys)
        sought = np.array([_hash(key) for key in keys], np.uint64)
        first = np.searchsorted(self.hashes, sought).tolist()
        found = np.searchsorted(self.hashes, sought, side="right").tolist()
        return [
            next((place for place in range(low, high) if self.key(place) == key), None)
            for key, low, high in zip(keys, first, found, strict=True)
        ]

    def place(self, key: str) -> int | None:
        """The key's place, or None where it is not in the table."""
        return self.places((key,))[0]


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
