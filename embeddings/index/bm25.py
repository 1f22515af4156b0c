"""BM25 over stemmed terms: scored once when the index is built, added up for each question.

The score of every (term, text) pair is stored by term, so a question's scores are sums of stored columns. The best of a
million texts are found without a pass over all of them (MaxScore; Turtle and Flood, 1995). Terms are taken by the most
that they can add. As soon as the remaining terms can't lift another text among the best, only texts that were already
found are looked up in them. The formula is Lucene's:

    idf tf / (tf + k1 (1 - b + b length / mean length)),   idf = ln(1 + (n - df + .5) / (df + .5))
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.config import BM25_B, BM25_BLOCK_TEXTS, BM25_K1, BM25_SPARSE_TEXTS
from embeddings.documents.analyzer import ENGLISH, Analyzer
from embeddings.index.string_table import StringTable

_NO_ROWS = np.zeros(0, np.int32)
_NO_WEIGHTS = np.zeros(0, np.float32)
# How much sums of 32-bit floats may differ with the order in which they are added up.
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Postings:
    """How often each term occurs in each of n texts, ordered by term and then by text."""

    vocabulary: StringTable  # the terms. A term's position is the number of its column.
    starts: NDArray[np.int64]  # (terms + 1,) where each column begins in `rows` and `counts`
    rows: NDArray[np.int32]  # the texts that have the column's term, ascending
    counts: NDArray[np.uint16]  # (as `rows`) how often the term occurs there, at most 65,535
    lengths: NDArray[np.int32]  # (n,) how many terms each text has

    def merge(self, new_rows: NDArray[np.int32], others: Postings, other_rows: NDArray[np.int32]) -> Postings:
        """Return the postings of these texts and of others together.

        Args:
            new_rows: (own texts,) the new row of each, ascending; -1 for texts to leave out.
            others: what is added.
            other_rows: (others' texts,) the new row of each, ascending.
        """
        rows = new_rows[self.rows]
        stays = rows >= 0
        columns = np.repeat(np.arange(len(self.vocabulary)), np.diff(self.starts))[stays]
        own, added = list(self.vocabulary), list(others.vocabulary)
        used = np.zeros(len(own), bool)
        used[columns] = True
        vocabulary = StringTable.build([*(own[column] for column in np.flatnonzero(used)), *added])
        own_columns = np.array([-1 if column is None else column for column in vocabulary.find(own)], np.int64)
        added_columns = np.array(vocabulary.find(added), np.int64)
        lengths = np.zeros(int((new_rows >= 0).sum()) + len(other_rows), np.int32)
        lengths[new_rows[new_rows >= 0]] = self.lengths[new_rows >= 0]
        lengths[other_rows] = others.lengths
        other_columns = np.repeat(np.arange(len(added)), np.diff(others.starts))
        return _sorted(
            vocabulary,
            np.concatenate([own_columns[columns], added_columns[other_columns]]),
            np.concatenate([rows[stays], other_rows[others.rows]]),
            np.concatenate([self.counts[stays], others.counts]),
            lengths,
        )


class _TermNumbers(dict[str, int]):
    """The number of each word's term in one language, -1 for a stop word. Each word is stemmed once.

    `terms` are those of all languages, to which it adds.
    """

    def __init__(self, language: str, terms: dict[str, int]) -> None:
        super().__init__()
        self.analyzer = Analyzer(language)
        self._terms = terms

    def __missing__(self, word: str) -> int:
        term = self.analyzer.term(word)
        self[word] = -1 if term is None else self._terms.setdefault(term, len(self._terms))
        return self[word]


class PostingsBuilder:
    """Counts the terms of texts, given one after another."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._numbers: dict[str, _TermNumbers] = {}
        self._open = array("i")
        self._lengths = array("i")
        self._open_texts = 0
        self._blocks: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]] = []

    def add(self, text: str, language: str = ENGLISH) -> None:
        """Count the terms of the next text."""
        if language not in self._numbers:
            self._numbers[language] = _TermNumbers(language, self._terms)
        numbers = self._numbers[language]
        counted = [number for number in map(numbers.__getitem__, numbers.analyzer.words(text)) if number >= 0]
        self._open.extend(counted)
        self._lengths.append(len(counted))
        self._open_texts += 1
        if self._open_texts == BM25_BLOCK_TEXTS:
            self._close_block()

    def postings(self) -> Postings:
        """Return what was counted."""
        self._close_block()
        terms = list(self._terms)
        vocabulary = StringTable.build(terms)
        new_columns = np.array(vocabulary.find(terms), np.int64)
        columns, rows, counts = (
            np.concatenate([_NO_ROWS, *(block[part] for block in self._blocks)]) for part in range(3)
        )
        self._blocks.clear()
        lengths = np.array(self._lengths, np.int32)
        return _sorted(vocabulary, new_columns[columns], rows, counts.astype(np.uint16), lengths)

    def _close_block(self) -> None:
        if not self._open_texts:
            return
        first = len(self._lengths) - self._open_texts
        lengths = np.array(self._lengths[first:], np.int64)
        texts = np.repeat(np.arange(self._open_texts, dtype=np.int64), lengths)
        number = max(1, len(self._terms))
        pairs, counts = np.unique(texts * number + np.array(self._open, np.int64), return_counts=True)
        self._blocks.append(
            (
                (pairs % number).astype(np.int32),
                (pairs // number + first).astype(np.int32),
                np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16),
            )
        )
        self._open = array("i")
        self._open_texts = 0


