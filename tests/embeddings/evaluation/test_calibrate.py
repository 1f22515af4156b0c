"""Choosing thresholds for a goal, and their cross-validated results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.answering.calibration import PlattScaling, Thresholds
from embeddings.errors import CalibrationError
from embeddings.evaluation.calibrate import (
    Effect,
    Goal,
    calibration_record,
    choose_thresholds,
    effect_of,
    fit_platt,
    refit,
    scaled,
)
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Result
from embeddings.records import State
from tests.embeddings.evaluation.conftest import result


def results(answerable: Sequence[float], unanswerable: Sequence[float], kind: str | None = None) -> list[Result]:
    return [
        result(f"q{place}", answerable=yes, confidence=confidence, kind=kind if not yes else None)
        for place, (confidence, yes) in enumerate(
            [*((value, True) for value in answerable), *((value, False) for value in unanswerable)]
        )
    ]


APART = results(np.linspace(0.6, 0.9, 20).tolist(), np.linspace(0.1, 0.3, 20).tolist())


def test_separable_confidences_are_separated() -> None:
    calibration = choose_thresholds(APART, Goal(refused=1.0))
    assert calibration.thresholds.answered == pytest.approx(0.45, abs=0.01)
    assert (calibration.kept.value, calibration.refused.value) == pytest.approx((1.0, 1.0), abs=0.06)


def test_the_effect_of_thresholds_is_what_they_do_with_the_questions() -> None:
    asked = results([0.9, 0.5, 0.3, 0.1], [0.6, 0.2])
    assert effect_of(Thresholds(0.5, 0.2), asked) == Effect(
        thresholds=Thresholds(0.5, 0.2),
        kept=0.5,
        refused=0.5,
        states={
            True: {State.ANSWERED: 0.5, State.NEAREST: 0.25, State.UNANSWERED: 0.25},
            False: {State.ANSWERED: 0.5, State.NEAREST: 0.5, State.UNANSWERED: 0.0},
        },
    )


@pytest.mark.parametrize(
    ("goal", "name", "threshold", "share", "value"),
    [
        # The unanswerable questions are at .10 to .30, so .20 refuses half of them.
        (Goal(refused=0.5), "answered", 0.2, "refused", 0.5),
        (Goal(kept=0.5, lost=1.0), "answered", 0.75, "kept", 0.5),
        (Goal(kept=0.5, lost=0.1), "nearest", 0.625, "lost", 0.1),
    ],
    ids=["refused, and as many kept as possible", "kept, and as many refused as possible", "lost"],
)
def test_the_thresholds_reach_a_goal(goal: Goal, name: str, threshold: float, share: str, value: float) -> None:
    calibration = choose_thresholds(APART, goal)
    assert getattr(calibration.thresholds, name) == pytest.approx(threshold, abs=0.03)
    assert getattr(calibration, share).value == pytest.approx(value, abs=0.1)


def test_an_unanswerable_kind_takes_precedence_over_the_other_goals() -> None:
    overlapping = results(np.linspace(0.2, 0.9, 20).tolist(), np.linspace(0.1, 0.5, 20).tolist(), kind="off-topic")
    calibration = choose_thresholds(overlapping, Goal(kept=1.0, lost=0.0, unanswerable_kinds=("off-topic",)))
    assert calibration.thresholds.nearest > 0.49
    assert calibration.thresholds.answered >= calibration.thresholds.nearest
    assert calibration.silenced is not None
    assert calibration.silenced.value > 0.9


def test_one_confident_question_of_an_unanswerable_kind_raises_the_threshold() -> None:
    """It is in the training questions of all folds but the one that tests it, which lets it through."""
    outlier = results([0.8] * 20, [0.1] * 19 + [0.7], kind="other-film")
    calibration = choose_thresholds(outlier, Goal(refused=0.5))
    assert 0.7 < calibration.thresholds.nearest < 0.8
    assert calibration.silenced is not None
    assert calibration.silenced.value == pytest.approx(0.95)


def test_cross_validation_shows_that_noise_teaches_nothing() -> None:
    """On random confidences, .60 refused on the training questions doesn't hold on the others."""
    noise = np.random.default_rng(5).random(60)
    calibration = choose_thresholds(results(noise[:30].tolist(), noise[30:].tolist()), Goal(refused=0.6))
    assert calibration.refused.low < 0.6 < calibration.refused.high
    assert calibration.kept.value == pytest.approx(0.4, abs=0.2)


