from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.calibration import UNCALIBRATED_RERANKER, RerankerCalibration, Thresholds
from embeddings.answering.confidence import raw_confidence, reranker_factor
from embeddings.config import RERANKER_CONFIDENCE_SHARE, UNMENTIONED_FACTOR


@given(cosine=st.floats(-1, 1.001), standalone=st.none() | st.floats(-1, 1.001), unmentioned=st.booleans())
def test_confidence_is_between_0_and_1_and_never_above_the_cosine(
    cosine: float, standalone: float | None, unmentioned: bool
) -> None:
    found = raw_confidence(cosine, standalone=standalone, unmentioned=unmentioned)
    assert 0 <= found <= 1
    assert found <= max(0.0, cosine)


def test_a_follow_up_about_something_else_is_judged_alone() -> None:
    assert raw_confidence(0.6, standalone=0.1) == 0.1
    assert raw_confidence(0.6, standalone=0.25) == 0.6
    assert raw_confidence(0.6, standalone=None) == 0.6


def test_a_question_that_points_at_nothing_before_it_is_judged_more_strictly() -> None:
    assert raw_confidence(0.6, standalone=0.25, is_follow_up=False) == 0.25
    assert raw_confidence(0.6, standalone=0.35, is_follow_up=False) == 0.6


def test_a_follow_up_that_asks_for_something_unmentioned_is_judged_alone() -> None:
    assert raw_confidence(0.6, standalone=0.4, unmentioned=True) == pytest.approx(0.4 * UNMENTIONED_FACTOR)
    assert raw_confidence(0.3, standalone=0.6, unmentioned=True) == pytest.approx(0.3 * UNMENTIONED_FACTOR)
    assert raw_confidence(0.6, standalone=None, unmentioned=True) == pytest.approx(0.6 * UNMENTIONED_FACTOR)


@given(cosine=st.floats(0, 1), lower=st.floats(-1e6, 1e6), higher=st.floats(-1e6, 1e6))
def test_a_higher_score_of_the_reranker_never_lowers_the_confidence(cosine: float, lower: float, higher: float) -> None:
    lower, higher = sorted((lower, higher))
    scale = RerankerCalibration(Thresholds(0.5, 0.4), middle=0.5, spread=3.0)
    low, high = (raw_confidence(cosine, factor=reranker_factor(best, scale)) for best in (lower, higher))
    assert 0 <= low <= high <= min(1.0, cosine * (1 + RERANKER_CONFIDENCE_SHARE) + 1e-12)


def test_a_reranker_that_scored_nothing_changes_no_confidence() -> None:
    assert reranker_factor(None, UNCALIBRATED_RERANKER) == 1.0
