"""TBD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.config import RankingSettings
from embeddings.documents.analyzer import terms
from embeddings.errors import IndexDamagedError
from embeddings.index.collection import CollectionIndex

Floats = NDArray[np.float32]


Rows = NDArray[np.int64]


# Vectors are stored as 16-bit floats, so that their lengths may be some thousandths off one.
_LARGEST_COSINE = 1.01


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question as the ranking sees it: its unit vector (d,) and its stemmed terms."""

    vector: Floats
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: a collection's rows, half open. A review's rows, or all."""

    index: CollectionIndex
    passages: tuple[int, int]
    sentences: tuple[int, int]

    @classmethod
    def whole(cls, index: CollectionIndex) -> Scope:
        """All of a collection."""
        return cls(index, (0, len(index.passage_table)), (0, len(index.sentence_table)))

    def holds(self, term: str) -> bool:
        """Whether a stemmed term occurs in the texts or the names of what is in scope; of one review, in all names."""
        if self.index.passage_terms.contains(term, *self.passages):
            return True
        reviews = self.index.reviews_in(self.passages)
        if self.index.title_terms.contains(term, reviews.start, reviews.stop):
            return True
        if len(reviews) != 1:
            return False
        review = self.index.review(self.index.entry.reviews[reviews.start].slug)
        return any(term in terms(name) for name in (review.work, review.author) if name is not None)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of one scope with their raw scores; `owner` says which of `passages` a sentence is in."""

    index: CollectionIndex
    passages: Rows
    sentences: Rows
    owner: Rows
    passage_cosine: Floats
    sentence_cosine: Floats
    pair_cosine: Floats
    passage_bm25: Floats
    sentence_bm25: Floats

    def are_sound(self) -> bool:
        """Whether every score can be one: a cosine within [-1, 1] but for its rounding, BM25 of any size."""
        cosines = self.passage_cosine, self.sentence_cosine, self.pair_cosine
        return all(bool((np.abs(scores) <= _LARGEST_COSINE).all()) for scores in cosines) and all(
            bool(np.isfinite(scores).all()) for scores in (self.passage_bm25, self.sentence_bm25)
        )


def candidates(query: SearchQuery, scope: Scope, settings: RankingSettings) -> Candidates:
    """Return the sentences to score: all of a small scope, the best of each source in a large one."""
    # Of damaged files numpy would warn, line by line; what comes of them is refused in one.
    with np.errstate(all="ignore"):
        found = _gathered(query, scope, settings)
        if not found.are_sound():
            raise IndexDamagedError(
                f"{scope.index.directory}: the index is damaged (it gives scores that can't be); "
                "run `review-bot index --rebuild`"
            )
    return found


def _gathered(query: SearchQuery, scope: Scope, settings: RankingSettings) -> Candidates:
    index = scope.index
    if scope.sentences[1] - scope.sentences[0] <= settings.exact:
        sentence_vectors, pair_vectors, passage_vectors = index.vectors_in(scope.passages, scope.sentences)
        passages = np.arange(*scope.passages)
        sentences = np.arange(*scope.sentences)
        return Candidates(
            index=index,
            passages=passages,
            sentences=sentences,
            owner=index.sentence_table["passage"][slice(*scope.sentences)].astype(np.int64) - scope.passages[0],
            # Not as a matrix product, which takes all cores where there are many rows, and then waits for them.
            passage_cosine=np.vecdot(passage_vectors, query.vector),
            sentence_cosine=np.vecdot(sentence_vectors, query.vector),
            pair_cosine=np.vecdot(pair_vectors, query.vector),
            passage_bm25=index.passage_terms.scores(query.terms, *scope.passages),
            sentence_bm25=index.sentence_terms.scores(query.terms, *scope.sentences),
        )
    return _closest(query, scope, settings.candidates)


def _closest(query: SearchQuery, scope: Scope, k: int) -> Candidates:
    """The union of each source's closest k, all with exact scores."""
    index = scope.index
    found = np.concatenate(
        [
            index.sentence_vectors.nearest(query.vector, k, *scope.sentences),
            index.sentence_terms.top(query.terms, k, *scope.sentences),
        ]
    )
    passages = np.unique(
        np.concatenate(
            [
                index.passage_vectors.nearest(query.vector, k, *scope.passages),
                index.passage_terms.top(query.terms, k, *scope.passages),
                index.sentence_table["passage"][found],
            ]
        )
    ).astype(np.int64)
    table = index.passage_table[passages]
    # Every sentence of a candidate passage is a candidate, so that its best sentence is its best.
    counts = table["end_sentence"] - table["first_sentence"]
    owner = np.repeat(np.arange(len(passages)), counts)
    sentences = np.arange(len(owner)) + np.repeat(table["first_sentence"] - (np.cumsum(counts) - counts), counts)
    return Candidates(
        index=index,
        passages=passages,
        sentences=sentences,
        owner=owner,
        passage_cosine=index.passage_vectors.cosines(query.vector, passages),
        sentence_cosine=index.sentence_vectors.cosines(query.vector, sentences),
        pair_cosine=index.pair_vectors.cosines(query.vector, sentences),
        passage_bm25=index.passage_terms.scores_of(query.terms, passages),
        sentence_bm25=index.sentence_terms.scores_of(query.terms, sentences),
    )
