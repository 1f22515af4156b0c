"""Vectors that need not be encoded again: those of the index before, and those of a build that was interrupted.

A text is known by a digest, so that whatever moved, was renamed or was said before finds its vector. An interrupted
build leaves a journal: each chunk's vectors as they are stored in an index, then, once these are on the disk, their
texts' digests. What has no digest was not finished, and is cut off when the journal is opened again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.index.vectors import Codes

Digests = NDArray[np.uint64]
"""(n, 2): 128 bits of BLAKE2b for each text."""

_DIGEST_BYTES = 16


def digests(texts: Iterable[str]) -> Digests:
    """The digest of each text."""
    joined = b"".join(
        hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).digest() for text in texts
    )
    return np.frombuffer(joined, np.uint64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """n vectors as they are stored, with the digests of their texts."""

    digests: Digests
    codes: Codes


class VectorCache:
    """Vectors by digest, from several places."""

    def __init__(self, places: Sequence[StoredVectors]) -> None:
        self._places = places
        self._ends = np.cumsum([len(place.digests) for place in places], dtype=np.int64)
        joined: Digests = np.concatenate([place.digests for place in places] or [np.zeros((0, 2), np.uint64)])
        self._order = np.argsort(joined[:, 0], kind="stable")
        self._sorted = joined[self._order]

    def find(self, sought: Digests) -> NDArray[np.int64]:
        """Where the vector of each digest is, for `take`; -1 where there is none: (len(sought),)."""
        found = np.full(len(sought), -1, np.int64)
        if len(self._sorted):
            first = np.searchsorted(self._sorted[:, 0], sought[:, 0])
            # Two digests may agree in their first half, if hardly ever; three don't.
            for step in (1, 0):
                at = np.minimum(first + step, len(self._sorted) - 1)
                same = (self._sorted[at] == sought).all(axis=1)
                found[same] = self._order[at[same]]
        return found

    def take(self, found: NDArray[np.int64], size: int) -> Codes:
        """The vectors, of `size` bytes each, that `find` found."""
        codes = np.empty((len(found), size), np.uint8)
        which = np.searchsorted(self._ends, found, side="right")
        for number, place in enumerate(self._places):
            mine = which == number
            codes[mine] = place.codes[found[mine] - (self._ends[number] - len(place.digests))]
        return codes


class Journal:
    """The vectors that a build has made so far.

    Args:
        directory: a folder of its own for each encoder; created where there is none.
        size: the bytes of a vector.

    Raises:
        OSError: it can't be written.
    """

    def __init__(self, directory: Path, size: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._codes, self._digests, self._size = directory / "codes", directory / "digests", size
        for file in (self._codes, self._digests):
            file.touch()
        self._count = min(self._codes.stat().st_size // size, self._digests.stat().st_size // _DIGEST_BYTES)
        os.truncate(self._codes, self._count * size)
        os.truncate(self._digests, self._count * _DIGEST_BYTES)

    @staticmethod
    def count_in(directory: Path) -> int:
        """How many texts the journal in a folder has at most."""
        digests = directory / "digests"
        return digests.stat().st_size // _DIGEST_BYTES if digests.exists() else 0

    def append(self, made: StoredVectors) -> None:
        """Keep further vectors.

        Raises:
            OSError: they can't be written.
        """
        for file, array in ((self._codes, made.codes), (self._digests, made.digests)):
            with file.open("ab") as stream:
                stream.write(np.ascontiguousarray(array).data)
                stream.flush()
                os.fsync(stream.fileno())
        self._count += len(made.digests)

    def kept(self) -> StoredVectors:
        """What was appended so far."""
        if not self._count:
            return StoredVectors(np.zeros((0, 2), np.uint64), np.zeros((0, self._size), np.uint8))
        return StoredVectors(
            np.fromfile(self._digests, np.uint64).reshape(-1, 2),
            np.memmap(self._codes, np.uint8, "r", shape=(self._count, self._size)),
        )
