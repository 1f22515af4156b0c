"""One collection's index, opened: its vectors, terms and reviews, and the tables that join them by row."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.config import VECTOR_CACHE_RANGES
from embeddings.documents.analyzer import ENGLISH
from embeddings.errors import CHECK_MACHINE, REBUILD, IndexDamagedError, IndexUnreadableError, unreadable
from embeddings.index.arrays import open_arrays, open_record
from embeddings.index.bm25 import BM25Index
from embeddings.index.document_store import DocumentStore
from embeddings.index.facts import FactTable
from embeddings.index.integrity import check_sizes, verify_collection
from embeddings.index.manifest import IndexedCollection, IndexedReview
from embeddings.index.titles import TitleEntry, TitleTable
from embeddings.index.vectors import Floats, Vectors
from embeddings.index.vocabulary import Vocabulary
from embeddings.records import Passage, Quote, Review, Sentence

Digests = NDArray[np.uint64]
"""(n, 2): 128 bits of BLAKE2b for each text."""

SENTENCE_VECTORS = "sentences.faiss"
"""Each sentence by itself."""
PAIR_VECTORS = "pairs.faiss"
"""Each sentence with the one before it in its section, on the same rows as the sentences."""
PASSAGE_VECTORS = "passages.faiss"
SENTENCE_TERMS = "sentence-terms.bin"
PASSAGE_TERMS = "passage-terms.bin"
TITLE_TERMS = "name-terms.bin"
"""The terms of each review's title and aliases, which its text need not contain."""
TITLES = "names.bin"
"""Titles and aliases, to find which review a question is about."""
VOCABULARY = "words.bin"
FACTS = "facts.bin"
"""What the headers say, to choose and sort reviews."""
REVIEWS = "reviews.jsonl"
TABLES = "tables.bin"
"""The four arrays below, which join the other files by row."""

SENTENCES = "sentences"
PASSAGES = "passages"
DIGESTS = "digests"
REVIEW_ENDS = "reviews"
"""Where each review's line ends in `REVIEWS`."""

SENTENCE_ROW = np.dtype([("start", np.int32), ("end", np.int32), ("passage", np.int32)])
PASSAGE_ROW = np.dtype(
    [(name, np.int32) for name in "review section paragraph start end first_sentence end_sentence".split()]
)


