"""The measures of each question: passages by `ir-measures`, quotes and states by their spans.

An unanswerable question has no passage or quote measure, rather than a zero. An answerable question that stays
`unanswered` shows no quote, so its `Success@1` and `Success@3` are 0, whatever the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import ir_measures

from embeddings.evaluation.datasets.task import JudgedQuestion
from embeddings.evaluation.datasets.trec import ScoredDocument, strictly_decreasing
from embeddings.records import Answer, Hit, Quote, State


class Measure(StrEnum):
    """A measure, as `group/name`, with what it is the mean of.

    Attributes:
        meaning: what a question's value is, for people.
    """

    meaning: str

    NDCG = "passages/nDCG@10", "How high the relevant passages rank among the first ten; 1 if no other is above them."
    RECALL = "passages/R@5", "The share of the relevant passages that are among the first five."
    RECIPROCAL_RANK = "passages/RR@10", "1 divided by the rank of the first relevant passage; 0 beyond the first ten."
    FIRST_PASSAGE = "passages/Success@1", "Whether the first passage is relevant."
    FIRST_QUOTE = "quotes/Success@1", "Whether the first quote overlaps the text that answers; 0 if nothing is quoted."
    THREE_QUOTES = "quotes/Success@3", "Whether one of the quotes, three at most, overlaps the text that answers."
    PRECISION = (
        "quotes/Precision",
        "The share of the quotes that overlap the text that answers, if there are quotes.",
    )
    BEST_SENTENCE = "quotes/Ranked@1", "Whether the best sentence of the ranking is in the text that answers."
    FIRST_UNREFUSED = "quotes/Unrefused@1", "quotes Success@1 as it would be if no question were refused."
    AUROC = "abstention/AUROC", "How likely an answerable question has a higher confidence than an unanswerable one."
    KEPT = "abstention/kept", "The share of the answerable questions whose state is answered."
    REFUSED = "abstention/refused", "The share of the unanswerable questions whose state is not answered."

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Make a member that is equal to its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    @property
    def group(self) -> str:
        """Return `passages`, `quotes` or `abstention`."""
        return self.value.split("/")[0]

    @property
    def label(self) -> str:
        """Return the name within the group: that of `ir-measures` where it has one."""
        return self.value.split("/")[1]


PASSAGE_MEASURES = {
    ir_measures.nDCG @ 10: Measure.NDCG,
    ir_measures.R @ 5: Measure.RECALL,
    ir_measures.RR @ 10: Measure.RECIPROCAL_RANK,
    ir_measures.Success @ 1: Measure.FIRST_PASSAGE,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A library's answer to a question."""

    question: JudgedQuestion
    answer: Answer  # the answer that a member sees
    quotes: tuple[Quote, ...]  # the quotes that a member would see if no question were refused
    hits: tuple[Hit, ...]  # the best passages, best first
    ranking: tuple[ScoredDocument, ...]  # their documents, each by its best passage, best first
    seconds: float  # wall-clock time
    review_share: float = 1.0  # the factor of the confidence that is the probability of the quoted review


def measure(outcomes: Sequence[Outcome]) -> tuple[Mapping[Measure, float], ...]:
    """Return the measures of each question, in [0, 1]. `AUROC` is not among them: it needs all questions."""
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
    """Return the passage measures of every answerable question; a question without a ranking scores 0."""
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
    """Return True if that text range overlaps a relevant span."""
    return any(span.overlaps(review, start, end) for span in question.spans)


def _quote_values(outcome: Outcome) -> dict[Measure, float]:
    question = outcome.question
    if not question.spans:
        return {}
    right, unrefused = (
        [is_relevant(question, quote.review, quote.start, quote.end) for quote in quotes]
        for quotes in (outcome.answer.quotes, outcome.quotes)
    )
    sentences = ((hit.review, sentence) for hit in outcome.hits for sentence in hit.sentences)
    best = max(sentences, key=lambda pair: pair[1].score, default=None)
    values = {
        Measure.FIRST_QUOTE: float(any(right[:1])),
        Measure.THREE_QUOTES: float(any(right)),
        Measure.BEST_SENTENCE: float(best is not None and is_relevant(question, best[0], best[1].start, best[1].end)),
        Measure.FIRST_UNREFUSED: float(any(unrefused[:1])),
    }
    if right:
        values[Measure.PRECISION] = sum(right) / len(right)
    return values


def _state_values(outcome: Outcome) -> dict[Measure, float]:
    answered = outcome.answer.state is State.ANSWERED
    if outcome.question.answerable:
        return {Measure.KEPT: float(answered)}
    return {Measure.REFUSED: float(not answered)}
