"""Scores to ranked passages and sentences: one fusion, one meaning of score.

    passage   = .7 minmax(mean(passage, best sentence)) + .3 minmax(BM25)
    sentence  = .8 minmax(mean(sentence, previous + sentence)) + .2 minmax(BM25) + .25 passage score

The dense terms are cosines with the question. Min-max runs over the candidates: everything in scope where that is
little, else the union of each source's closest. A score orders the hits of one question and means nothing across
questions; the confidence is made of `Ranking.best_cosine` and its kin, which are raw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexDamagedError
from embeddings.index import CollectionIndex
from embeddings.lexical import terms
from embeddings.records import Hit, ScoredSentence

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


# Equal vectors' cosines may differ in their last bits (2^-24), by where in the product they stand.
_ALIKE = 1e-6

# Vectors are stored as 16-bit floats, so that their lengths may be some thousandths off one.
_LARGEST_COSINE = 1.01


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """The weights of the fusion, and how many candidates it sees.

    Attributes:
        passage_lexical: BM25's share of a passage's score; the dense part has the rest.
        best_sentence: the best sentence's share of a passage's dense part; the whole passage has the rest.
        sentence_lexical: BM25's share of a sentence's score; the dense part has the rest.
        pair: the share that a sentence with the one before it has of the sentence's dense part.
        sentence_passage: how much of its passage's score a sentence is given on top.
        exact: up to how many sentences in scope all are candidates.
        candidates: how many of each source are, where there are more.
        reader_share: the reader's share of the order of quoting, where one takes part; this ranking has the rest.

    Raises:
        ValueError: a weight or a number is out of its range.
    """

    passage_lexical: float = 0.3
    best_sentence: float = 0.5
    sentence_lexical: float = 0.2
    pair: float = 0.5
    sentence_passage: float = 0.25
    exact: int = 4096
    candidates: int = 200
    reader_share: float = 0.4

    def __post_init__(self) -> None:
        for name in ("passage_lexical", "best_sentence", "sentence_lexical", "pair", "reader_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, from 0 to 1, not {getattr(self, name)}")
        if not 0 <= self.sentence_passage < math.inf:
            raise ValueError(f"sentence_passage is 0 or more, not {self.sentence_passage}")
        if self.exact < 0 or self.candidates < 1:
            raise ValueError(f"exact is 0 or more and candidates 1 or more, not {self.exact} and {self.candidates}")


@dataclass(frozen=True, slots=True)
class Query:
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
        if self.index.passage_terms.holds(term, *self.passages):
            return True
        reviews = self.index.within(self.passages)
        if self.index.name_terms.holds(term, reviews.start, reviews.stop):
            return True
        if len(reviews) != 1:
            return False
        review = self.index.review(self.index.entry.reviews[reviews.start].slug)
        return any(term in terms(name) for name in (review.work, review.author) if name is not None)


@dataclass(frozen=True, slots=True)
class _Candidates:
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


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence in the order of quoting.

    Attributes:
        index: the collection that it is in.
        row: its row there.
        score: its fused score.
        cosine: its raw cosine with the question.
    """

    index: CollectionIndex
    row: int
    score: float
    cosine: float


