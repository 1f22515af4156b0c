"""Ranked sentences to an answer: which are quoted, their citations, and the state of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from embeddings.answering.calibration import Thresholds
from embeddings.config import MAX_QUOTE_SENTENCES, MAX_QUOTES, MIN_QUOTE_WORDS, QUOTE_CANDIDATES, QUOTE_GAP
from embeddings.documents.analyzer import words
from embeddings.index.collection import CollectionIndex
from embeddings.lexicon import QUOTE_POINTING_WORDS
from embeddings.records import Answer, Quote, State
from embeddings.retrieval.fusion import RankedSentence


def make_answer(question: str, quotes: tuple[Quote, ...], confidence: float, thresholds: Thresholds) -> Answer:
    """Return the answer with the quotes that `choose_quotes` chose and the state that the confidence allows."""
    state = state_at(confidence, thresholds)
    if state is State.UNANSWERED or not quotes:
        return Answer(question, State.UNANSWERED, confidence, ())
    return Answer(question, state, confidence, quotes)


def state_at(confidence: float, thresholds: Thresholds) -> State:
    """Return the state that a confidence allows."""
    if confidence >= thresholds.answered:
        return State.ANSWERED
    return State.NEAREST if confidence >= thresholds.nearest else State.UNANSWERED


def choose_quotes(sentences: Sequence[RankedSentence]) -> tuple[Quote, ...]:
    """Return the quotes of the sentences, both best first.

    Neighbours share a quote. Another quote begins only if its sentence is nearly as good as the best one, and a fourth
    never does. A quote that would begin with "She" or "This", or have fewer than four words, takes in the sentence
    before. One that says little even so, as it has fewer than four words or ends with a colon, is left out if there is
    another.
    """
    runs: list[list[RankedSentence]] = []
    for sentence in islice(_distinct(sentences), QUOTE_CANDIDATES):
        beside = [run for run in runs if any(_are_neighbours(sentence, other) for other in run)]
        if not beside:
            if runs and (len(runs) == MAX_QUOTES or sentence.score < sentences[0].score - QUOTE_GAP):
                continue
            runs.append([sentence])
        elif 1 + sum(map(len, beside)) <= MAX_QUOTE_SENTENCES:
            # The sentence may close the gap between two quotes: they become one, in the better one's place.
            beside[0].append(sentence)
            for run in beside[1:]:
                beside[0].extend(run)
                runs.remove(run)
    quoted = {(id(sentence.index), sentence.row) for run in runs for sentence in run}
    spans = [_span(run, quoted) for run in runs]
    telling = [
        number for number, (first, last) in enumerate(spans) if not _says_little(runs[number][0].index, first, last)
    ]
    return tuple(
        runs[number][0].index.quote(*spans[number], label=label, score=max(each.score for each in runs[number]))
        for label, number in enumerate(telling or range(min(1, len(runs))), start=1)
    )


def _distinct(sentences: Iterable[RankedSentence]) -> Iterator[RankedSentence]:
    """Yield the sentences without those that repeat a better one word for word."""
    texts: set[str] = set()
    for sentence in sentences:
        text = sentence.index.sentence(sentence.row).casefold()
        if text not in texts:
            texts.add(text)
            yield sentence


def _are_neighbours(one: RankedSentence, other: RankedSentence) -> bool:
    return (
        one.index is other.index and abs(one.row - other.row) == 1 and _share_paragraph(one.index, one.row, other.row)
    )


def _share_paragraph(index: CollectionIndex, one: int, other: int) -> bool:
    place, beside = (index.passage_table[index.sentence_table[row]["passage"]] for row in (one, other))
    return all(place[part] == beside[part] for part in ("review", "section", "paragraph"))


def _span(run: Sequence[RankedSentence], quoted: AbstractSet[tuple[int, int]]) -> tuple[int, int]:
    """Return the first and the last row of a quote, with the sentence before if it can't be understood alone."""
    index = run[0].index
    rows = [sentence.row for sentence in run]
    first, last = min(rows), max(rows)
    if (
        len(rows) < MAX_QUOTE_SENTENCES
        and (_points_back(index.sentence(first)) or _is_short(index, first, last))
        and (id(index), first - 1) not in quoted
        and first > 0
        and _share_paragraph(index, first - 1, first)
    ):
        first -= 1
    return first, last


def _points_back(sentence: str) -> bool:
    return not QUOTE_POINTING_WORDS.isdisjoint(words(sentence)[:1])


def _is_short(index: CollectionIndex, first: int, last: int) -> bool:
    """Return True if a quote has too few words. One in a script without capitals may have no spaces, and never has."""
    text = index.sentence(first)
    return first == last and len(text.split()) < MIN_QUOTE_WORDS and text.lower() != text.upper()


def _says_little(index: CollectionIndex, first: int, last: int) -> bool:
    return _is_short(index, first, last) or index.sentence(last).endswith((":", "："))
