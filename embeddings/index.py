"""An index on disk, opened: one collection's vectors, terms, reviews, and the tables that join them by row.

.index/manifest.json                        names everything below; replaced in one step
.index/encoders/<weights>/                  the runtime encoder, one for the data directory
.index/collections/<name>/<generation>/     a collection's files, never changed once written
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexDamagedError
from embeddings.lexical import LexicalIndex
from embeddings.manifest import IndexedCollection, IndexedReview
from embeddings.records import Passage, Review, Sentence
from embeddings.spelling import WordList
from embeddings.stored_reviews import StoredReviews
from embeddings.vectors import Vectors

Floats = NDArray[np.float32]

DIRECTORY = ".index"
COLLECTIONS = "collections"
ENCODERS = "encoders"

SENTENCE_VECTORS = "sentences.faiss"
"""Each sentence by itself."""
PAIR_VECTORS = "pairs.faiss"
"""Each sentence with the one before it in its section, on the same rows as the sentences."""
PASSAGE_VECTORS = "passages.faiss"
SENTENCE_TERMS = "sentence-terms"
PASSAGE_TERMS = "passage-terms"
SENTENCE_TABLE = "sentences.npy"
PASSAGE_TABLE = "passages.npy"
REVIEWS = "reviews.sqlite"
WORDS = "words.json"

SENTENCE_ROW = np.dtype([("start", np.int32), ("end", np.int32), ("passage", np.int32)])
PASSAGE_ROW = np.dtype(
    [
        ("review", np.int32),
        ("section", np.int32),
        ("paragraph", np.int32),
        ("start", np.int32),
        ("end", np.int32),
        ("first_sentence", np.int32),
        ("end_sentence", np.int32),
    ]
)


class CollectionIndex:
    """One collection, opened. Nothing is written by opening, and it may be shared between threads.

    Attributes:
        entry: the collection's part of the manifest.
        sentence_vectors: (sentences, d).
        pair_vectors: (sentences, d).
        passage_vectors: (passages, d).
        sentence_terms: BM25 over sentences.
        passage_terms: BM25 over passages.
        words: for putting misspelt questions right.
        sentence_table: (sentences,) of `SENTENCE_ROW`.
        passage_table: (passages,) of `PASSAGE_ROW`; `review` counts the manifest's reviews, `section` theirs.
    """

    def __init__(self, directory: Path, entry: IndexedCollection) -> None:
        """Open the generation in `directory`.

        Raises:
            IndexDamagedError: a file is missing, of another size, or not what was written.
        """
        _check_sizes(directory, entry)
        self.entry = entry
        try:
            self.sentence_vectors = Vectors.open(directory / SENTENCE_VECTORS)
            self.pair_vectors = Vectors.open(directory / PAIR_VECTORS)
            self.passage_vectors = Vectors.open(directory / PASSAGE_VECTORS)
            self.sentence_terms = LexicalIndex.open(directory, SENTENCE_TERMS)
            self.passage_terms = LexicalIndex.open(directory, PASSAGE_TERMS)
            self.sentence_table: NDArray[np.void] = np.load(directory / SENTENCE_TABLE, mmap_mode="r")
            self.passage_table: NDArray[np.void] = np.load(directory / PASSAGE_TABLE, mmap_mode="r")
            self.words = WordList.open(directory / WORDS)
            self._reviews = StoredReviews(directory / REVIEWS)
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, EOFError, sqlite3.DatabaseError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise IndexDamagedError(
                f"{directory}: the index can't be read ({reason}); run `review-bot index --rebuild`"
            ) from error
        self._decoded = lru_cache(maxsize=8)(self._decode)
        self._by_slug = {review.slug: review for review in entry.reviews}

    def decoded(self, passages: tuple[int, int], sentences: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        """The vectors of a range of rows as 32-bit floats: sentences, pairs, passages. The latest few are kept."""
        return self._decoded(passages, sentences)

    def indexed(self, slug: str) -> IndexedReview | None:
        """The manifest's entry of a review, or None where the collection has no such review."""
        return self._by_slug.get(slug)

    def review(self, slug: str) -> Review:
        """The review of that slug, as it was indexed.

        Raises:
            KeyError: the collection has none.
            IndexDamagedError: the reviews can't be read.
        """
        try:
            return self._reviews.get(slug)
        except (sqlite3.DatabaseError, ValueError) as error:
            raise IndexDamagedError(
                f"{slug}: the indexed review can't be read ({error}); run `review-bot index --rebuild`"
            ) from error

    def passage(self, row: int) -> Passage:
        """The passage of that row."""
        entry = self.passage_table[row]
        review = self.review(self.entry.reviews[int(entry["review"])].slug)
        first, end = int(entry["first_sentence"]), int(entry["end_sentence"])
        return Passage(
            collection=self.entry.name,
            review=review.slug,
            section=review.sections[int(entry["section"])].slug,
            paragraph=int(entry["paragraph"]),
            start=int(entry["start"]),
            end=int(entry["end"]),
            sentences=tuple(Sentence(int(row["start"]), int(row["end"])) for row in self.sentence_table[first:end]),
        )

    def _decode(self, passages: tuple[int, int], sentences: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        return (
            self.sentence_vectors.rows(*sentences),
            self.pair_vectors.rows(*sentences),
            self.passage_vectors.rows(*passages),
        )

    def sentence(self, row: int) -> str:
        """The text of the sentence of that row."""
        entry = self.sentence_table[row]
        number = int(self.passage_table[entry["passage"]]["review"])
        return self.review(self.entry.reviews[number].slug).text[int(entry["start"]) : int(entry["end"])]

    def close(self) -> None:
        """Let go of the files."""
        self._reviews.close()


def _check_sizes(directory: Path, entry: IndexedCollection) -> None:
    for name, size in entry.files.items():
        try:
            found = (directory / name).stat().st_size
        except OSError as error:
            raise IndexDamagedError(
                f"{directory / name}: missing from the index ({error.strerror}); run `review-bot index --rebuild`"
            ) from error
        if found != size:
            raise IndexDamagedError(
                f"{directory / name}: {found} bytes where {size} were written; run `review-bot index --rebuild`"
            )
