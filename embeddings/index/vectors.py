"""FAISS: unit vectors by row. All are stored as 16-bit floats; many have a second index that finds the closest sooner.

The fp16 scalar quantiser is exact in all but name (a score changes by less than .001) at half the size. Scanning it
takes 40 ns a vector, so beyond `FLAT` vectors an IVF-RaBitQ index stands beside it: a bit for each dimension, in lists
by k-means, of which a question visits the closest few. What it finds is scored by the 16-bit floats, so a score is
exact whatever found it.

A row's score is its inner product with the question's vector: the cosine, since both have unit length.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

# One thread a query: more made a flat search slower under load (measured at 100,000 vectors).
faiss.omp_set_num_threads(1)

EXACT_TYPE = "SQfp16"
"""All vectors scanned."""

FLAT = 50_000
"""Up to how many vectors all are scanned: that many take 2 ms."""

RECALL = 0.95
"""The least share of the ten closest vectors that an index of `FLAT` vectors and more has to find."""

_PROBES = (64, 128, 256)
"""How many lists a question visits: the first number with which `RECALL` is reached."""

_REFINED = 2
"""How many times as many as are asked for are scored by their 16-bit floats."""

_FEWEST_REFINED = 200
"""How many at least: a bit for each dimension tells those that lie close together badly apart, and many lie so."""

_TRAINED = 64
"""Vectors for each list that k-means learns from; FAISS asks for 39 at least."""

_SAMPLE = 200
_BLOCK = 1 << 16

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]


def normalize(rows: Floats) -> Floats:
    """Rows of length one in the directions of an (n, d) array's; a row without length stays as it is."""
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = np.divide(rows, lengths, out=rows.copy(), where=lengths > 0)
    return scaled


def encode_fp16(rows: Floats) -> Codes:
    """The rows of an (n, d) array as they are stored: (n, 2 d) bytes."""
    codes: Codes = _quantiser(rows.shape[1]).sa_encode(np.ascontiguousarray(rows))
    return codes


def decode_fp16(codes: Codes) -> Floats:
    """The (n, d) vectors of (n, 2 d) stored bytes."""
    return np.ascontiguousarray(codes).view(np.float16).astype(np.float32)


def save_codes(file: Path, dimension: int, count: int, blocks: Iterable[Codes]) -> None:
    """Write vectors, a block at a time, as FAISS would write an index of them all.

    Args:
        file: where to.
        dimension: the length d of a vector.
        count: how many vectors the blocks hold in all.
        blocks: the vectors in their order, each block (n, 2 d) bytes.

    Raises:
        OSError: it can't be written.
    """
    # Not by FAISS itself: it holds all that it writes in memory, and what its stream can't write when it is closed, on
    # a full disk, it tells nobody. The codes are the end of its format, and their number in bytes stands before them.
    empty = _quantiser(dimension)
    empty.ntotal = count
    header = faiss.serialize_index(empty).tobytes()[: -np.dtype(np.uint64).itemsize]
    with file.open("wb") as stream:
        stream.write(header + np.uint64(count * empty.sa_code_size()).tobytes())
        for block in blocks:
            stream.write(np.ascontiguousarray(block).data)


class Vectors:
    """n unit vectors of one kind, searchable and readable by row.

    Args:
        exact: the 16-bit floats.
        lists: what finds the closest of many sooner, or None.
        file: what `exact` was opened from.

    Attributes:
        codes: all vectors as they are stored, mapped: (n, 2 d) bytes.
    """

    def __init__(self, exact: faiss.Index, lists: faiss.IndexIVF | None, file: Path) -> None:
        self._exact = exact
        self._lists = lists
        self.codes = _mapped(file, len(self), int(exact.sa_code_size()))

    @staticmethod
    def build(rows: Floats) -> UnsavedVectors:
        """What `save` makes vectors of that can be opened, for the rows of an (n, d) array."""
        return UnsavedVectors(rows)

    @classmethod
    def open(cls, file: Path) -> Vectors:
        """Open what `save_codes` wrote, and `save_lists` beside it; both are mapped, not read.

        Raises:
            RuntimeError: a file is missing or is not what was written.
        """
        exact = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        if not lists_file(file).exists():
            return cls(exact, None, file)
        lists = faiss.read_index(str(lists_file(file)), faiss.IO_FLAG_MMAP_IFC)
        if not isinstance(lists, faiss.IndexIVF):
            raise RuntimeError(f"{lists_file(file).name}: holds no lists")
        return cls(exact, lists, file)

    def __len__(self) -> int:
        return int(self._exact.ntotal)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._exact.d)

    @property
    def type(self) -> str:
        """The kind of index that is searched, as the manifest names it."""
        if self._lists is None:
            return EXACT_TYPE
        return f"IVF{self._lists.nlist},RaBitQ,refine({EXACT_TYPE}),nprobe={self._lists.nprobe}"

    def rows(self, first: int, end: int) -> Floats:
        """The vectors `first` to `end`: (end - first, d)."""
        return self.take(np.arange(first, max(first, end)))

    def take(self, rows: NDArray[np.int64]) -> Floats:
        """The vectors of those rows: (len(rows), d)."""
        return decode_fp16(self.codes[rows])

    def cosines(self, query: Floats, rows: NDArray[np.int64]) -> Floats:
        """The scores of those rows for a (d,) query: (len(rows),)."""
        # FAISS finds no row whose score is no number.
        scores = np.full(len(rows), np.nan, np.float32)
        if len(rows):
            # FAISS scores 16-bit floats as they are, five times sooner than numpy makes 32-bit ones of them.
            apart = _quantiser(self.dimension)
            apart.add_sa_codes(self.codes[rows])
            (found,), (places,) = apart.search(query[None, :], len(rows))
            scores[places[places >= 0]] = found[places >= 0]
        return scores

    def nearest(self, query: Floats, k: int, first: int, end: int) -> NDArray[np.int64]:
        """The at most `k` of the rows `first` to `end` that are closest to a (d,) query, closest first.

        Of more than `FLAT` rows some may be missed: at most `1 - RECALL` of the ten closest, as measured when the
        index was built.
        """
        k = min(k, end - first)
        if k <= 0:
            return np.zeros(0, np.int64)
        if self._lists is None or end - first <= FLAT:
            return self._found(self._exact, query, k, first, end)
        rows = self._found(self._lists, query, max(_REFINED * k, _FEWEST_REFINED), first, end)
        # In their order on disk, which is read sooner.
        rows.sort()
        order = np.argsort(-self.cosines(query, rows), kind="stable")
        return rows[order[:k]]

    def _found(self, index: faiss.Index, query: Floats, k: int, first: int, end: int) -> NDArray[np.int64]:
        whole = first == 0 and end == len(self)
        _, found = index.search(query[None, :], k, params=None if whole else _only(index, first, end))
        rows: NDArray[np.int64] = found[0]
        # FAISS fills a short result with -1, which as a Python index would be the last row.
        return rows[rows >= 0]


