"""BM25 over stemmed terms: scored once when the index is built, added up when a question comes.

Every (term, text) score is stored by term, so that a question's scores are sums of stored columns. The best of a
million texts are found without a pass over all: terms are taken by what they can add at most, and as soon as what is
left can't lift another text among the best, only texts that were found already are looked up in the rest (Turtle and
Flood's MaxScore, 1995). The formula is Lucene's:

    idf tf / (tf + k1 (1 - b + b length / mean length)),   idf = ln(1 + (n - df + .5) / (df + .5))
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.documents.analyzer import words
from embeddings.index.arrays import open_arrays, save_arrays, with_prefix, without_prefix
from embeddings.index.string_table import StringTable
from embeddings.lexicon import STOP_WORDS

# Robertson and Zaragoza's usual values, which bm25s has as its defaults too.
K1 = 1.5
B = 0.75


# Texts whose words are counted together: bounds the memory of a build.
_BLOCK_TEXTS = 1 << 16
_NO_ROWS = np.zeros(0, np.int32)
_NO_WEIGHTS = np.zeros(0, np.float32)

# Texts that are put together one term after another; more are added up in one array for all texts.
_FEW = 1 << 13
# What sums of 32-bit floats may differ by, with the order in which they are added up.
_SLACK = 1e-3


class _Column(NamedTuple):
    """A term's texts, ascending, its score in each, and the highest that it has in any."""

    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    peak: float


@dataclass(frozen=True, slots=True)
class Postings:
    """How often which term stands in which of n texts, ordered by term and then by text.

    Attributes:
        vocabulary: the terms; a column's number is its term's place.
        starts: (terms + 1,) where each column begins in `rows` and `counts`.
        rows: the texts that hold the column's term, ascending.
        counts: (as `rows`) how often it stands there, at most 65,535.
        lengths: (n,) how many terms each text has.
    """

    vocabulary: StringTable
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]

    def merged(self, kept: NDArray[np.int32], others: Postings, places: NDArray[np.int32]) -> Postings:
        """These texts and others', as one.

        Args:
            kept: (own texts,) the new row of each, ascending; -1 where it is left out.
            others: what is added.
            places: (others' texts,) the new row of each, ascending.
        """
        rows = kept[self.rows]
        stays = rows >= 0
        columns = np.repeat(np.arange(len(self.vocabulary)), np.diff(self.starts))[stays]
        own, added = list(self.vocabulary), list(others.vocabulary)
        used = np.zeros(len(own), bool)
        used[columns] = True
        vocabulary = StringTable.build([*(own[place] for place in np.flatnonzero(used)), *added])
        renamed = np.array([-1 if place is None else place for place in vocabulary.places(own)], np.int64)
        joined = np.array(vocabulary.places(added), np.int64)
        lengths = np.zeros(int((kept >= 0).sum()) + len(places), np.int32)
        lengths[kept[kept >= 0]] = self.lengths[kept >= 0]
        lengths[places] = others.lengths
        other_columns = np.repeat(np.arange(len(added)), np.diff(others.starts))
        return _sorted(
            vocabulary,
            np.concatenate([renamed[columns], joined[other_columns]]),
            np.concatenate([rows[stays], places[others.rows]]),
            np.concatenate([self.counts[stays], others.counts]),
            lengths,
        )


