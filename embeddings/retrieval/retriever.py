"""The candidates of a question: all sentences of a small scope, each source's closest in a large one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_REPEATED_CANDIDATES, RankingSettings
from embeddings.documents.analyzer import Forms, terms, words
from embeddings.errors import REBUILD, IndexDamagedError
from embeddings.index.bm25 import BM25Index
from embeddings.index.collection import CollectionIndex, Digests
from embeddings.index.vectors import Vectors

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

# Vectors are stored as 16-bit floats, so their lengths may differ from 1 by some thousandths.
_LARGEST_COSINE = 1.01


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question as the ranking sees it: its unit vector (d,) and the terms of each of its words."""

    vector: Floats
    words: tuple[Forms, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of all words."""
        return tuple(chain.from_iterable(self.words))


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search: half-open ranges of a collection's rows, of one review or of all."""

    index: CollectionIndex
    passages: tuple[int, int]
    sentences: tuple[int, int]

    @classmethod
    def of_collection(cls, index: CollectionIndex) -> Scope:
        """Return the scope of a whole collection."""
        return cls(index, (0, len(index.passage_table)), (0, len(index.sentence_table)))

    @classmethod
    def of_review(cls, index: CollectionIndex, slug: str) -> Scope:
        """Return the scope of one review. Raises KeyError if the collection has no review of that slug."""
        entry = index.entry_of(slug)
        if entry is None:
            raise KeyError(slug)
        return cls(index, entry.passages, entry.sentences)

    @property
    def reviews(self) -> range:
        """The numbers of the reviews."""
        return self.index.reviews_in(self.passages)

    def without(self, others: Sequence[Scope]) -> list[Scope]:
        """Return the parts of the scope that no other scope has. The others are whole reviews."""
        inside = sorted((other.passages, other.sentences) for other in others if other.index is self.index)
        starts = [(self.passages[0], self.sentences[0]), *((passages[1], end[1]) for passages, end in inside)]
        ends = [*((passages[0], start[0]) for passages, start in inside), (self.passages[1], self.sentences[1])]
        return [
            Scope(self.index, (start[0], end[0]), (start[1], end[1]))
            for start, end in zip(starts, ends, strict=True)
            if start[0] < end[0]
        ]

    def has_in_text(self, term: str) -> bool:
        """Return True if a stemmed term is in the texts."""
        return self.index.passage_terms.contains(term, *self.passages)

    def has_phrase(self, phrase: str) -> bool:
        """Return True if a passage has the words of a phrase in their order."""
        wanted = f" {' '.join(words(phrase))} "
        rows = self.index.passage_terms.texts_with(tuple(dict.fromkeys(terms(phrase))), *self.passages)
        return any(wanted in f" {' '.join(words(self.index.passage_text(row)))} " for row in rows.tolist())

    def mentions(self, term: str) -> bool:
        """Return True if a stemmed term is in the texts, titles or aliases; for one review also in work and author."""
        if self.has_in_text(term):
            return True
        reviews = self.reviews
        if self.index.title_terms.contains(term, reviews.start, reviews.stop):
            return True
        if len(reviews) != 1:
            return False
        review = self.index.review(self.index.entry.reviews[reviews.start].slug)
        return any(term in terms(name) for name in (review.work, review.author) if name is not None)


def languages_of(indexes: Iterable[CollectionIndex]) -> tuple[str, ...]:
    """Return the codes of all languages but English in which collections have reviews."""
    return tuple(dict.fromkeys(language for index in indexes for language in index.languages))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of one scope with their raw scores. `owner` is each sentence's position in `passages`."""

    scope: Scope
    passages: Rows
    sentences: Rows
    owner: Rows
    passage_cosine: Floats
    sentence_cosine: Floats
    pair_cosine: Floats
    passage_bm25: Floats
    sentence_bm25: Floats

    @property
    def index(self) -> CollectionIndex:
        """The collection."""
        return self.scope.index

    def are_sound(self) -> bool:
        """Return True if every score is possible: cosines within [-1, 1] but for rounding, BM25 finite."""
        cosines = self.passage_cosine, self.sentence_cosine, self.pair_cosine
        return all(bool((np.abs(scores) <= _LARGEST_COSINE).all()) for scores in cosines) and all(
            bool(np.isfinite(scores).all()) for scores in (self.passage_bm25, self.sentence_bm25)
        )


def retrieve(query: SearchQuery, scopes: Sequence[Scope], settings: RankingSettings) -> list[Candidates]:
    """Return each scope's candidates with exact scores. Scores that no sound index gives raise `IndexDamagedError`."""
    return [_candidates(query, scope, settings) for scope in scopes]


def best_cosine(candidates: Sequence[Candidates]) -> float:
    """Return the cosine of the sentence closest to the question; 0 if there is no sentence."""
    return max((float(part.sentence_cosine.max(initial=0.0)) for part in candidates), default=0.0)


def _candidates(query: SearchQuery, scope: Scope, settings: RankingSettings) -> Candidates:
    # numpy would warn of each damaged value; the check below refuses them with one error.
    with np.errstate(all="ignore"):
        if scope.sentences[1] - scope.sentences[0] <= settings.exact:
            found = _everything(query, scope)
        else:
            found = _closest(query, scope, settings.candidates)
        if not found.are_sound():
            raise IndexDamagedError(
                f"{scope.index.directory}: The index is damaged (it gives impossible scores). {REBUILD}"
            )
    return found


def _everything(query: SearchQuery, scope: Scope) -> Candidates:
    """Score every row of a scope."""
    index = scope.index
    sentence_vectors, pair_vectors, passage_vectors = index.vectors_in(scope.passages, scope.sentences)
    return Candidates(
        scope=scope,
        passages=np.arange(*scope.passages),
        sentences=np.arange(*scope.sentences),
        owner=index.sentence_table["passage"][slice(*scope.sentences)].astype(np.int64) - scope.passages[0],
        # A matrix product would take all cores where there are many rows, and then wait for them.
        passage_cosine=np.vecdot(passage_vectors, query.vector),
        sentence_cosine=np.vecdot(sentence_vectors, query.vector),
        pair_cosine=np.vecdot(pair_vectors, query.vector),
        passage_bm25=index.passage_terms.scores(query.terms, *scope.passages),
        sentence_bm25=index.sentence_terms.scores(query.terms, *scope.sentences),
    )


def _closest(query: SearchQuery, scope: Scope, k: int) -> Candidates:
    """Score the union of each source's closest k distinct texts."""
    index = scope.index
    sentence_digests, _, passage_digests = index.digests_by_kind

    def closest(vectors: Vectors, bm25: BM25Index, digests: Digests, rows: tuple[int, int]) -> Rows:
        near = _distinct(lambda k: vectors.nearest(query.vector, k, *rows), digests, k)
        return np.concatenate([near, _distinct(lambda k: bm25.top(query.terms, k, *rows), digests, k)])

    found = closest(index.sentence_vectors, index.sentence_terms, sentence_digests, scope.sentences)
    nearby = closest(index.passage_vectors, index.passage_terms, passage_digests, scope.passages)
    passages = np.unique(np.concatenate([nearby, index.sentence_table["passage"][found]])).astype(np.int64)
    table = index.passage_table[passages]
    # Every sentence of a candidate passage is a candidate, so that its best sentence is its best.
    counts = table["end_sentence"] - table["first_sentence"]
    owner = np.repeat(np.arange(len(passages)), counts)
    sentences = np.arange(len(owner)) + np.repeat(table["first_sentence"] - (np.cumsum(counts) - counts), counts)
    return Candidates(
        scope=scope,
        passages=passages,
        sentences=sentences,
        owner=owner,
        passage_cosine=index.passage_vectors.cosines(query.vector, passages),
        sentence_cosine=index.sentence_vectors.cosines(query.vector, sentences),
        pair_cosine=index.pair_vectors.cosines(query.vector, sentences),
        passage_bm25=index.passage_terms.scores_of(query.terms, passages),
        sentence_bm25=index.sentence_terms.scores_of(query.terms, sentences),
    )


def _distinct(search: Callable[[int], Rows], digests: Digests, k: int) -> Rows:
    """Return the rows of a search for k. If most of them repeat a text, search for more and return each text once."""
    wanted, rows = k, search(k)
    while len(rows) == wanted < MAX_REPEATED_CANDIDATES and 2 * len(np.unique(digests[rows, 0])) < k:
        wanted = min(4 * wanted, MAX_REPEATED_CANDIDATES)
        rows = search(wanted)
    if wanted == k:
        return rows
    _, first = np.unique(digests[rows, 0], return_index=True)
    return rows[np.sort(first)]
