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
    RerankerCalibration,
    Thresholds,
    load_calibration,
    save_calibration,
)
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import CalibrationError

CHOSEN = Thresholds(answered=0.6, nearest=0.5)


def test_the_packaged_encoder_has_thresholds(encoder: OnnxEncoder, tmp_path: Path) -> None:
    thresholds = load_calibration(tmp_path, encoder.identity).thresholds
    assert thresholds is not None
    assert 0 < thresholds.nearest <= thresholds.answered < 1


def test_an_encoder_that_nobody_calibrated_has_none(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert load_calibration(tmp_path, replace(encoder.identity, weights="0" * 64)) == Calibration()


def test_a_data_directorys_own_thresholds_take_precedence(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert save_calibration(tmp_path, encoder.identity, Calibration(CHOSEN)) == tmp_path / CALIBRATION_FILE
    assert load_calibration(tmp_path, encoder.identity).thresholds == CHOSEN
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
    ],
)
def test_a_broken_file_is_an_error_that_says_what_to_do(encoder: OnnxEncoder, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CALIBRATION_FILE).write_bytes(content.replace(b"WEIGHTS", encoder.identity.weights.encode()))
    with pytest.raises(CalibrationError) as caught:
        load_calibration(tmp_path, encoder.identity)
    assert "\n" not in str(caught.value)
    assert "Run `review-bot calibrate`" in str(caught.value)


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