class PostingsBuilder:
    """Counts the terms of texts, given one after another."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english")
        # By word and not by term: a word is stemmed once, whatever the number of texts.
        self._numbers: dict[str, int] = {}
        self._terms: dict[str, int] = {}
        self._open = array("i")
        self._lengths = array("i")
        self._open_texts = 0
        self._blocks: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]] = []

    def add(self, text: str) -> None:
        """Count the terms of the next text."""
        numbers = self._numbers
        found = words(text)
        try:
            kept = [number for number in map(numbers.__getitem__, found) if number >= 0]
        except KeyError:
            for word in found:
                if word not in numbers:
                    numbers[word] = self._number(word)
            kept = [number for number in map(numbers.__getitem__, found) if number >= 0]
        self._open.extend(kept)
        self._lengths.append(len(kept))
        self._open_texts += 1
        if self._open_texts == _BLOCK_TEXTS:
            self._close_block()

    def postings(self) -> Postings:
        """What was counted."""
        self._close_block()
        vocabulary = StringTable.build(self._terms)
        places = np.array(vocabulary.places(list(self._terms)), np.int64)
        columns, rows, counts = (
            np.concatenate([block[part] for block in self._blocks] or [np.zeros(0, np.int32)]) for part in range(3)
        )
        self._blocks.clear()
        return _sorted(vocabulary, places[columns], rows, counts.astype(np.uint16), np.array(self._lengths, np.int32))

    def _number(self, word: str) -> int:
        if word in STOP_WORDS:
            return -1
        return self._terms.setdefault(self._stemmer.stemWord(word), len(self._terms))

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


@dataclass(frozen=True, slots=True)
class BM25Index:
    """Stored BM25 scores of n texts.

    Attributes:
        postings: what they were made of, and where each term's column lies.
        weights: (as `postings.rows`) the term's score in that text.
        peaks: (terms,) the highest of each column.
    """

    postings: Postings
    weights: NDArray[np.float32]
    peaks: NDArray[np.float32]

    @classmethod
    def build(cls, texts: Iterable[str]) -> BM25Index:
        """Score every term of every text."""
        counting = PostingsBuilder()
        for text in texts:
            counting.add(text)
        return cls.of(counting.postings())

    @classmethod
    def of(cls, postings: Postings) -> BM25Index:
        """Score terms that have been counted."""
        size = len(postings.lengths)
        sizes = np.diff(postings.starts)
        inverse = np.log1p((size - sizes + 0.5) / (sizes + 0.5))
        mean = max(1.0, postings.lengths.sum()) / max(1, size)
        norms = K1 * (1 - B + B * postings.lengths / mean)
        weights = np.empty(len(postings.rows), np.float32)
        for part in range(0, len(weights), _BLOCK_TEXTS * 64):
            stretch = slice(part, part + _BLOCK_TEXTS * 64)
            rows, counts = postings.rows[stretch], postings.counts[stretch]
            weights[stretch] = counts / (counts + norms[rows])
        weights *= np.repeat(inverse, sizes).astype(np.float32)
        peaks = np.maximum.reduceat(weights, postings.starts[:-1]) if len(weights) else np.zeros(0, np.float32)
        return cls(postings, weights, peaks)

    def save(self, file: Path) -> None:
        """Write the index to a file.

        Raises:
            OSError: it can't be written.
        """
        save_arrays(
            file,
            with_prefix("vocabulary", self.postings.vocabulary.arrays())
            | {
                "starts": self.postings.starts,
                "rows": self.postings.rows,
                "counts": self.postings.counts,
                "lengths": self.postings.lengths,
                "weights": self.weights,
                "peaks": self.peaks,
            },
        )

    @classmethod
    def open(cls, file: Path) -> BM25Index:
        """Open what `save` wrote; the arrays are mapped, not read.

        Raises:
            OSError: the file is missing.
            LookupError, ValueError: it is not what `save` wrote.
        """
        arrays = open_arrays(file)
        vocabulary = StringTable.of(without_prefix("vocabulary", arrays))
        columns = (arrays[part] for part in ("starts", "rows", "counts", "lengths"))
        return cls(Postings(vocabulary, *columns), arrays["weights"], arrays["peaks"])

    def scores(self, query: Sequence[str], first: int, end: int) -> NDArray[np.float32]:
        """Score the texts `first` to `end` for a question's terms: (end - first,), 0 where none occurs."""
        scores = np.zeros(end - first, np.float32)
        for column in self._columns(query, first, end):
            # A text stands once in a column, so plain indexed addition loses nothing.
            scores[column.rows - first] += column.weights
        return scores

    def scores_of(self, query: Sequence[str], texts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Score some texts, given in ascending order, for a question's terms: (len(texts),)."""
        scores = np.zeros(len(texts), np.float32)
        if len(texts):
            rows = texts.astype(np.int32)
            for column in self._columns(query, int(texts[0]), int(texts[-1]) + 1):
                _add(scores, rows, column)
        return scores

    def top(self, query: Sequence[str], k: int, first: int, end: int) -> NDArray[np.int64]:
        """The at most `k` of the texts `first` to `end` that score highest, ascending; none that scores 0.

        Of texts with one score the first are taken.
        """
        if k <= 0:
            return np.zeros(0, np.int64)
        # What can add most comes first: few texts hold it.
        columns = sorted(self._columns(query, first, end), key=lambda column: -column.peak)
        left = sum(column.peak for column in columns)
        rows, scores, least = _NO_ROWS, _NO_WEIGHTS, 0.0
        at = 0
        while at < len(columns) and left >= least and len(rows) + len(columns[at].rows) <= _FEW:
            rows, scores = _united(rows, scores, columns[at])
            left -= columns[at].peak
            least = _kth(scores, k)
            at += 1
        if at < len(columns) and left >= least:
            everything = np.zeros(end - first, np.float32)
            everything[rows - first] = scores
            while at < len(columns) and left >= least:
                everything[columns[at].rows - first] += columns[at].weights
                left -= columns[at].peak
                # The k-th best of some is no better than the k-th best of all.
                least = max(least, _kth(everything[:_FEW], k))
                at += 1
            rows = np.flatnonzero(everything > max(0.0, least - left - _SLACK)).astype(np.int32)
            scores = everything[rows]
            rows += np.int32(first)
        for column in columns[at:]:
            _add(scores, rows, column)
        if len(rows) > k:
            edge = _kth(scores, k)
            above, level = np.flatnonzero(scores > edge), np.flatnonzero(scores == edge)
            rows = np.sort(rows[np.concatenate([above, level[: k - len(above)]])])
        return rows.astype(np.int64)

    def contains(self, term: str, first: int, end: int) -> bool:
        """Whether a stemmed term occurs in the texts `first` to `end`."""
        return bool(self._columns((term,), first, end))

    def _columns(self, query: Sequence[str], first: int, end: int) -> list[_Column]:
        """The columns of the terms that occur in the texts `first` to `end`, cut to these."""
        found = []
        bounds = np.array((first, end), np.int32)
        for place in self.postings.vocabulary.places(query):
            if place is None:
                continue
            start, stop = int(self.postings.starts[place]), int(self.postings.starts[place + 1])
            # Numbers of the rows' own type: for others numpy would copy the whole column.
            low, high = (start + np.searchsorted(self.postings.rows[start:stop], bounds)).tolist()
            if low < high:
                found.append(_Column(self.postings.rows[low:high], self.weights[low:high], float(self.peaks[place])))
        return found


def _kth(scores: NDArray[np.float32], k: int) -> float:
    """The k-th highest score; 0 where there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if len(scores) >= k else 0.0


def _united(
    rows: NDArray[np.int32], scores: NDArray[np.float32], column: _Column
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Texts with their scores, and a further term's."""
    both = np.union1d(rows, column.rows)
    sums = np.zeros(len(both), np.float32)
    sums[np.searchsorted(both, rows)] = scores
    sums[np.searchsorted(both, column.rows)] += column.weights
    return both, sums


def _add(scores: NDArray[np.float32], rows: NDArray[np.int32], column: _Column) -> None:
    """Add what a further term gives to texts that were found already; both are ascending."""
    places = np.searchsorted(column.rows, rows)
    places[places == len(column.rows)] = 0
    same = column.rows[places] == rows
    scores[same] += column.weights[places[same]]
