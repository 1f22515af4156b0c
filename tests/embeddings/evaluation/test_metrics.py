"""What each question's figures are, from outcomes made by hand."""

from __future__ import annotations

import math

import pytest

from embeddings.evaluation.datasets.task import JudgedQuestion, Judgement, Span
from embeddings.evaluation.datasets.trec import ScoredDocument
from embeddings.evaluation.metrics import Measure, Outcome, measure
from embeddings.records import Answer, Hit, Quote, ScoredSentence, State

ANSWERABLE = JudgedQuestion("q1", "Where?", (Span("clocks", 10, 20),), (Judgement("b"),))
UNANSWERABLE = JudgedQuestion("q2", "Who?", (), ())


def quote(start: int, end: int, review: str = "clocks") -> Quote:
    return Quote(1, "", review, "", "setting", "", 1, start, end, 1.0)


def outcome(
    question: JudgedQuestion,
    *quotes: Quote,
    ranking: str = "",
    state: State = State.ANSWERED,
    sentences: tuple[tuple[int, int], ...] = (),
) -> Outcome:
    scored = tuple(ScoredSentence(start, end, 1 / (1 + place)) for place, (start, end) in enumerate(sentences))
    return Outcome(
        question=question,
        answer=Answer(question.text, state, 0.5, () if state is State.UNANSWERED else quotes),
        quotes=quotes,
        hits=(Hit("shared", "clocks", "setting", 1, 0, 100, 1.0, scored),),
        ranking=tuple(ScoredDocument(document, -place) for place, document in enumerate(ranking)),
        seconds=0.0,
    )


PERFECT = dict.fromkeys(set(Measure) - {Measure.AUROC, Measure.REFUSED}, 1.0)
"""The measures of an answerable question whose first passage and first quote are relevant."""


def test_a_relevant_first_quote_and_passage_score_one() -> None:
    (values,) = measure([outcome(ANSWERABLE, quote(10, 20), ranking="ba", sentences=((10, 20), (20, 30)))])
    assert values == PERFECT


def test_a_relevant_second_quote_and_passage_score_less() -> None:
    (values,) = measure(
        [outcome(ANSWERABLE, quote(20, 30), quote(10, 20), ranking="ab", sentences=((20, 30), (10, 20)))]
    )
    first = (Measure.FIRST_PASSAGE, Measure.FIRST_QUOTE, Measure.BEST_SENTENCE, Measure.FIRST_UNREFUSED)
    halves = dict.fromkeys((Measure.RECIPROCAL_RANK, Measure.PRECISION), 0.5)
    assert values == pytest.approx(PERFECT | dict.fromkeys(first, 0) | halves | {Measure.NDCG: 1 / math.log2(3)})


@pytest.mark.parametrize(
    ("start", "end", "right"), [(0, 40, True), (19, 40, True), (20, 40, False), (0, 10, False), (12, 14, True)]
)
def test_a_quote_is_relevant_if_it_overlaps_a_span(start: int, end: int, right: bool) -> None:
    (values,) = measure([outcome(ANSWERABLE, quote(start, end))])
    assert values[Measure.FIRST_QUOTE] == right


def test_the_same_offsets_in_another_review_are_not_relevant() -> None:
    (values,) = measure([outcome(ANSWERABLE, quote(10, 20, review="tides"))])
    assert values[Measure.FIRST_QUOTE] == 0


def test_an_unanswerable_question_has_only_a_state_measure() -> None:
    refused, nearest, answered = measure(
        [
            outcome(UNANSWERABLE, state=State.UNANSWERED, ranking="ab"),
            outcome(UNANSWERABLE, quote(0, 9), state=State.NEAREST, ranking="ab"),
            outcome(UNANSWERABLE, quote(0, 9), state=State.ANSWERED, ranking="ab"),
        ]
    )
    assert (refused, nearest, answered) == ({Measure.REFUSED: 1}, {Measure.REFUSED: 1}, {Measure.REFUSED: 0})


def test_an_unanswered_answerable_question_keeps_its_passage_measures() -> None:
    (values,) = measure(
        [outcome(ANSWERABLE, quote(10, 20), state=State.UNANSWERED, ranking="b", sentences=((10, 20),))]
    )

    shown = dict.fromkeys((Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.KEPT), 0)
    assert values == {name: value for name, value in (PERFECT | shown).items() if name is not Measure.PRECISION}


def test_an_empty_ranking_scores_zero() -> None:
    (values,) = measure([outcome(ANSWERABLE)])
    assert (values[Measure.NDCG], values[Measure.RECALL], values[Measure.BEST_SENTENCE]) == (0, 0, 0)


def test_equal_scores_keep_their_order() -> None:
    """trec_eval would put the higher id first."""
    tied = Outcome(
        question=ANSWERABLE,
        answer=Answer("Where?", State.ANSWERED, 0.5, ()),
        quotes=(),
        hits=(),
        ranking=(ScoredDocument("b", 0.5), ScoredDocument("z", 0.5), ScoredDocument("c", 0.5)),
        seconds=0.0,
    )
    assert measure([tied])[0][Measure.FIRST_PASSAGE] == 1


def test_a_question_without_spans_has_no_quote_measures() -> None:
    (values,) = measure([outcome(JudgedQuestion("q3", "Where?", (), (Judgement("b"),)), quote(0, 9), ranking="b")])
    assert {name.group for name in values} == {"passages", "abstention"}
