"""Ranked sentences to an answer: which are quoted, their citations, and the state of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from embeddings.answering.calibration import Thresholds
from embeddings.config import MAX_QUOTE_SENTENCES, MAX_QUOTES, QUOTE_CANDIDATES
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
    """Return the quotes of the sentences, both best first. Neighbours share a quote; a fourth quote never begins."""
    runs: list[list[RankedSentence]] = []
    for sentence in islice(_distinct(sentences), QUOTE_CANDIDATES):
        beside = [run for run in runs if any(_are_neighbours(sentence, other) for other in run)]
        if not beside:
            if len(runs) == MAX_QUOTES:
                break
            runs.append([sentence])
        elif 1 + sum(map(len, beside)) <= MAX_QUOTE_SENTENCES:
            # The sentence may close the gap between two quotes: they become one, in the better one's place.
            beside[0].append(sentence)
            for run in beside[1:]:
                beside[0].extend(run)
                runs.remove(run)
    return tuple(_quote(label, run) for label, run in enumerate(runs, start=1))


def _distinct(sentences: Iterable[RankedSentence]) -> Iterator[RankedSentence]:
    """Yield the sentences without those that repeat a better one word for word."""
    texts: set[str] = set()
    for sentence in sentences:
        text = sentence.index.sentence(sentence.row).casefold()
        if text not in texts:
            texts.add(text)
            yield sentence


def _are_neighbours(one: RankedSentence, other: RankedSentence) -> bool:
    if one.index is not other.index or abs(one.row - other.row) != 1:
        return False
    index = one.index
    place, beside = (index.passage_table[index.sentence_table[row]["passage"]] for row in (one.row, other.row))
    return all(place[part] == beside[part] for part in ("review", "section", "paragraph"))


def _quote(label: int, run: list[RankedSentence]) -> Quote:
    index = run[0].index
    rows = [sentence.row for sentence in run]
    passage = index.passage(int(index.sentence_table[min(rows)]["passage"]))
    review = index.review(passage.review)
    start, end = int(index.sentence_table[min(rows)]["start"]), int(index.sentence_table[max(rows)]["end"])
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
        score=max(sentence.score for sentence in run),
        collection=passage.collection,
    )
