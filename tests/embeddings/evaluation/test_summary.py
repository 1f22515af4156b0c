"""Runs: summarising them."""

from __future__ import annotations

import pytest

from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.summary import (
    NO_KIND,
    RiskPoint,
    aurc,
    by_kind,
    by_review,
    risk_coverage,
    summarise,
    summary_record,
)
from embeddings.records import State
from tests.embeddings.evaluation.conftest import result

MIXED = (
    result(
        "q1", kind="who", confidence=0.9, values={Measure.NDCG: 1.0, Measure.FIRST_UNREFUSED: 1.0, Measure.KEPT: 1.0}
    ),
    result(
        "q2",
        kind="vague",
        confidence=0.6,
        state=State.NEAREST,
        values={Measure.NDCG: 0.5, Measure.FIRST_UNREFUSED: 0.0, Measure.KEPT: 0.0},
    ),
    result("q3", answerable=False, confidence=0.6, values={Measure.REFUSED: 0.0}),
    result("q4", answerable=False, confidence=0.1, state=State.UNANSWERED, values={Measure.REFUSED: 1.0}),
)


def test_a_summary_has_the_mean_of_each_measure_over_its_questions() -> None:
    summary = summarise(MIXED)

    assert (summary.questions, summary.answerable) == (4, 2)
    assert {name: (estimate.value, estimate.questions) for name, estimate in summary.estimates.items()} == {
        Measure.NDCG: (0.75, 2),
        Measure.FIRST_UNREFUSED: (0.5, 2),
        Measure.AUROC: (0.875, 4),
        Measure.KEPT: (0.5, 2),
        Measure.REFUSED: (0.5, 2),
    }
    assert summary.states == {
        True: {State.ANSWERED: 0.5, State.NEAREST: 0.5, State.UNANSWERED: 0.0},
        False: {State.ANSWERED: 0.5, State.NEAREST: 0.0, State.UNANSWERED: 0.5},
    }


def test_a_measure_without_questions_is_null_in_json() -> None:
    record = summary_record(summarise(MIXED[2:]))
    assert record["passages"] == {"nDCG@10": None, "R@5": None, "RR@10": None, "Success@1": None}
    assert record["abstention"] == {
        "AUROC": None,
        "kept": None,
        "refused": 0.5,
        "ECE": None,
        "states": {"answerable": {}, "unanswerable": {"answered": 0.5, "nearest": 0.0, "unanswered": 0.5}},
    }


def test_questions_are_grouped_by_kind_and_by_review() -> None:
    assert {name: group.questions for name, group in by_kind(MIXED).items()} == {NO_KIND: 2, "vague": 1, "who": 1}
    assert {name: group.questions for name, group in by_review(MIXED).items()} == {NO_KIND: 2, "clocks": 2}


def test_risk_is_the_share_of_wrong_answers_above_a_confidence() -> None:
    curve = risk_coverage(MIXED)
    assert curve == (RiskPoint(0.9, 0.25, 0.0), RiskPoint(0.6, 0.75, 1 - 1 / 3), RiskPoint(0.1, 1.0, 0.75))
    assert aurc(curve) == pytest.approx(0.25 * 0 + 0.5 * 2 / 3 + 0.25 * 0.75)


def test_there_is_no_curve_without_judged_questions() -> None:
    assert risk_coverage([result("q1", values={Measure.NDCG: 1.0})]) == ()
    assert aurc(()) is None
