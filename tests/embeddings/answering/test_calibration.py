from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.calibration import (
    CALIBRATION_FILE,
    Calibration,
    Thresholds,
    load_calibration,
    save_thresholds,
)
from embeddings.answering.confidence import confidence
from embeddings.config import DOUBT_FACTOR
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import CalibrationError

CHOSEN = Thresholds(answered=0.6, nearest=0.5)


def test_thresholds_come_with_the_packaged_encoder(encoder: OnnxEncoder, tmp_path: Path) -> None:
    thresholds = load_calibration(tmp_path, encoder.identity).thresholds
    assert thresholds is not None
    assert 0 < thresholds.nearest <= thresholds.answered < 1


def test_an_encoder_that_nobody_calibrated_has_none(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert load_calibration(tmp_path, replace(encoder.identity, weights="0" * 64)) == Calibration()


def test_a_data_directorys_own_thresholds_go_first(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert save_thresholds(tmp_path, encoder.identity, CHOSEN) == tmp_path / CALIBRATION_FILE
    assert load_calibration(tmp_path, encoder.identity).thresholds == CHOSEN
    assert [path.name for path in tmp_path.iterdir()] == [CALIBRATION_FILE]


def test_thresholds_for_another_encoder_are_refused(encoder: OnnxEncoder, tmp_path: Path) -> None:
    save_thresholds(tmp_path, replace(encoder.identity, weights="0" * 64), CHOSEN)
    with pytest.raises(CalibrationError, match=r"chosen for another encoder than .*; run `review-bot calibrate`"):
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
        b'{"WEIGHTS": {"answered": 7, "nearest": 0.5}}',
    ],
)
def test_a_broken_file_is_one_line_that_says_what_to_do(encoder: OnnxEncoder, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CALIBRATION_FILE).write_bytes(content.replace(b"WEIGHTS", encoder.identity.weights.encode()))
    with pytest.raises(CalibrationError) as caught:
        load_calibration(tmp_path, encoder.identity)
    assert "\n" not in str(caught.value)
    assert "run `review-bot calibrate`" in str(caught.value)


@given(st.floats(0, 1), st.floats(0, 1))
def test_nearest_is_never_above_answered(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert json.dumps([Thresholds(high, low).answered, Thresholds(high, low).nearest]) == json.dumps([high, low])
    if low < high:
        with pytest.raises(CalibrationError):
            Thresholds(answered=low, nearest=high)


@given(cosine=st.floats(-1, 1.001), alone=st.none() | st.floats(-1, 1.001), doubtful=st.booleans())
def test_confidence_lies_between_0_and_1_and_never_above_the_cosine(
    cosine: float, alone: float | None, doubtful: bool
) -> None:
    sure = confidence(cosine, alone=alone, doubtful=doubtful)
    assert 0 <= sure <= 1
    assert sure <= max(0.0, cosine)


def test_a_follow_up_about_something_else_is_judged_by_itself() -> None:
    assert confidence(0.6, alone=0.1) == 0.1
    assert confidence(0.6, alone=0.25) == 0.6
    assert confidence(0.6, alone=None) == 0.6


def test_a_follow_up_that_points_at_nothing_before_it_is_judged_more_strictly() -> None:
    assert confidence(0.6, alone=0.25, leaning=False) == 0.25
    assert confidence(0.6, alone=0.35, leaning=False) == 0.6


def test_a_follow_up_for_what_the_reviews_have_no_word_of_is_judged_by_itself() -> None:
    assert confidence(0.6, alone=0.4, doubtful=True) == pytest.approx(0.4 * DOUBT_FACTOR)
    assert confidence(0.3, alone=0.6, doubtful=True) == pytest.approx(0.3 * DOUBT_FACTOR)
    assert confidence(0.6, alone=None, doubtful=True) == pytest.approx(0.6 * DOUBT_FACTOR)
