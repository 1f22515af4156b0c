"""What the engine's tests share: the packaged model, opened, and the owner's review, indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.answering.calibration import load_calibration
from embeddings.documents.parser import read_review
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from tests.project import OWNERS


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> OnnxEncoder:
    """The packaged model on onnxruntime."""
    return OnnxEncoder.open(encoder_directory)


@pytest.fixture(scope="session")
def library(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The owner's review, indexed; its thresholds are the packaged ones, and nothing reads again."""
    calibration = load_calibration(OWNERS.parents[1], encoder.identity)
    return Library.of(
        [read_review(OWNERS)], tmp_path_factory.mktemp("owners") / "index", encoder, calibration=calibration
    )
