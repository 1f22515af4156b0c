"""Scores to ranked passages and sentences: one fusion, one meaning of score.

    passage   = .7 minmax(mean(passage, best sentence)) + .3 minmax(BM25)
    sentence  = .8 minmax(mean(sentence, previous + sentence)) + .2 minmax(BM25) + .25 passage score

The dense terms are cosines with the question. Min-max runs over the candidates. A score orders the hits of one question
and means nothing across questions, so the confidence uses raw cosines instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from embeddings.config import NEAR_DUPLICATE_COSINE, NEAR_DUPLICATE_WORDS, RankingSettings
from embeddings.documents.analyzer import compose, words
from embeddings.index.collection import CollectionIndex
from embeddings.lexicon import NEGATIONS, STOP_WORDS
from embeddings.records import Hit, ScoredSentence
from embeddings.retrieval.retriever import Candidates, Floats, Rows

# The cosines of equal vectors may differ in their last bits (2^-24), depending on their rows.
_ALIKE = 1e-6
_NAME_OR_NUMBER = re.compile(r"\b[A-ZÀ-ÖØ-Þ0-9]\w*")


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence in the order of quotes: a row of its collection, with its fused score."""

    index: CollectionIndex
    row: int
    score: float


class Ranking:
    """The passages and sentences of some scopes, with one fused score each for one question."""

    def __init__(self, candidates: Sequence[Candidates], settings: RankingSettings) -> None:
        self.candidates = candidates

        def joined(scores: str) -> Floats:
            return np.concatenate([np.zeros(0, np.float32), *(getattr(part, scores) for part in candidates)])

        passage_cosine, passage_bm25 = joined("passage_cosine"), joined("passage_bm25")
        sentence_cosine, sentence_bm25 = joined("sentence_cosine"), joined("sentence_bm25")
        pair_cosine = joined("pair_cosine")
        # Where the passages and the sentences of each scope begin among all.
        self._first_passage = np.cumsum([0, *(len(part.passages) for part in candidates)], dtype=np.int64)
        self._first_sentence = np.cumsum([0, *(len(part.sentences) for part in candidates)], dtype=np.int64)
        owners = [part.owner + first for part, first in zip(candidates, self._first_passage[:-1], strict=True)]
        owner: Rows = np.concatenate([np.zeros(0, np.int64), *owners])
        best = np.full(len(passage_cosine), -1.0, np.float32)
        np.maximum.at(best, owner, sentence_cosine)
        # A passage without candidate sentences has its own cosine alone.
        best = np.where(best < -0.999, passage_cosine, best)
        dense = (1 - settings.best_sentence) * passage_cosine + settings.best_sentence * best
        self._passage_score = _with_evidence(
            (1 - settings.passage_lexical) * _min_max(dense) + settings.passage_lexical * _min_max(passage_bm25),
            dense,
            passage_bm25,
        )
        self._sentence_score = _with_evidence(
            (1 - settings.sentence_lexical)
            * _min_max((1 - settings.pair) * sentence_cosine + settings.pair * pair_cosine)
            + settings.sentence_lexical * _min_max(sentence_bm25)
            + settings.sentence_passage * self._passage_score[owner],
            sentence_cosine,
            sentence_bm25,
        )

    def hits(self, k: int) -> tuple[Hit, ...]:
        """Return the k best passages that have evidence, each with its candidate sentences, best first."""
        places = _best(self._passage_score, k)
        return tuple(self._hit(int(place)) for place in places if np.isfinite(self._passage_score[place]))

    def sentences(self, k: int) -> tuple[RankedSentence, ...]:
        """Return the k best sentences that have evidence, best first, and of those that say the same only the best."""
        distinct = _DistinctSentences()
        taken = 0
        while len(distinct.sentences) < k and taken < len(self._sentence_score):
            # Most often the first of these blocks is enough.
            places = _best(self._sentence_score, max(k, 4 * taken))[taken:]
            taken += len(places)
            distinct.add(list(self._ranked(places)), k)
        return tuple(distinct.sentences)

    def _ranked(self, places: Rows) -> Iterator[RankedSentence]:
        """Yield the sentences of some places, up to the first without evidence."""
        for place in places:
            if not np.isfinite(self._sentence_score[place]):
                break
            part = int(np.searchsorted(self._first_sentence, place, side="right")) - 1
            candidates = self.candidates[part]
            row = int(candidates.sentences[place - self._first_sentence[part]])
            yield RankedSentence(candidates.index, row, float(self._sentence_score[place]))

    def _hit(self, place: int) -> Hit:
        part = int(np.searchsorted(self._first_passage, place, side="right")) - 1
        candidates = self.candidates[part]
        passage = candidates.index.passage(int(candidates.passages[place - self._first_passage[part]]))
        own = np.flatnonzero(candidates.owner == place - self._first_passage[part])
        scores = self._sentence_score[self._first_sentence[part] + own].tolist()
        rows = candidates.index.sentence_table[candidates.sentences[own]][["start", "end"]].tolist()
        sentences = sorted(
            (
                ScoredSentence(start, end, score)
                for (start, end), score in zip(rows, scores, strict=True)
                if np.isfinite(score)
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


class _DistinctSentences:
    """Sentences that don't say the same, in the order in which they were added."""

    def __init__(self) -> None:
        self.sentences: list[RankedSentence] = []
        self._vectors: list[Floats] = []
        self._digests: set[tuple[int, ...]] = set()

    def add(self, sentences: Sequence[RankedSentence], k: int) -> None:
        """Add sentences until there are k, except those that say the same as one before them."""
        new = []
        for sentence in sentences:
            digest = tuple(sentence.index.digests[sentence.row].tolist())
            if digest not in self._digests:
                self._digests.add(digest)
                new.append(sentence)
        if not new:
            return
        vectors = _vectors(new)
        near = [vectors @ vector >= NEAR_DUPLICATE_COSINE for vector in self._vectors]
        for place, sentence in enumerate(new):
            if len(self.sentences) == k:
                return
            close = (other for other, alike in zip(self.sentences, near, strict=True) if alike[place])
            text = sentence.index.sentence(sentence.row)
            if any(_say_the_same(text, other.index.sentence(other.row)) for other in close):
                continue
            self.sentences.append(sentence)
            self._vectors.append(vectors[place])
            near.append(vectors @ vectors[place] >= NEAR_DUPLICATE_COSINE)


def _vectors(sentences: Sequence[RankedSentence]) -> Floats:
    """Return the vectors of sentences: (len(sentences), d)."""
    by_index: dict[CollectionIndex, list[int]] = {}
    for place, sentence in enumerate(sentences):
        by_index.setdefault(sentence.index, []).append(place)
    parts = [
        index.sentence_vectors.gather(np.array([sentences[place].row for place in places]))
        for index, places in by_index.items()
    ]
    order = np.argsort([place for places in by_index.values() for place in places])
    return np.concatenate(parts)[order]


def _say_the_same(one: str, other: str) -> bool:
    """Return True if one sentence only adds to the other, and adds no name, number or negation."""
    found = words(one), words(other)
    if Indel.normalized_similarity(*found) < NEAR_DUPLICATE_WORDS:
        return False
    content, more = sorted((set(each) - (STOP_WORDS - NEGATIONS) for each in found), key=len)
    facts = NEGATIONS.union(words(" ".join(_NAME_OR_NUMBER.findall(compose(f"{one} {other}")))))
    return content <= more and not any(word in facts or word.endswith("n't") for word in more - content)


def _min_max(scores: Floats) -> Floats:
    """Scale to [0, 1]. A constant list becomes zeros."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    if high - low < _ALIKE:
        return np.zeros_like(scores)
    scaled: Floats = (scores - low) / (high - low)
    return scaled


def _with_evidence(scores: Floats, cosines: Floats, bm25: Floats) -> Floats:
    """Return the scores, minus infinity where a text that the encoder can't read has no term of the question either."""
    return np.where((cosines == 0) & (bm25 == 0), np.float32(-np.inf), scores)


def _best(scores: NDArray[np.floating[Any]], k: int) -> Rows:
    """Return the positions of the k highest scores, highest first, ties in their order."""
    if k <= 0:
        return np.zeros(0, np.int64)
    if k < len(scores):
        # Everything that reaches the k-th score, so that ties at the edge keep their order.
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= edge)
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places], kind="stable")][:k].astype(np.int64)
