"""FAISS: unit vectors by row, stored as 16-bit floats.

The fp16 scalar quantiser is exact in all but name (a score changes by less than .001) at half the size.
A row's score is its inner product with the question's vector: the cosine, since both have unit length.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

# One thread a query: more made a flat search slower under load (measured at 100,000 vectors).
faiss.omp_set_num_threads(1)

INDEX_TYPE = "SQfp16"


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length one in the directions of an (n, d) array's; a row without length stays as it is."""
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(rows, lengths, out=rows.copy(), where=lengths > 0)
    return scaled


class Vectors:
    """n unit vectors of one kind, searchable and readable by row."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, rows: NDArray[np.float32]) -> Vectors:
        """Index the rows of an (n, d) array."""
        index = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        index.train(rows)
        index.add(rows)
        return cls(index)

    @classmethod
    def open(cls, file: Path) -> Vectors:
        """Open what `save` wrote; the vectors are mapped, not read.

        Raises:
            RuntimeError: the file is missing or is not what `save` wrote.
        """
        return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))

    def save(self, file: Path) -> None:
        """Write the vectors to a file.

        Raises:
            OSError: it can't be written.
        """
        # Not by FAISS itself: what its stream can't write when it is closed, on a full disk, it tells nobody.
        file.write_bytes(faiss.serialize_index(self._index).data)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._index.d)

    def rows(self, first: int, end: int) -> NDArray[np.float32]:
        """The vectors `first` to `end`: (end - first, d)."""
        if end <= first:
            return np.zeros((0, self.dimension), np.float32)
        vectors: NDArray[np.float32] = self._index.reconstruct_n(first, end - first)
        return vectors

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of those rows: (len(rows), d)."""
        if not len(rows):
            return np.zeros((0, self.dimension), np.float32)
        vectors: NDArray[np.float32] = self._index.reconstruct_batch(rows)
        return vectors

    def nearest(self, query: NDArray[np.float32], k: int, first: int, end: int) -> NDArray[np.int64]:
        """The at most `k` of the rows `first` to `end` that are closest to a (d,) query, closest first."""
        k = min(k, end - first)
        if k <= 0:
            return np.zeros(0, np.int64)
        whole = first == 0 and end == len(self)
        inside = None if whole else _only(first, end)
        _, found = self._index.search(query[None, :], k, params=inside)
        rows: NDArray[np.int64] = found[0]
        # FAISS fills a short result with -1, which as a Python index would be the last row.
        return rows[rows >= 0]


def _only(first: int, end: int) -> faiss.SearchParameters:
    # The third argument says that ids are ascending, so that FAISS scans that range alone. faiss's stubs don't know
    # the keyword, which its Python layer adds to keep the selector alive.
    return faiss.SearchParameters(sel=faiss.IDSelectorRange(first, end, True))  # type: ignore[call-arg]
