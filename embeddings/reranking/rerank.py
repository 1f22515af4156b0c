"""Score the best sentences again with the reranker, in windows with their neighbours.

The ranking knows what a sentence is about, the reranker whether it answers. Both decide the order, each in standard
scores over the scored sentences, because their raw scores have no common scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings.config import RERANKER_CHARACTERS, RERANKER_WINDOW_CHARACTERS, RERANKER_WINDOW_SENTENCES
from embeddings.documents.analyzer import compose
from embeddings.index.collection import CollectionIndex
from embeddings.records import NO_RERANKER, SHIPPED, Hit
from embeddings.reranking.reranker import OnnxReranker, Reranker
from embeddings.retrieval.fusion import RankedSentence

# A spread of scores below this is rounding.
_SMALLEST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Reranked:
    """The sentences in the order of quotes."""

    # First those that were scored, with scores in [1, 2]; then the others in their old order.
    sentences: tuple[RankedSentence, ...]
    best: float | None  # the reranker's highest raw score; None if it scored nothing
    scale: float = 1.0  # what the old scores of the other sentences are divided by, so that they come after

    def reorder(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Return the passages in their order, with their sentences in the order of quotes."""
        scores = {_place(sentence): sentence.score for sentence in self.sentences}

        def reordered(hit: Hit) -> Hit:
            rescored = (
                replace(
                    sentence,
                    score=scores.get((hit.collection, hit.review, sentence.start), sentence.score / self.scale),
                )
                for sentence in hit.sentences
            )
            return replace(hit, sentences=tuple(sorted(rescored, key=lambda found: (-found.score, found.start))))

        return tuple(map(reordered, hits))


@dataclass(frozen=True, slots=True)
class _Window:
    """Consecutive sentences of one passage, by half-open rows."""

    index: CollectionIndex
    first: int
    end: int

    @property
    def rows(self) -> range:
        return range(self.first, self.end)


def open_reranker(name: str) -> Reranker | None:
    """Return the reranker of that name, as `Library.open` takes it; None for `NO_RERANKER`.

    Raises:
        RerankerError: it can't be opened.
    """
    if name == NO_RERANKER:
        return None
    if name == SHIPPED:
        return OnnxReranker.open()
    # Imported here because it imports PyTorch, which only a model of the user's own needs.
    from embeddings.reranking.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker.load(name)


def rerank(question: str, sentences: Sequence[RankedSentence], reranker: Reranker, share: float) -> Reranked:
    """Score the best sentences again for a question, which has the question before it in front, and sort them.

    The reranker has that `share` of the order, in [0, 1]; 0 leaves it as it is.
    """
    windows = _windows(sentences)
    texts = [[compose(window.index.sentence(row)) for row in window.rows] for window in windows]
    scores = {
        (id(window.index), row): score
        for window, scored in zip(windows, reranker.score(question, texts), strict=True)
        for row, score in zip(window.rows, scored, strict=True)
        if np.isfinite(score)
    }
    scored = [sentence for sentence in sentences if (id(sentence.index), sentence.row) in scores]
    if not scored:
        return Reranked(tuple(sentences), None)
    new = np.array([scores[id(sentence.index), sentence.row] for sentence in scored])
    old = np.array([sentence.score for sentence in scored])
    fused = share * _standard_scores(new) + (1 - share) * _standard_scores(old)
    scaled = 1.0 + (fused - fused.min()) / max(float(np.ptp(fused)), _SMALLEST_SPREAD)
    scale = max(_SMALLEST_SPREAD, *(sentence.score for sentence in sentences))
    others = [sentence for sentence in sentences if (id(sentence.index), sentence.row) not in scores]
    ordered = sorted(
        [replace(sentence, score=float(score)) for sentence, score in zip(scored, scaled, strict=True)]
        + [replace(sentence, score=sentence.score / scale) for sentence in others],
        key=lambda sentence: -sentence.score,
    )
    return Reranked(tuple(ordered), float(new.max()), scale)


def _place(sentence: RankedSentence) -> tuple[str, str, int]:
    """Return a sentence's collection, its review, and where it starts."""
    row = sentence.index.sentence_table[sentence.row]
    passage = sentence.index.passage(int(row["passage"]))
    return passage.collection, passage.review, int(row["start"])


def _windows(sentences: Sequence[RankedSentence]) -> list[_Window]:
    """Return the windows of the best sentences, until they have `RERANKER_CHARACTERS`."""
    windows: list[_Window] = []
    taken: set[tuple[int, int]] = set()
    characters = 0
    for sentence in sentences:
        if characters >= RERANKER_CHARACTERS:
            break
        if (id(sentence.index), sentence.row) in taken:
            continue
        window, length = _window(sentence, taken)
        taken.update((id(window.index), row) for row in window.rows)
        windows.append(window)
        characters += length
    return windows


def _window(sentence: RankedSentence, taken: set[tuple[int, int]]) -> tuple[_Window, int]:
    """Return a sentence with the neighbours of its passage that fit, the one before it first, and its characters."""
    index = sentence.index
    passage = index.passage_table[index.sentence_table[sentence.row]["passage"]]
    low, high = int(passage["first_sentence"]), int(passage["end_sentence"])
    first, end = sentence.row, sentence.row + 1
    length = len(index.sentence(sentence.row))
    grown = True
    while grown and end - first < RERANKER_WINDOW_SENTENCES:
        grown = False
        for row in (first - 1, end):
            if not low <= row < high or (id(index), row) in taken or end - first == RERANKER_WINDOW_SENTENCES:
                continue
            added = len(index.sentence(row)) + 1
            if length + added <= RERANKER_WINDOW_CHARACTERS:
                first, end, length, grown = min(first, row), max(end, row + 1), length + added, True
    return _Window(index, first, end), length


def _standard_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale to mean 0 and standard deviation 1. A constant list becomes zeros."""
    deviation = float(values.std())
    if deviation < _SMALLEST_SPREAD:
        return np.zeros_like(values)
    standard: NDArray[np.float64] = (values - values.mean()) / deviation
    return standard
