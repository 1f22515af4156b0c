"""The models that answer: opened when needed, calibrated or not, and left out where they can't be opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embeddings.answering.calibration import (
    UNCALIBRATED,
    UNCALIBRATED_RERANKER,
    Calibration,
    RerankerCalibration,
    Thresholds,
)
from embeddings.answering.models import Models
from embeddings.library import Library
from embeddings.records import NO_RERANKER, SHIPPED
from embeddings.reranking.reranker import shipped_file
from tests.embeddings.fixtures.rerankers import LongestSentence

CHOSEN = Thresholds(answered=0.4, nearest=0.2)


def test_no_reranker_has_no_problem_and_no_calibration(library: Library) -> None:
    models = library.models.replaced(reranker=NO_RERANKER)
    assert (models.reranker, models.reranker_problem, models.reranker_calibration) == (None, None, None)


@pytest.mark.parametrize("damage", ["missing", "truncated", "another file"])
def test_without_a_sound_reranker_file_the_encoder_answers_alone(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    file = tmp_path / "reranker.onnx"
    if damage == "truncated":
        shutil.copy(shipped_file(), file)
        with file.open("r+b") as stream:
            stream.truncate(1000)
    elif damage == "another file":
        file.write_bytes(b"not a reranker")
    monkeypatch.setattr("embeddings.reranking.reranker.shipped_file", lambda: file)
    damaged = library.reopened(models=library.models.replaced(reranker=SHIPPED))
    assert damaged.ask("What is a deferral?") == library.ask("What is a deferral?")
    assert damaged.models.reranker_problem is not None
    assert str(file) in damaged.models.reranker_problem
    assert "Install the package again." in damaged.models.reranker_problem
    assert "\n" not in damaged.models.reranker_problem


def test_models_that_nobody_calibrated_have_the_defaults(library: Library) -> None:
    alone = Models(library.models.encoder)
    assert (alone.calibrated, alone.thresholds) == (False, UNCALIBRATED)
    reranking = library.models.replaced(reranker=LongestSentence())
    assert (reranking.calibrated, reranking.reranker_calibration) == (False, UNCALIBRATED_RERANKER)


def test_calibrated_models_have_the_thresholds_of_their_reranker(library: Library) -> None:
    known = Calibration(None, {LongestSentence.identity.weights: RerankerCalibration(CHOSEN, 1.0, 2.0)})
    models = library.models.replaced(reranker=LongestSentence(), calibration=known)
    assert (models.calibrated, models.thresholds) == (True, CHOSEN)


def test_given_thresholds_take_precedence(library: Library) -> None:
    models = library.models.replaced(thresholds=CHOSEN)
    assert (models.calibrated, models.thresholds) == (True, CHOSEN)
