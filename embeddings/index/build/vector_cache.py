"""Vectors that need not be encoded again: those of the old index, and those of an interrupted build.

A text is known by its digest, so a text that was moved, renamed or repeated finds its vector. An interrupted build
leaves a journal: each chunk's vectors as they are stored in an index, then, once these are on the disk, the digests of
their texts. Vectors without digests were not finished, and are cut off when the journal is opened again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.index.collection import Digests
from embeddings.index.vectors import Codes

NO_DIGESTS: Digests = np.zeros((0, 2), np.uint64)

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """n vectors as they are stored, with the digests of their texts."""

    digests: Digests
    codes: Codes


class VectorCache:
    """Vectors by digest, from several sources."""

    def __init__(self, sources: Sequence[StoredVectors]) -> None:
        self._sources = sources
        self._ends = np.cumsum([len(source.digests) for source in sources], dtype=np.int64)
        joined: Digests = np.concatenate([NO_DIGESTS, *(source.digests for source in sources)])
        self._order = np.argsort(joined[:, 0], kind="stable")
        self._sorted = joined[self._order]

    def find(self, sought: Digests) -> NDArray[np.int64]:
        """Return where the vector of each digest is, for `gather`; -1 if there is none: (len(sought),)."""
        found = np.full(len(sought), -1, np.int64)
        if len(self._sorted):
            first = np.searchsorted(self._sorted[:, 0], sought[:, 0])
            # Two digests may agree in their first half, though hardly ever. Three don't.
            for step in (1, 0):
                at = np.minimum(first + step, len(self._sorted) - 1)
                same = (self._sorted[at] == sought).all(axis=1)
                found[same] = self._order[at[same]]
        return found

    def gather(self, found: NDArray[np.int64], size: int) -> Codes:
        """Return the vectors that `find` found, of `size` bytes each."""
        codes = np.empty((len(found), size), np.uint8)
        which = np.searchsorted(self._ends, found, side="right")
        for number, source in enumerate(self._sources):
            own = which == number
            codes[own] = source.codes[found[own] - (self._ends[number] - len(source.digests))]
        return codes


class Journal:
    """The vectors that a build has encoded so far, in the encoder's own folder, which is created if missing.

    A vector has `size` bytes. Raises OSError if the journal can't be written.
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
    def max_texts(directory: Path) -> int:
        """Return how many texts the journal in a folder has at most."""
        digests = directory / "digests"
        return digests.stat().st_size // _DIGEST_BYTES if digests.exists() else 0

    def append(self, vectors: StoredVectors) -> None:
        """Store more vectors."""
        for file, array in ((self._codes, vectors.codes), (self._digests, vectors.digests)):
            with file.open("ab") as stream:
                stream.write(np.ascontiguousarray(array).data)
                stream.flush()
                os.fsync(stream.fileno())
        self._count += len(vectors.digests)

    def read(self) -> StoredVectors:
        """Return what was appended so far."""
        if not self._count:
            return StoredVectors(NO_DIGESTS, np.zeros((0, self._size), np.uint8))
        return StoredVectors(
            np.fromfile(self._digests, np.uint64).reshape(-1, 2),
            np.memmap(self._codes, np.uint8, "r", shape=(self._count, self._size)),
        )


def digests_of(texts: Iterable[str]) -> Digests:
    """Return the digest of each text."""
    encoded = (text.encode(errors="surrogatepass") for text in texts)
    joined = b"".join(hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest() for text in encoded)
    return np.frombuffer(joined, np.uint64).reshape(-1, 2)