@dataclass(frozen=True, slots=True)
class UnsavedVectors:
    """The rows of an (n, d) array, all in memory; a build of an index has them block by block instead."""

    rows: Floats

    def save(self, file: Path) -> str:
        """Write the vectors to a file, with lists where they are many; say which type came of it.

        Raises:
            OSError: they can't be written.
        """
        save_codes(file, self.rows.shape[1], len(self.rows), [encode_fp16(self.rows)])
        return save_lists(file)


def lists_file(file: Path) -> Path:
    """Where the lists stand for the vectors in `file`."""
    return file.with_suffix(f".lists{file.suffix}")


def save_lists(file: Path) -> str:
    """Put the vectors in `file` into lists, where that is worth it and finds enough; say which type came of it.

    The share of the ten closest that it finds is measured on questions made of the vectors themselves: each lies
    between two of them, so that its neighbours stand in several lists. Where even the most probes find too few, the
    vectors stay without lists, and all are scanned.

    Raises:
        OSError: the lists can't be written.
    """
    vectors = Vectors.open(file)
    if len(vectors) <= FLAT:
        return vectors.type
    random = np.random.default_rng(len(vectors))
    lists = _filled(vectors, random)
    between = [vectors.take(np.sort(random.integers(len(vectors), size=_SAMPLE))) for _ in range(2)]
    questions = normalize(between[0] + random.permutation(between[1]))
    closest = _closest(vectors, questions)
    listed = Vectors(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC), lists, file)
    for lists.nprobe in _PROBES:
        found = [listed.nearest(question, 10, 0, len(vectors)) for question in questions]
        if np.mean([len(np.intersect1d(*pair)) for pair in zip(found, closest, strict=True)]) >= RECALL * 10:
            lists_file(file).write_bytes(faiss.serialize_index(lists).data)
            break
    return Vectors.open(file).type


def _filled(vectors: Vectors, random: np.random.Generator) -> faiss.IndexIVF:
    count = min(int(4 * np.sqrt(len(vectors))), len(vectors) // _TRAINED)
    centroids = faiss.IndexFlatIP(vectors.dimension)
    lists = faiss.IndexIVFRaBitQ(centroids, vectors.dimension, count, faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(random.choice(len(vectors), min(len(vectors), _TRAINED * count), replace=False))
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        lists.train(vectors.take(sample))
        for block in _blocks(len(vectors)):
            lists.add(vectors.rows(block.start, block.stop))
    finally:
        faiss.omp_set_num_threads(1)
    return lists


def _closest(vectors: Vectors, questions: Floats) -> list[NDArray[np.int64]]:
    """The ten rows closest to each question, by its score with every vector."""
    scores = np.full((len(questions), 10), -np.inf, np.float32)
    rows = np.full((len(questions), 10), -1, np.int64)
    for block in _blocks(len(vectors)):
        scores = np.hstack([scores, questions @ vectors.rows(block.start, block.stop).T])
        rows = np.hstack([rows, np.broadcast_to(np.arange(block.start, block.stop), (len(questions), len(block)))])
        best = np.argpartition(-scores, 9, axis=1)[:, :10]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return list(rows)


def _mapped(file: Path, count: int, size: int) -> Codes:
    # A mapping can't be empty.
    if not count:
        return np.zeros((0, size), np.uint8)
    offset = file.stat().st_size - count * size
    # As a plain array: each look into a `memmap` makes another.
    return np.asarray(np.memmap(file, np.uint8, "r", offset, (count, size)))


def _blocks(count: int) -> Iterator[range]:
    for first in range(0, count, _BLOCK):
        yield range(first, min(count, first + _BLOCK))


def _quantiser(dimension: int) -> faiss.IndexScalarQuantizer:
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _only(index: faiss.Index, first: int, end: int) -> faiss.SearchParameters:
    # The third argument says that ids are ascending, so that FAISS scans that range alone. faiss's stubs don't know
    # the keyword, which its Python layer adds to keep the selector alive.
    inside = faiss.IDSelectorRange(first, end, True)
    if isinstance(index, faiss.IndexIVF):
        return faiss.IVFSearchParameters(sel=inside, nprobe=index.nprobe)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=inside)  # type: ignore[call-arg]
