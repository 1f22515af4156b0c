"""BM25 over stemmed terms: scored once when the index is built, added up when a question comes.

bm25s computes every (term, text) score at build time. A question's scores are then sums of stored columns,
which takes numpy alone: importing bm25s costs more than answering.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.arrays import save_array

# Robertson and Zaragoza's usual values, which bm25s has as its defaults too.
K1 = 1.5
B = 0.75

# A run of letters and digits with its inner apostrophes; scripts written without spaces count by character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_](?:[^\W_]|'(?=[^\W_]))*", re.UNICODE)

# Function words. They carry no topic, and a short review has too few texts for their weight to vanish.
STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being but by can could did do does
    doing for from had has have having he her hers him his how i if in into is it it's its just me
    my no nor not of off on or our out over own s she should so some such t than that the their them
    then there these they this those to too under up us very was we were what when where which while
    who whom why will with would you your
    """.split()
)


def fold(text: str) -> str:
    """Return `text` casefolded, without accents, and with straight apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, stop words included."""
    return _WORD.findall(fold(text))


def terms(text: str) -> list[str]:
    """Return the stemmed words of `text` in order, without stop words."""
    kept = [word for word in words(text) if word not in STOP_WORDS]
    # The stemmer keeps a cache of its own that is not safe to share between threads; a call is microseconds.
    return list(Stemmer.Stemmer("english").stemWords(kept)) if kept else []


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Stored BM25 scores of n texts.

    Attributes:
        vocabulary: term to column.
        starts: (terms + 1,) where each column begins in `rows` and `weights`.
        rows: the texts that hold the column's term, ascending.
        weights: (as `rows`) the term's score in that text.
        size: n, the number of texts.
    """

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    size: int

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        """Score every term of every text."""
        import bm25s  # here, for it imports scipy: a cost for builds alone

        documents = [terms(text) for text in texts]
        if not any(documents):
            return cls({}, np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), len(documents))
        # Columns in the terms' order, so that the same texts always give the same files.
        vocabulary = {term: column for column, term in enumerate(sorted(set(chain.from_iterable(documents))))}
        model = bm25s.BM25(k1=K1, b=B, method="lucene")
        columns = [[vocabulary[term] for term in document] for document in documents]
        model.index((columns, vocabulary), create_empty_token=False, show_progress=False)
        return cls(
            vocabulary=vocabulary,
            starts=np.asarray(model.scores["indptr"], np.int64),
            rows=np.asarray(model.scores["indices"], np.int32),
            weights=np.asarray(model.scores["data"], np.float32),
            size=len(documents),
        )

    def save(self, directory: Path, name: str) -> tuple[str, ...]:
        """Write the index as `name.*` files; return their names."""
        files = (
            f"{name}.vocabulary.json",
            f"{name}.starts.npy",
            f"{name}.rows.npy",
            f"{name}.weights.npy",
            f"{name}.size.json",
        )
        (directory / files[0]).write_text(json.dumps(self.vocabulary, ensure_ascii=False), encoding="utf-8")
        save_array(directory / files[1], self.starts)
        save_array(directory / files[2], self.rows)
        save_array(directory / files[3], self.weights)
        (directory / files[4]).write_text(json.dumps(self.size), encoding="utf-8")
        return files

    @classmethod
    def open(cls, directory: Path, name: str) -> LexicalIndex:
        """Open what `save` wrote; the arrays are mapped, not read.

        Raises:
            OSError: a file is missing.
            ValueError: a file is not what `save` wrote.
        """
        starts, rows, weights = (
            np.load(directory / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False)
            for part in ("starts", "rows", "weights")
        )
        return cls(
            vocabulary=json.loads((directory / f"{name}.vocabulary.json").read_text(encoding="utf-8")),
            starts=starts,
            rows=rows,
            weights=weights,
            size=json.loads((directory / f"{name}.size.json").read_text(encoding="utf-8")),
        )

    def scores(self, query: Sequence[str], first: int, end: int) -> NDArray[np.float32]:
        """Score the texts `first` to `end` for a question's terms: (end - first,), 0 where none occurs."""
        scores = np.zeros(end - first, np.float32)
        for term in query:
            rows, weights = self._column(term)
            low, high = np.searchsorted(rows, (first, end)) if len(rows) else (0, 0)
            # A text stands once in a column, so plain indexed addition loses nothing.
            scores[rows[low:high] - first] += weights[low:high]
        return scores

    def holds(self, term: str, first: int, end: int) -> bool:
        """Whether a stemmed term occurs in the texts `first` to `end`."""
        rows, _ = self._column(term)
        low, high = np.searchsorted(rows, (first, end)) if len(rows) else (0, 0)
        return bool(low < high)

    def _column(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        column = self.vocabulary.get(term)
        if column is None:
            return self.rows[:0], self.weights[:0]
        low, high = int(self.starts[column]), int(self.starts[column + 1])
        return self.rows[low:high], self.weights[low:high]