class CollectionIndex:
    """One collection, opened. Opening writes nothing, and threads may share it.

    Attributes:
        directory: the generation's folder.
        entry: the collection's part of the manifest.
        vectors_in: returns the vectors of ranges of passages and of sentences as 32-bit floats: sentences, pairs,
            passages. The latest are cached.
        record: returns the stored line of a review, by its number among the manifest's.
        languages: the codes of its reviews' languages but English, sorted.

    Raises:
        IndexDamagedError: a file is missing, has another size, or is not what was written.
    """

    def __init__(self, directory: Path, entry: IndexedCollection) -> None:
        check_sizes(directory, entry)
        self.directory = directory
        self.entry = entry
        try:
            self.sentence_vectors = Vectors.open(directory / SENTENCE_VECTORS)  # (sentences, d)
            self.pair_vectors = Vectors.open(directory / PAIR_VECTORS)  # (sentences, d)
            self.passage_vectors = Vectors.open(directory / PASSAGE_VECTORS)  # (passages, d)
            self.sentence_terms = open_record(directory / SENTENCE_TERMS, BM25Index)
            self.passage_terms = open_record(directory / PASSAGE_TERMS, BM25Index)
            self.title_terms = open_record(directory / TITLE_TERMS, BM25Index)
            self.titles = open_record(directory / TITLES, TitleTable)
            self.vocabulary = open_record(directory / VOCABULARY, Vocabulary)
            self.facts = open_record(directory / FACTS, FactTable)
            tables = open_arrays(directory / TABLES)
            self.sentence_table: NDArray[np.void] = tables[SENTENCES]  # (sentences,) of `SENTENCE_ROW`
            # (passages,) of `PASSAGE_ROW`; `review` numbers the manifest's reviews, `section` their sections.
            self.passage_table: NDArray[np.void] = tables[PASSAGES]
            self.digests: Digests = tables[DIGESTS]  # of each sentence, then of each pair, then of each passage
            self._reviews = DocumentStore(directory / REVIEWS, tables[REVIEW_ENDS])
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, EOFError) as error:
            # Rebuilding mends only altered files.
            self.verify()
            if isinstance(error, OSError) and error.errno:
                raise unreadable(directory, error) from error
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise IndexUnreadableError(f"{directory}: The index can't be read ({reason}). {CHECK_MACHINE}") from error
        self.record = self._reviews.record
        self.vectors_in = lru_cache(maxsize=VECTOR_CACHE_RANGES)(self._read_vectors)
        self._numbers = {review.slug: number for number, review in enumerate(entry.reviews)}
        self.languages = tuple(sorted({review.language for review in entry.reviews} - {ENGLISH}))

    def verify(self) -> None:
        """Read every byte of the files, which opening doesn't, and compare them with what was written.

        Raises:
            IndexDamagedError: a file was altered.
            IndexUnreadableError: this user or this machine can't read them.
        """
        verify_collection(self.directory, self.entry)

    def close(self) -> None:
        """Forget the decoded vectors. The files close with the last array that is mapped from them."""
        self.vectors_in.cache_clear()

    @property
    def digests_by_kind(self) -> tuple[Digests, Digests, Digests]:
        """The digests of the sentences, of the pairs and of the passages, by row. Equal texts have equal digests."""
        count = len(self.sentence_table)
        return self.digests[:count], self.digests[count : 2 * count], self.digests[2 * count :]

    def number(self, slug: str) -> int | None:
        """Return a review's number among the manifest's, or None if the collection does not have it."""
        return self._numbers.get(slug)

    def entry_of(self, slug: str) -> IndexedReview | None:
        """Return the manifest's entry of a review, or None if the collection does not have it."""
        number = self._numbers.get(slug)
        return None if number is None else self.entry.reviews[number]

    def review(self, slug: str) -> Review:
        """Return the review of that slug, as it was indexed. Raises KeyError if the collection does not have it."""
        return self._review(self._numbers[slug])

    def title_entry(self, review: int, number: int) -> TitleEntry:
        """Return a review's title (number 0), one of its aliases, or one of its people, who count after these."""
        entry = self.entry.reviews[review]
        names = (entry.title, *entry.aliases, *entry.people)
        is_person = number > len(entry.aliases)
        return TitleEntry(self.entry.name, entry.slug, names[number], entry.year, is_person)

    def reviews_in(self, passages: tuple[int, int]) -> range:
        """Return the numbers of the reviews of a range of passages, which must be whole reviews."""
        first, end = passages
        if first >= end:
            return range(0)
        return range(int(self.passage_table[first]["review"]), int(self.passage_table[end - 1]["review"]) + 1)

    def passage(self, row: int) -> Passage:
        """Return the passage of that row."""
        entry = self.passage_table[row]
        review = self._review(int(entry["review"]))
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

    def passage_text(self, row: int) -> str:
        """Return the text of the passage of that row."""
        entry = self.passage_table[row]
        return self._review(int(entry["review"])).text[int(entry["start"]) : int(entry["end"])]

    def sentence(self, row: int) -> str:
        """Return the text of the sentence of that row."""
        entry = self.sentence_table[row]
        number = int(self.passage_table[entry["passage"]]["review"])
        return self._review(number).text[int(entry["start"]) : int(entry["end"])]

    def quote(self, first: int, last: int, *, label: int, score: float) -> Quote:
        """Return the sentences from one row to another, of one paragraph, as a quote with its citation."""
        passage = self.passage(int(self.sentence_table[first]["passage"]))
        review = self.review(passage.review)
        start, end = int(self.sentence_table[first]["start"]), int(self.sentence_table[last]["end"])
        return Quote(
            label=label,
            text=review.text[start:end],
            review=review.slug,
            title=review.title,
            section=passage.section,
            heading=review.section(passage.section).heading,
            paragraph=passage.paragraph,
            start=start,
            end=end,
            score=score,
            collection=passage.collection,
        )

    def _read_vectors(self, passages: tuple[int, int], sentences: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        return (
            self.sentence_vectors.rows(*sentences),
            self.pair_vectors.rows(*sentences),
            self.passage_vectors.rows(*passages),
        )

    def _review(self, number: int) -> Review:
        try:
            return self._reviews.get(number)
        except (ValueError, KeyError, TypeError) as error:
            slug = self.entry.reviews[number].slug
            raise IndexDamagedError(f"{slug}: The indexed review can't be read ({error}). {REBUILD}") from error
