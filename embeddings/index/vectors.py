"""FAISS: unit vectors by row, as 16-bit floats, with a second index over many that finds the nearest faster.

The fp16 scalar quantizer changes a score by less than .001 at half the size. Scanning takes 40 ns per vector, so beyond
`EXACT_SCAN_VECTORS` an IVF-RaBitQ index is added: one bit per dimension, in lists by k-means, of which a query visits
the nearest few. The vectors that it finds are scored by their 16-bit floats, so a score does not depend on what found
it.

A row's score is its inner product with the query: the cosine, because both have unit length.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.config import (
    EXACT_SCAN_VECTORS,
    IVF_MIN_RECALL,
    IVF_MIN_REFINED,
    IVF_PROBES,
    IVF_RECALL_QUERIES,
    IVF_REFINE_FACTOR,
    IVF_VECTORS_PER_LIST,
    VECTOR_BLOCK_ROWS,
)

# One thread per query. More made a flat search slower under load (measured at 100,000 vectors).
faiss.omp_set_num_threads(1)

EXACT_TYPE = "SQfp16"
"""The type of an index that scans all vectors."""

_RECALL_AT = 10

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]


class Vectors:
    """n unit vectors of one kind, searchable and readable by row: 16-bit floats, and the IVF index over many, or None.

    Attributes:
        codes: all vectors as they are stored, mapped: (n, 2 d) bytes.
    """

    def __init__(self, exact: faiss.Index, lists: faiss.IndexIVF | None, file: Path) -> None:
        self._exact = exact
        self._lists = lists
        self.codes = _map(file, len(self), int(exact.sa_code_size()))

    @classmethod
    def open(cls, file: Path) -> Vectors:
        """Map what `save_codes` and, beside it, `save_lists` wrote. Raises RuntimeError if it is something else."""
        exact = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        if not lists_file(file).exists():
            return cls(exact, None, file)
        lists = faiss.read_index(str(lists_file(file)), faiss.IO_FLAG_MMAP_IFC)
        if not isinstance(lists, faiss.IndexIVF):
            raise RuntimeError(f"{lists_file(file).name}: not an IVF index")
        return cls(exact, lists, file)

    def __len__(self) -> int:
        return int(self._exact.ntotal)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._exact.d)

    @property
    def type(self) -> str:
        """The type of index that is searched, as the manifest names it."""
        if self._lists is None:
            return EXACT_TYPE
        return f"IVF{self._lists.nlist},RaBitQ,refine({EXACT_TYPE}),nprobe={self._lists.nprobe}"

    def rows(self, first: int, end: int) -> Floats:
        """Return the vectors `first` to `end`: (end - first, d)."""
        return self.gather(np.arange(first, max(first, end)))

    def gather(self, rows: NDArray[np.int64]) -> Floats:
        """Return the vectors of some rows: (len(rows), d)."""
        return decode_fp16(self.codes[rows])

    def cosines(self, query: Floats, rows: NDArray[np.int64]) -> Floats:
        """Return the scores of some rows for a (d,) query: (len(rows),)."""
        # FAISS does not return rows whose score is NaN.
        scores = np.full(len(rows), np.nan, np.float32)
        if len(rows):
            # FAISS scores 16-bit floats directly, five times as fast as numpy converts them.
            subset = _quantizer(self.dimension)
            subset.add_sa_codes(self.codes[rows])
            (found,), (places,) = subset.search(query[None, :], len(rows))
            scores[places[places >= 0]] = found[places >= 0]
        return scores

    def nearest(self, query: Floats, k: int, first: int, end: int) -> NDArray[np.int64]:
        """Return the at most `k` of the rows `first` to `end` that are nearest to a (d,) query, nearest first.

        Among more than `EXACT_SCAN_VECTORS` rows some may be missed: of the ten nearest at most `1 - IVF_MIN_RECALL`,
        as measured when the index was built.
        """
        k = min(k, end - first)
        if k <= 0:
            return np.zeros(0, np.int64)
        if self._lists is None or end - first <= EXACT_SCAN_VECTORS:
            return self._search(self._exact, query, k, first, end)
        rows = self._search(self._lists, query, max(IVF_REFINE_FACTOR * k, IVF_MIN_REFINED), first, end)
        # In their order on disk, which is faster to read.
        rows.sort()
        order = np.argsort(-self.cosines(query, rows), kind="stable")
        return rows[order[:k]]

    def _search(self, index: faiss.Index, query: Floats, k: int, first: int, end: int) -> NDArray[np.int64]:
        whole = first == 0 and end == len(self)
        _, found = index.search(query[None, :], k, params=None if whole else _range_parameters(index, first, end))
        rows: NDArray[np.int64] = found[0]
        # FAISS fills a short result with -1, which as a Python index is the last row.
        return rows[rows >= 0]


def normalize(rows: Floats) -> Floats:
    """Return the rows of an (n, d) array scaled to length one. A zero row stays as it is."""
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = np.divide(rows, lengths, out=rows.copy(), where=lengths > 0)
    return scaled


def encode_fp16(rows: Floats) -> Codes:
    """Return the rows of an (n, d) array as they are stored: (n, 2 d) bytes."""
    codes: Codes = _quantizer(rows.shape[1]).sa_encode(np.ascontiguousarray(rows))
    return codes


def decode_fp16(codes: Codes) -> Floats:
    """Return the (n, d) vectors of (n, 2 d) stored bytes."""
    return np.ascontiguousarray(codes).view(np.float16).astype(np.float32)


def lists_file(file: Path) -> Path:
    """Return the file of the IVF index over the vectors in `file`."""
    return file.with_suffix(f".lists{file.suffix}")


def save_codes(file: Path, dimension: int, count: int, blocks: Iterable[Codes]) -> None:
    """Write `count` vectors of length d, in blocks of (n, 2 d) bytes, as FAISS would write an index of them all."""
    # FAISS's own writer holds all it writes in memory, and reports no error if the disk is full when it closes the
    # file. In its format the codes come last, after their number of bytes.
    empty = _quantizer(dimension)
    empty.ntotal = count
    header = faiss.serialize_index(empty).tobytes()[: -np.dtype(np.uint64).itemsize]
    with file.open("wb") as stream:
        stream.write(header + np.uint64(count * empty.sa_code_size()).tobytes())
        for block in blocks:
            stream.write(np.ascontiguousarray(block).data)


def save_lists(file: Path) -> str:
    """Add an IVF index over the vectors in `file` if they are many, and return the type of index that is searched.

    Its recall is measured on queries made from the vectors themselves: each lies between two vectors, so that its
    neighbours are in several lists. If even the most probes find too few, no IVF index is written, and all vectors are
    scanned.
    """
    vectors = Vectors.open(file)
    if len(vectors) <= EXACT_SCAN_VECTORS:
        return vectors.type
    random = np.random.default_rng(len(vectors))
    lists = _trained_lists(vectors, random)
    pairs = [vectors.gather(np.sort(random.integers(len(vectors), size=IVF_RECALL_QUERIES))) for _ in range(2)]
    queries = normalize(pairs[0] + random.permutation(pairs[1]))
    nearest = _exact_nearest(vectors, queries)
    listed = Vectors(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC), lists, file)
    for lists.nprobe in IVF_PROBES:
        found = [listed.nearest(query, _RECALL_AT, 0, len(vectors)) for query in queries]
        hits = np.mean([len(np.intersect1d(*pair)) for pair in zip(found, nearest, strict=True)])
        if hits >= IVF_MIN_RECALL * _RECALL_AT:
            lists_file(file).write_bytes(faiss.serialize_index(lists).data)
            break
    return Vectors.open(file).type


def _trained_lists(vectors: Vectors, random: np.random.Generator) -> faiss.IndexIVF:
    count = min(int(4 * np.sqrt(len(vectors))), len(vectors) // IVF_VECTORS_PER_LIST)
    centroids = faiss.IndexFlatIP(vectors.dimension)
    lists = faiss.IndexIVFRaBitQ(centroids, vectors.dimension, count, faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(random.choice(len(vectors), min(len(vectors), IVF_VECTORS_PER_LIST * count), replace=False))
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        lists.train(vectors.gather(sample))
        for block in _blocks(len(vectors)):
            lists.add(vectors.rows(block.start, block.stop))
    finally:
        faiss.omp_set_num_threads(1)
    return lists


def _exact_nearest(vectors: Vectors, queries: Floats) -> list[NDArray[np.int64]]:
    """Return the ten rows nearest to each query, by scoring every vector."""
    scores = np.full((len(queries), _RECALL_AT), -np.inf, np.float32)
    rows = np.full((len(queries), _RECALL_AT), -1, np.int64)
    for block in _blocks(len(vectors)):
        scores = np.hstack([scores, queries @ vectors.rows(block.start, block.stop).T])
        rows = np.hstack([rows, np.broadcast_to(np.arange(block.start, block.stop), (len(queries), len(block)))])
        best = np.argpartition(-scores, _RECALL_AT - 1, axis=1)[:, :_RECALL_AT]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return list(rows)


def _map(file: Path, count: int, size: int) -> Codes:
    # An empty mapping is impossible.
    if not count:
        return np.zeros((0, size), np.uint8)
    offset = file.stat().st_size - count * size
    # A plain array, because every slice of a `memmap` makes another `memmap`.
    return np.asarray(np.memmap(file, np.uint8, "r", offset, (count, size)))


def _blocks(count: int) -> Iterator[range]:
    for first in range(0, count, VECTOR_BLOCK_ROWS):
        yield range(first, min(count, first + VECTOR_BLOCK_ROWS))


def _quantizer(dimension: int) -> faiss.IndexScalarQuantizer:
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _range_parameters(index: faiss.Index, first: int, end: int) -> faiss.SearchParameters:
    # The third argument says that ids are ascending, so that FAISS scans only that range. faiss's stubs don't know the
    # keyword, which its Python layer adds to keep the selector alive.
    inside = faiss.IDSelectorRange(first, end, True)
    if isinstance(index, faiss.IndexIVF):
        return faiss.IVFSearchParameters(sel=inside, nprobe=index.nprobe)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=inside)  # type: ignore[call-arg]
