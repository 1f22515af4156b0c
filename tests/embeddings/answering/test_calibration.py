from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.calibration import (
    CALIBRATION_FILE,
    Calibration,
    PlattScaling,
    RerankerCalibration,
    Thresholds,
    load_calibration,
    packaged_calibration,
    save_calibration,
)
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import CalibrationError

CHOSEN = Thresholds(answered=0.6, nearest=0.5)
CURVE = PlattScaling(slope=2.0, intercept=1.5)


def test_the_packaged_encoder_has_thresholds(encoder: OnnxEncoder, tmp_path: Path) -> None:
    thresholds = load_calibration(tmp_path, encoder.identity).thresholds
    assert thresholds is not None
    assert 0 < thresholds.nearest <= thresholds.answered < 1


def test_an_encoder_that_nobody_calibrated_has_none(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert load_calibration(tmp_path, replace(encoder.identity, weights="0" * 64)) == Calibration()


def test_a_data_directorys_own_calibration_takes_precedence(encoder: OnnxEncoder, tmp_path: Path) -> None:
    own = Calibration(CHOSEN, {"0" * 64: RerankerCalibration(CHOSEN, 1.0, 2.0, CURVE)}, CURVE)
    assert save_calibration(tmp_path, encoder.identity, own) == tmp_path / CALIBRATION_FILE
    loaded = load_calibration(tmp_path, encoder.identity)
    packaged = packaged_calibration(encoder.identity)
    assert loaded == replace(own, rerankers={**packaged.rerankers, **own.rerankers})
    assert [path.name for path in tmp_path.iterdir()] == [CALIBRATION_FILE]


def test_thresholds_for_another_encoder_are_refused(encoder: OnnxEncoder, tmp_path: Path) -> None:
    save_calibration(tmp_path, replace(encoder.identity, weights="0" * 64), Calibration(CHOSEN))
    with pytest.raises(CalibrationError, match=r"chosen for another encoder than .*\. Run `review-bot calibrate`"):
        load_calibration(tmp_path, encoder.identity)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"5",
        b'{"WEIGHTS": 5}',
        b'{"WEIGHTS": {"answered": 0.5}}',
        b'{"WEIGHTS": {"answered": "high", "nearest": 0.1}}',
        b'{"WEIGHTS": {"answered": 0.1, "nearest": 0.5}}',
        b'{"WEIGHTS": {"answered": NaN, "nearest": 0.5}}',
        b'{"WEIGHTS": {"answered": 1' + b"0" * 400 + b', "nearest": 0.5}}',
        b'{"WEIGHTS": {"answered": 7, "nearest": 0.5}}',
        b'{"WEIGHTS": {"answered": 0.6, "nearest": 0.5, "slope": 2}}',
        b'{"WEIGHTS": {"answered": 0.6, "nearest": 0.5, "slope": -1, "intercept": 0}}',
    ],
)
def test_a_broken_file_is_an_error_that_says_what_to_do(encoder: OnnxEncoder, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CALIBRATION_FILE).write_bytes(content.replace(b"WEIGHTS", encoder.identity.weights.encode()))
    with pytest.raises(CalibrationError) as caught:
        load_calibration(tmp_path, encoder.identity)
    assert "\n" not in str(caught.value)
    assert "Run `review-bot calibrate`" in str(caught.value)


def test_thresholds_that_were_stored_for_raw_scores_keep_every_state(encoder: OnnxEncoder, tmp_path: Path) -> None:
    weights, packaged = next(iter(packaged_calibration(encoder.identity).rerankers.items()))
    assert packaged.scaling is not None
    raw = RerankerCalibration(CHOSEN, packaged.middle, packaged.spread)
    save_calibration(tmp_path, encoder.identity, Calibration(CHOSEN, {weights: raw}))

    loaded = load_calibration(tmp_path, encoder.identity)

    for found in (loaded, loaded.rerankers[weights]):
        assert found.scaling is not None
        assert found.thresholds is not None
        for score in (0.0, 0.4999, 0.5, 0.5001, 0.5999, 0.6, 0.6001, 1.0):
            confidence = found.scaling.probability(score)
            assert (confidence >= found.thresholds.nearest) == (score >= CHOSEN.nearest)
            assert (confidence >= found.thresholds.answered) == (score >= CHOSEN.answered)


scores, slopes, intercepts = st.floats(0, 1), st.floats(0.1, 20), st.floats(-10, 10)


@given(scores, scores, slopes, intercepts)
def test_a_higher_score_never_has_a_lower_probability(one: float, other: float, slope: float, intercept: float) -> None:
    low, high = (PlattScaling(slope, intercept).probability(score) for score in sorted((one, other)))
    assert 0 <= low <= high <= 1


@given(st.floats(0.05, 1), st.floats(0.5, 5), st.floats(-3, 3))
def test_a_probability_has_the_score_that_made_it(score: float, slope: float, intercept: float) -> None:
    curve = PlattScaling(slope, intercept)
    assert curve.score(curve.probability(score)) == pytest.approx(score, rel=1e-4)


@pytest.mark.parametrize("curve", [(0.0, 1.0), (-1.0, 1.0), (np.nan, 1.0), (np.inf, 1.0), (1.0, np.nan)])
def test_a_curve_rises_and_is_finite(curve: tuple[float, float]) -> None:
    with pytest.raises(CalibrationError, match="Run `review-bot calibrate`"):
        PlattScaling(*curve)


@given(st.floats(0, 1), st.floats(0, 1))
def test_nearest_is_never_above_answered(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert json.dumps([Thresholds(high, low).answered, Thresholds(high, low).nearest]) == json.dumps([high, low])
    if low < high:
        with pytest.raises(CalibrationError):
            Thresholds(answered=low, nearest=high)


@pytest.mark.parametrize("scale", [(np.nan, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, np.inf), (np.inf, 1.0)])
def test_a_rerankers_scale_is_finite_and_its_spread_positive(scale: tuple[float, float]) -> None:
    with pytest.raises(CalibrationError, match="Run `review-bot calibrate`"):
        RerankerCalibration(Thresholds(0.5, 0.4), *scale)