@dataclass(frozen=True, slots=True)
class BM25Index(Postings):
    """The postings of n texts with their BM25 scores."""

    weights: NDArray[np.float32]  # (as `rows`) the term's score in that text
    peaks: NDArray[np.float32]  # (terms,) the highest score of each column

    @classmethod
    def build(cls, texts: Iterable[str]) -> BM25Index:
        """Score every term of every text."""
        builder = PostingsBuilder()
        for text in texts:
            builder.add(text)
        return cls.from_postings(builder.postings())

    @classmethod
    def from_postings(cls, postings: Postings) -> BM25Index:
        """Score terms that were counted before."""
        size = len(postings.lengths)
        sizes = np.diff(postings.starts)
        inverse = np.log1p((size - sizes + 0.5) / (sizes + 0.5))
        mean = max(1.0, postings.lengths.sum()) / max(1, size)
        norms = BM25_K1 * (1 - BM25_B + BM25_B * postings.lengths / mean)
        weights = np.empty(len(postings.rows), np.float32)
        for first in range(0, len(weights), BM25_BLOCK_TEXTS * 64):
            block = slice(first, first + BM25_BLOCK_TEXTS * 64)
            rows, counts = postings.rows[block], postings.counts[block]
            weights[block] = counts / (counts + norms[rows])
        weights *= np.repeat(inverse, sizes).astype(np.float32)
        peaks = np.maximum.reduceat(weights, postings.starts[:-1]) if len(weights) else _NO_WEIGHTS
        columns = postings.vocabulary, postings.starts, postings.rows, postings.counts, postings.lengths
        return cls(*columns, weights, peaks)

    def scores(self, query: Sequence[str], first: int, end: int) -> NDArray[np.float32]:
        """Return the scores of the texts `first` to `end` for a question's terms: (end - first,), 0 without a term."""
        scores = np.zeros(end - first, np.float32)
        for column in self._columns(query, first, end):
            # Plain indexed addition is right because a column has each text once.
            scores[column.rows - first] += column.weights
        return scores

    def scores_of(self, query: Sequence[str], texts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of some texts, given in ascending order, for a question's terms: (len(texts),)."""
        scores = np.zeros(len(texts), np.float32)
        if len(texts):
            rows = texts.astype(np.int32)
            for column in self._columns(query, int(texts[0]), int(texts[-1]) + 1):
                _add_column(scores, rows, column)
        return scores

    def top(self, query: Sequence[str], k: int, first: int, end: int) -> NDArray[np.int64]:
        """Return the `k` texts of `first` to `end` with the highest scores above 0, ascending; of equals the first."""
        if k <= 0:
            return np.zeros(0, np.int64)
        # Terms that can add most come first, because few texts have them.
        columns = sorted(self._columns(query, first, end), key=lambda column: -column.peak)
        left = sum(column.peak for column in columns)
        rows, scores, least = _NO_ROWS, _NO_WEIGHTS, 0.0
        at = 0
        while at < len(columns) and left >= least and len(rows) + len(columns[at].rows) <= BM25_SPARSE_TEXTS:
            rows, scores = _merge_column(rows, scores, columns[at])
            left -= columns[at].peak
            least = _kth(scores, k)
            at += 1
        if at < len(columns) and left >= least:
            everything = np.zeros(end - first, np.float32)
            everything[rows - first] = scores
            while at < len(columns) and left >= least:
                everything[columns[at].rows - first] += columns[at].weights
                left -= columns[at].peak
                # The k-th best of some texts is at most the k-th best of all.
                least = max(least, _kth(everything[:BM25_SPARSE_TEXTS], k))
                at += 1
            rows = np.flatnonzero(everything > max(0.0, least - left - _ROUNDING)).astype(np.int32)
            scores = everything[rows]
            rows += np.int32(first)
        for column in columns[at:]:
            _add_column(scores, rows, column)
        if len(rows) > k:
            edge = _kth(scores, k)
            above, level = np.flatnonzero(scores > edge), np.flatnonzero(scores == edge)
            rows = np.sort(rows[np.concatenate([above, level[: k - len(above)]])])
        return rows.astype(np.int64)

    def contains(self, term: str, first: int, end: int) -> bool:
        """Return True if a stemmed term occurs in the texts `first` to `end`."""
        return bool(self._columns((term,), first, end))

    def texts_with(self, query: Sequence[str], first: int, end: int) -> NDArray[np.int32]:
        """Return the texts of `first` to `end` that have all of some distinct terms, ascending; none for no terms."""
        columns = self._columns(query, first, end)
        if not columns or len(columns) < len(query):
            return _NO_ROWS
        return reduce(partial(np.intersect1d, assume_unique=True), (column.rows for column in columns))

    def _columns(self, query: Sequence[str], first: int, end: int) -> list[_Column]:
        """Return the columns of the terms that occur in the texts `first` to `end`, limited to these texts."""
        found = []
        bounds = np.array((first, end), np.int32)
        for term in self.vocabulary.find(query):
            if term is None:
                continue
            start, stop = int(self.starts[term]), int(self.starts[term + 1])
            # For numbers of another type than the rows', numpy would copy the whole column.
            low, high = (start + np.searchsorted(self.rows[start:stop], bounds)).tolist()
            if low < high:
                found.append(_Column(self.rows[low:high], self.weights[low:high], float(self.peaks[term])))
        return found


class _Column(NamedTuple):
    """A term's texts, ascending, its score in each, and its highest score in any text of the index."""

    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    peak: float


def _sorted(
    vocabulary: StringTable,
    columns: NDArray[np.int64],
    rows: NDArray[np.int32],
    counts: NDArray[np.uint16],
    lengths: NDArray[np.int32],
) -> Postings:
    order = np.argsort(columns * max(1, len(lengths)) + rows)
    sizes = np.bincount(columns, minlength=len(vocabulary))
    return Postings(
        vocabulary=vocabulary,
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        rows=rows[order].astype(np.int32),
        counts=counts[order].astype(np.uint16),
        lengths=lengths,
    )


def _kth(scores: NDArray[np.float32], k: int) -> float:
    """Return the k-th highest score, 0 if there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if len(scores) >= k else 0.0


def _merge_column(
    rows: NDArray[np.int32], scores: NDArray[np.float32], column: _Column
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the texts and scores with those of another term."""
    both = np.union1d(rows, column.rows)
    sums = np.zeros(len(both), np.float32)
    sums[np.searchsorted(both, rows)] = scores
    sums[np.searchsorted(both, column.rows)] += column.weights
    return both, sums


def _add_column(scores: NDArray[np.float32], rows: NDArray[np.int32], column: _Column) -> None:
    """Add another term's scores to texts that were already found. Both are ascending."""
    places = np.searchsorted(column.rows, rows)
    places[places == len(column.rows)] = 0
    same = column.rows[places] == rows
    scores[same] += column.weights[places[same]]
