"""What the engine's tests share: the packaged models, opened, and the owner's review, indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.answering.calibration import load_calibration
from embeddings.answering.models import Models
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.index.manifest import Manifest
from embeddings.library import Library
from embeddings.reranking.reranker import OnnxReranker


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> OnnxEncoder:
    """The packaged model on onnxruntime."""
    return OnnxEncoder.open(encoder_directory)


@pytest.fixture(scope="session")
def library(encoder: OnnxEncoder, owners_data: Path) -> Library:
    """The owner's review, indexed, with the packaged thresholds and without a reranker."""
    index = owners_data / ".index"
    models = Models(encoder, calibration=load_calibration(owners_data, encoder.identity))
    return Library(index, Manifest.open(index), models)


@pytest.fixture(scope="session")
def reranker() -> OnnxReranker:
    """The shipped reranker."""
    return OnnxReranker.open()
