"""What the engine's tests share: the packaged models, opened, and the owner's review, indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.answering.calibration import load_calibration
from embeddings.answering.models import Models
from embeddings.documents.parser import read_review
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.index.manifest import Manifest
from embeddings.library import Library
from embeddings.reranking.reranker import OnnxReranker
from tests.conftest import SharedFolder
from tests.project import OWNERS


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> OnnxEncoder:
    """The packaged model on onnxruntime."""
    return OnnxEncoder.open(encoder_directory)


@pytest.fixture(scope="session")
def library(encoder: OnnxEncoder, shared_folder: SharedFolder) -> Library:
    """The owner's review, indexed, with the packaged thresholds and without a reranker."""
    models = Models(encoder, calibration=load_calibration(OWNERS.parents[1], encoder.identity))
    index = shared_folder("owners", lambda folder: Library.of([read_review(OWNERS)], folder, models).close())
    return Library(index, Manifest.open(index), models)


@pytest.fixture(scope="session")
def reranker() -> OnnxReranker:
    """The shipped reranker."""
    return OnnxReranker.open()