def test_the_trade_off_refuses_more_as_the_threshold_rises() -> None:
    points = choose_thresholds(APART, Goal(refused=0.6)).trade_off
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)
    assert [point.refused for point in points] == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def test_the_trade_off_has_each_threshold_once() -> None:
    """With two distinct confidences a threshold refuses one or both."""
    points = choose_thresholds(results([0.8] * 10, [0.1] * 5 + [0.3] * 5), Goal(refused=0.6)).trade_off
    assert [point.refused for point in points] == [0.5, 1.0]


@pytest.mark.parametrize("goal", [Goal(refused=1.0), Goal(refused=1.0, lost=1.0)])
def test_an_unreachable_goal_refuses_as_many_as_possible(goal: Goal) -> None:
    """A confidence of 1 reaches every threshold."""
    calibration = choose_thresholds(results([0.8] * 20, [0.5] * 9 + [1.0]), goal)
    assert calibration.thresholds.answered == 1.0
    assert calibration.unreachable == ("refused",)


def test_an_unanswerable_kind_with_full_confidence_is_unreachable() -> None:
    calibration = choose_thresholds(results([0.8] * 20, [0.5] * 9 + [1.0], kind="off-topic"), Goal(refused=0.6))
    assert calibration.thresholds == Thresholds(answered=1.0, nearest=1.0)
    assert calibration.unreachable == ("silent",)


def test_a_reached_goal_is_not_unreachable() -> None:
    assert choose_thresholds(APART, Goal(refused=1.0)).unreachable == ()
    assert choose_thresholds(results([0.8] * 20, [0.5] * 9 + [1.0]), Goal(refused=0.9)).unreachable == ()
    assert choose_thresholds(results([1.0] * 20, [1.0] * 20), Goal(kept=1.0)).unreachable == ()


confidences = st.lists(st.one_of(st.just(1.0), st.floats(0, 1)), min_size=10, max_size=20)


@given(
    answerable=confidences,
    unanswerable=confidences,
    goal=st.one_of(
        st.builds(Goal, refused=st.floats(0, 1), lost=st.floats(0, 1)),
        st.builds(Goal, kept=st.floats(0, 1), lost=st.floats(0, 1)),
    ),
    kind=st.sampled_from([None, "off-topic"]),
)
@settings(max_examples=15, deadline=None)
def test_any_confidences_have_thresholds_for_any_goal(
    answerable: list[float], unanswerable: list[float], goal: Goal, kind: str | None
) -> None:
    asked = results(answerable, unanswerable, kind)
    calibration = choose_thresholds(asked, goal)
    effect = effect_of(calibration.thresholds, asked)

    assert isinstance(calibration.thresholds, Thresholds)
    for share in (calibration.kept, calibration.refused, calibration.lost):
        assert 0 <= share.low <= share.high <= 1 + 1e-9
    if goal.refused is not None and goal.refused > 0 and all(value == 1.0 for value in unanswerable):
        assert calibration.thresholds.answered == 1.0
    assert json.loads(json.dumps(calibration_record(calibration, effect, effect, None)))["before"]["states"].keys() == {
        "answerable",
        "unanswerable",
    }


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        (Goal, "Set one goal"),
        (lambda: Goal(refused=0.5, kept=0.5), "Set one goal"),
        (lambda: Goal(refused=60), "Use numbers from 0 to 1"),
    ],
)
def test_an_invalid_goal_is_an_error(goal: Callable[[], Goal], reason: str) -> None:
    with pytest.raises(CalibrationError, match=reason):
        goal()


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "kind", "count"), [(9, 30, "answerable", 9), (30, 3, "unanswerable", 3)]
)
def test_too_few_questions_are_an_error(answerable: int, unanswerable: int, kind: str, count: int) -> None:
    with pytest.raises(CalibrationError) as error:
        choose_thresholds(results([0.5] * answerable, [0.5] * unanswerable), Goal(refused=0.6))
    assert str(error.value) == f"Calibration needs at least 10 {kind} questions, and there are {count}. Add more."


