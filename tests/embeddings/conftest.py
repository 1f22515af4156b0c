"""What the engine's tests share: the packaged models, opened, and the owner's review, indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.answering.calibration import load_calibration
from embeddings.answering.models import Models
from embeddings.documents.parser import read_review
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from embeddings.reranking.reranker import OnnxReranker
from tests.project import OWNERS


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> OnnxEncoder:
    """The packaged model on onnxruntime."""
    return OnnxEncoder.open(encoder_directory)


@pytest.fixture(scope="session")
def library(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The owner's review, indexed, with the packaged thresholds and without a reranker."""
    calibration = load_calibration(OWNERS.parents[1], encoder.identity)
    models = Models(encoder, calibration=calibration)
    return Library.of([read_review(OWNERS)], tmp_path_factory.mktemp("owners") / "index", models)


@pytest.fixture(scope="session")
def reranker() -> OnnxReranker:
    """The shipped reranker."""
    return OnnxReranker.open()
