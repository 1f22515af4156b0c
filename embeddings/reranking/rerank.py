"""The closest sentences read again, with their neighbours, by the reranker: which of them answer the question?

The ranking knows what a sentence is about; the reranker, whether it answers. Both order the sentences, each in standard
scores over those that were read, since their raw scores have no common scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings.config import RERANKER_CHARACTERS, RERANKER_WINDOW_CHARACTERS, RERANKER_WINDOW_SENTENCES
from embeddings.index.collection import CollectionIndex
from embeddings.records import NO_RERANKER, SHIPPED, Hit, ScoredSentence
from embeddings.reranking.reranker import OnnxReranker, Reranker
from embeddings.retrieval.fusion import RankedSentence


@dataclass(frozen=True, slots=True)
class Reranked:
    """The sentences in the order of quoting, and how sure the reranker is of the one it is surest of.

    Attributes:
        sentences: those that were read first, scored in [1, 2]; the others behind them, as they stood.
        best: None where nothing was read.
        scale: what the ranking's score of a sentence that was not read is divided by, to stand behind.
    """

    sentences: tuple[RankedSentence, ...]
    best: float | None
    scale: float = 1.0

    def within(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The passages as they are, their sentences in the order of quoting."""
        scores = {_place(sentence): sentence.score for sentence in self.sentences}
        return tuple(replace(hit, sentences=tuple(self._ordered(hit, scores))) for hit in hits)

    def _ordered(self, hit: Hit, scores: Mapping[tuple[str, str, int], float]) -> list[ScoredSentence]:
        scored = [
            replace(
                sentence,
                score=scores.get((hit.collection, hit.review, sentence.start), sentence.score / self.scale),
            )
            for sentence in hit.sentences
        ]
        return sorted(scored, key=lambda sentence: (-sentence.score, sentence.start))


def _place(sentence: RankedSentence) -> tuple[str, str, int]:
    """Where a sentence starts: its collection, its review, and the offset."""
    row = sentence.index.sentence_table[sentence.row]
    passage = sentence.index.passage(int(row["passage"]))
    return passage.collection, passage.review, int(row["start"])


@dataclass(frozen=True, slots=True)
class _Window:
    """Consecutive rows of one passage, half open."""

    index: CollectionIndex
    first: int
    end: int


def rerank(question: str, sentences: Sequence[RankedSentence], reranker: Reranker, share: float) -> Reranked:
    """Read the best sentences again and put them in order.

    Args:
        question: what is asked, misspellings put right.
        sentences: what was found, best first.
        reranker: reads them.
        share: the reranker's share of the order; 0 leaves it as it was.
    """
    windows = _windows(sentences)
    texts = [[window.index.sentence(row) for row in range(window.first, window.end)] for window in windows]
    scores = {
        (id(window.index), row): score
        for window, read in zip(windows, reranker.read(question, texts), strict=True)
        for row, score in zip(range(window.first, window.end), read, strict=True)
        if np.isfinite(score)
    }
    read = [sentence for sentence in sentences if (id(sentence.index), sentence.row) in scores]
    if not read:
        return Reranked(tuple(sentences), None)
    sure = np.array([scores[id(sentence.index), sentence.row] for sentence in read])
    close = np.array([sentence.score for sentence in read])
    fused = share * _standard(sure) + (1 - share) * _standard(close)
    # What was not read stands behind what was, as it stood.
    scaled = 1.0 + (fused - fused.min()) / max(float(np.ptp(fused)), 1e-9)
    scale = max(1e-9, *(sentence.score for sentence in sentences))
    rest = [sentence for sentence in sentences if (id(sentence.index), sentence.row) not in scores]
    ordered = sorted(
        [replace(sentence, score=float(score)) for sentence, score in zip(read, scaled, strict=True)]
        + [replace(sentence, score=sentence.score / scale) for sentence in rest],
        key=lambda sentence: -sentence.score,
    )
    return Reranked(tuple(ordered), float(sure.max()), scale)


def _windows(sentences: Sequence[RankedSentence]) -> list[_Window]:
    """What is read: the best sentences with their neighbours, until enough is."""
    windows: list[_Window] = []
    taken: set[tuple[int, int]] = set()
    characters = 0
    for sentence in sentences:
        if characters >= RERANKER_CHARACTERS:
            break
        if (id(sentence.index), sentence.row) in taken:
            continue
        window, length = _window(sentence, taken)
        taken.update((id(window.index), row) for row in range(window.first, window.end))
        windows.append(window)
        characters += length
    return windows


def _window(sentence: RankedSentence, taken: set[tuple[int, int]]) -> tuple[_Window, int]:
    """A sentence with as many neighbours of its passage as fit, the one before it first; and its length."""
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


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard scores; a list that says nothing (all alike) becomes zeros."""
    spread = float(values.std())
    if spread < 1e-9:
        return np.zeros_like(values)
    standard: NDArray[np.float64] = (values - values.mean()) / spread
    return standard


def open_reranker(wanted: str) -> Reranker | None:
    """The reranker of that name, as `Library.open` takes it; None for `NO_RERANKER`.

    Raises:
        ReaderError: it can't be opened.
    """
    if wanted == NO_RERANKER:
        return None
    if wanted == SHIPPED:
        return OnnxReranker.open()
    # Here, for it imports PyTorch: a cost for those who name a model of their own.
    from embeddings.reranking.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker.load(wanted)