CURVE = PlattScaling(slope=2.0, intercept=1.5)


def drawn(count: int, seed: int) -> list[Result]:
    """Return answers whose raw scores are right as often as the curve says."""
    generator = np.random.default_rng(seed)
    scores = generator.random(count)
    right = generator.random(count) < [CURVE.probability(score) for score in scores]
    return [
        result(f"q{place}", confidence=float(score), values={Measure.FIRST_UNREFUSED: float(yes)})
        for place, (score, yes) in enumerate(zip(scores, right, strict=True))
    ]


def test_the_curve_that_made_the_answers_is_found_again() -> None:
    found = refit(drawn(4_000, 1), None)
    assert found is not None
    assert (found.scaling.slope, found.scaling.intercept) == pytest.approx((2.0, 1.5), abs=0.15)
    assert found.before.ece > 0.05
    assert found.expected.ece == pytest.approx(found.expected.chance, abs=0.015)


def test_a_curve_is_fitted_to_raw_scores_whatever_the_present_one_is() -> None:
    asked = drawn(300, 2)
    fresh, again = refit(asked, None), refit(scaled(asked, PlattScaling(0.7, -1.0)), PlattScaling(0.7, -1.0))
    assert fresh is not None
    assert again is not None
    assert (again.scaling.slope, again.scaling.intercept) == pytest.approx(
        (fresh.scaling.slope, fresh.scaling.intercept), abs=1e-3
    )


def test_few_questions_move_a_curve_less_from_its_prior_than_many() -> None:
    prior = PlattScaling(3.0, 0.0)
    few, many = refit(drawn(40, 2), None, prior), refit(drawn(4_000, 2), None, prior)
    assert few is not None
    assert many is not None
    assert abs(few.scaling.slope - prior.slope) < abs(many.scaling.slope - prior.slope)
    assert (many.scaling.slope, many.scaling.intercept) == pytest.approx((2.0, 1.5), abs=0.2)


def test_a_curve_is_fitted_only_where_the_review_is_settled() -> None:
    asked = drawn(300, 2)
    unclear = [
        replace(each, id=f"u{each.id}", confidence=(each.confidence or 0.0) * 0.3, review_share=0.3) for each in asked
    ]
    alone, together = refit(asked, None), refit([*asked, *unclear], None)
    assert alone is not None
    assert together is not None
    assert together.scaling == alone.scaling
    assert [each.confidence for each in together.results[300:]] == pytest.approx(
        [0.3 * (each.confidence or 0.0) for each in alone.results]
    )


def test_no_curve_fits_few_answers_or_confidences_that_fall() -> None:
    scores, right = np.linspace(0.1, 0.9, 20), np.array([1.0] * 10 + [0.0] * 10)
    assert fit_platt(scores, right) is None
    assert fit_platt(scores, 1 - right) is not None
    assert fit_platt(scores[:8], (1 - right)[:8]) is None
    assert fit_platt(np.ones(20), right) is None
    assert refit(APART, None) is None


def test_a_refit_keeps_the_order_of_the_confidences() -> None:
    asked = drawn(100, 3)
    found = refit(asked, None)
    assert found is not None
    raw, fitted = (sorted(run, key=lambda each: each.confidence or 0.0) for run in (asked, found.results))
    assert [each.id for each in raw] == [each.id for each in fitted]