class Ranking:
    """The passages and sentences of some scopes, scored for one question."""

    def __init__(self, candidates: Sequence[_Candidates], settings: RankingSettings) -> None:
        self._candidates = candidates
        passage_cosine = _joined([part.passage_cosine for part in candidates])
        sentence_cosine = _joined([part.sentence_cosine for part in candidates])
        pair_cosine = _joined([part.pair_cosine for part in candidates])
        counts = [len(part.passages) for part in candidates]
        self._first_passage = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        owner: Rows = np.concatenate(
            [part.owner + first for part, first in zip(candidates, self._first_passage[:-1], strict=True)]
            or [np.zeros(0, np.int64)]
        )
        best = np.full(len(passage_cosine), -1.0, np.float32)
        np.maximum.at(best, owner, sentence_cosine)
        # A passage whose sentences are no candidates is judged by itself.
        best = np.where(best < -0.999, passage_cosine, best)
        dense = (1 - settings.best_sentence) * passage_cosine + settings.best_sentence * best
        self._passage_score = (1 - settings.passage_lexical) * _min_max(dense) + settings.passage_lexical * _min_max(
            _joined([part.passage_bm25 for part in candidates])
        )
        self._sentence_score = (
            (1 - settings.sentence_lexical)
            * _min_max((1 - settings.pair) * sentence_cosine + settings.pair * pair_cosine)
            + settings.sentence_lexical * _min_max(_joined([part.sentence_bm25 for part in candidates]))
            + settings.sentence_passage * self._passage_score[owner]
        )
        self._owner = owner
        self._sentence_cosine = sentence_cosine
        self._pair_cosine = pair_cosine
        self._passage_cosine = passage_cosine

    @property
    def best_cosine(self) -> float:
        """The cosine of the sentence closest to the question; 0 where there is none."""
        return float(self._sentence_cosine.max(initial=0.0))

    def hits(self, k: int) -> tuple[Hit, ...]:
        """The k best passages, each with its candidate sentences, best first."""
        return tuple(self._hit(int(place)) for place in _best(self._passage_score, k))

    def sentences(self, k: int) -> tuple[RankedSentence, ...]:
        """The k best sentences, best first."""
        first = np.concatenate([[0], np.cumsum([len(part.sentences) for part in self._candidates])])
        ranked = []
        for place in _best(self._sentence_score, k):
            part = int(np.searchsorted(first, place, side="right")) - 1
            ranked.append(
                RankedSentence(
                    index=self._candidates[part].index,
                    row=int(self._candidates[part].sentences[place - first[part]]),
                    score=float(self._sentence_score[place]),
                    cosine=float(self._sentence_cosine[place]),
                )
            )
        return tuple(ranked)

    def _hit(self, place: int) -> Hit:
        part = int(np.searchsorted(self._first_passage, place, side="right")) - 1
        candidates = self._candidates[part]
        passage = candidates.index.passage(int(candidates.passages[place - self._first_passage[part]]))
        offset = sum(len(earlier.sentences) for earlier in self._candidates[:part])
        own = np.flatnonzero(candidates.owner == place - self._first_passage[part])
        table = candidates.index.sentence_table
        sentences = sorted(
            (
                ScoredSentence(
                    start=int(table[candidates.sentences[sentence]]["start"]),
                    end=int(table[candidates.sentences[sentence]]["end"]),
                    score=float(self._sentence_score[offset + sentence]),
                )
                for sentence in own
            ),
            key=lambda sentence: (-sentence.score, sentence.start),
        )
        return Hit(
            collection=passage.collection,
            review=passage.review,
            section=passage.section,
            paragraph=passage.paragraph,
            start=passage.start,
            end=passage.end,
            score=float(self._passage_score[place]),
            sentences=tuple(sentences),
        )


def rank(query: Query, scopes: Sequence[Scope], settings: RankingSettings) -> Ranking:
    """Score what stands in the scopes for a question.

    Raises:
        IndexDamagedError: there are scores that no sound index gives.
    """
    return Ranking([_candidates(query, scope, settings) for scope in scopes], settings)


def _candidates(query: Query, scope: Scope, settings: RankingSettings) -> _Candidates:
    # Of damaged files numpy would warn, line by line; what comes of them is refused in one.
    with np.errstate(all="ignore"):
        found = _gathered(query, scope, settings)
        if not found.are_sound():
            raise IndexDamagedError(
                f"{scope.index.directory}: the index is damaged (it gives scores that can't be); "
                "run `review-bot index --rebuild`"
            )
    return found


def _gathered(query: Query, scope: Scope, settings: RankingSettings) -> _Candidates:
    index = scope.index
    if scope.sentences[1] - scope.sentences[0] <= settings.exact:
        sentence_vectors, pair_vectors, passage_vectors = index.decoded(scope.passages, scope.sentences)
        passages = np.arange(*scope.passages)
        sentences = np.arange(*scope.sentences)
        return _Candidates(
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


def _closest(query: Query, scope: Scope, k: int) -> _Candidates:
    """The union of each source's closest k, all with exact scores."""
    index = scope.index
    found = np.concatenate(
        [
            index.sentence_vectors.nearest(query.vector, k, *scope.sentences),
            index.sentence_terms.best(query.terms, k, *scope.sentences),
        ]
    )
    passages = np.unique(
        np.concatenate(
            [
                index.passage_vectors.nearest(query.vector, k, *scope.passages),
                index.passage_terms.best(query.terms, k, *scope.passages),
                index.sentence_table["passage"][found],
            ]
        )
    ).astype(np.int64)
    table = index.passage_table[passages]
    # Every sentence of a candidate passage is a candidate, so that its best sentence is its best.
    counts = table["end_sentence"] - table["first_sentence"]
    owner = np.repeat(np.arange(len(passages)), counts)
    sentences = np.arange(len(owner)) + np.repeat(table["first_sentence"] - (np.cumsum(counts) - counts), counts)
    return _Candidates(
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


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _min_max(scores: Floats) -> Floats:
    """Scale to [0, 1]; a list that says nothing (all alike) becomes zeros."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    if high - low < _ALIKE:
        return np.zeros_like(scores)
    scaled: Floats = (scores - low) / (high - low)
    return scaled


def _best(scores: NDArray[np.floating[Any]], k: int) -> Rows:
    """The places of the k highest scores, highest first, ties in their order."""
    if k <= 0:
        return np.zeros(0, np.int64)
    if k < len(scores):
        # All that reach the k-th score, so that ties at the edge fall by their order.
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= edge)
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places], kind="stable")][:k].astype(np.int64)
