"""What is measured of each question: passages by `ir-measures`, quotes and states by their spans.

A question that nothing answers has no passage or quote measure, rather than a zero. One that something answers
and the bot leaves `unanswered` showed no quote: `Success@1` and `Success@3` are 0, whatever the ranking held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ir_measures

from embeddings.evaluation.datasets.task import JudgedQuestion
from embeddings.evaluation.datasets.trec import ScoredDocument, strictly_decreasing
from embeddings.records import Answer, Hit, Quote, State


class Measure(StrEnum):
    """A measure, as group and name."""

    NDCG = "passages/nDCG@10"
    RECALL = "passages/R@5"
    RECIPROCAL_RANK = "passages/RR@10"
    FIRST_PASSAGE = "passages/Success@1"
    FIRST_QUOTE = "quotes/Success@1"
    """The first quote holds a part of what answers the question."""
    THREE_QUOTES = "quotes/Success@3"
    """One of the quotes, of which there are at most three, does."""
    PRECISION = "quotes/Precision"
    """The share of the quotes shown that do; none where nothing was shown."""
    BEST_SENTENCE = "quotes/Ranked@1"
    """The best sentence of the ranking does, whatever the state."""
    FIRST_UNREFUSED = "quotes/Unrefused@1"
    """The first quote does that would be shown if nothing were refused: the risk of answering from a confidence on."""
    AUROC = "abstention/AUROC"
    """How often the confidence of an answerable question is above that of an unanswerable one."""
    KEPT = "abstention/kept"
    """The share of the answerable questions `answered`."""
    REFUSED = "abstention/refused"
    """The share of the unanswerable questions not `answered`."""

    @property
    def group(self) -> str:
        """`passages`, `quotes` or `abstention`."""
        return self.value.split("/")[0]

    @property
    def label(self) -> str:
        """The name within the group, as `ir-measures` has it where it has it."""
        return self.value.split("/")[1]


PASSAGE_MEASURES = {
    ir_measures.nDCG @ 10: Measure.NDCG,
    ir_measures.R @ 5: Measure.RECALL,
    ir_measures.RR @ 10: Measure.RECIPROCAL_RANK,
    ir_measures.Success @ 1: Measure.FIRST_PASSAGE,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the library made of a question.

    Attributes:
        question: what was asked, and what answers it.
        answer: what a member would have seen.
        quotes: what a member would have seen quoted if nothing were refused.
        hits: the best passages, best first.
        ranking: their documents, each by its best passage, best first.
        seconds: what it took, wall clock.
    """

    question: JudgedQuestion
    answer: Answer
    quotes: tuple[Quote, ...]
    hits: tuple[Hit, ...]
    ranking: tuple[ScoredDocument, ...]
    seconds: float


def measure(outcomes: Sequence[Outcome]) -> tuple[Mapping[Measure, float], ...]:
    """The measures of each question that apply to it, in [0, 1]; `AUROC` is of all questions together."""
    passages = passage_values(
        {outcome.question.id: outcome.question for outcome in outcomes},
        {outcome.question.id: outcome.ranking for outcome in outcomes},
    )
    return tuple(
        {**passages.get(outcome.question.id, {}), **_quote_values(outcome), **_state_values(outcome)}
        for outcome in outcomes
    )


def passage_values(
    questions: Mapping[str, JudgedQuestion], rankings: Mapping[str, Sequence[ScoredDocument]]
) -> dict[str, dict[Measure, float]]:
    """The passage measures of every answerable question; one without a ranking scores 0."""
    qrels = [
        ir_measures.Qrel(identity, judgement.document, judgement.grade)
        for identity, question in questions.items()
        for judgement in question.judgements
    ]
    run = [
        ir_measures.ScoredDoc(identity, scored.document, scored.score)
        for identity, ranking in rankings.items()
        if questions[identity].answerable
        for scored in strictly_decreasing(ranking)
    ]
    values: dict[str, dict[Measure, float]] = {}
    for metric in ir_measures.iter_calc(list(PASSAGE_MEASURES), qrels, run):
        values.setdefault(metric.query_id, {})[PASSAGE_MEASURES[metric.measure]] = metric.value
    return values


def is_relevant(question: JudgedQuestion, review: str, start: int, end: int) -> bool:
    """Whether that stretch holds a part of what answers the question; a run of sentences needs but one."""
    return any(span.overlaps(review, start, end) for span in question.spans)


def _quote_values(outcome: Outcome) -> dict[Measure, float]:
    question = outcome.question
    if not question.spans:
        return {}
    right, unrefused = (
        [is_relevant(question, quote.review, quote.start, quote.end) for quote in quotes]
        for quotes in (outcome.answer.quotes, outcome.quotes)
    )
    values = {
        Measure.FIRST_QUOTE: float(any(right[:1])),
        Measure.THREE_QUOTES: float(any(right)),
        Measure.BEST_SENTENCE: float(_best_sentence_is_right(outcome)),
        Measure.FIRST_UNREFUSED: float(any(unrefused[:1])),
    }
    if right:
        values[Measure.PRECISION] = sum(right) / len(right)
    return values


def _best_sentence_is_right(outcome: Outcome) -> bool:
    sentences = [(sentence, hit) for hit in outcome.hits for sentence in hit.sentences]
    if not sentences:
        return False
    sentence, hit = max(sentences, key=lambda pair: pair[0].score)
    return is_relevant(outcome.question, hit.review, sentence.start, sentence.end)


def _state_values(outcome: Outcome) -> dict[Measure, float]:
    answered = outcome.answer.state is State.ANSWERED
    if outcome.question.answerable:
        return {Measure.KEPT: float(answered)}
    return {Measure.REFUSED: float(not answered)}
