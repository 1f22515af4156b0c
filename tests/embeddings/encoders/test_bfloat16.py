from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from embeddings.encoders.bfloat16 import Bfloat16Encoder
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import ModelError
from embeddings.index.manifest import BF16, FP32
from embeddings.library import Library
from tests.project import OWNERS

TEXTS = ("Why?", "A heron stands in the shade. " * 30, "What is a deferral?", "", "Nunca me abandones, ¿verdad?")
QUESTION = "What is a deferral?"


@pytest.fixture
def data(encoder_directory: Path, tmp_path: Path) -> Path:
    """A data directory without an index, whose encoder is there already."""
    (tmp_path / "reviews").mkdir()
    shutil.copy2(OWNERS, tmp_path / "reviews")
    weights = OnnxEncoder.open(encoder_directory).identity.weights
    shutil.copytree(encoder_directory, tmp_path / ".index" / "encoders" / weights[:16], copy_function=os.link)
    return tmp_path


def test_the_vectors_are_nearly_those_of_the_encoder(encoder_directory: Path) -> None:
    encoder = OnnxEncoder.open(encoder_directory)
    bf16 = Bfloat16Encoder(encoder)
    told: list[int] = []
    made, expected = bf16.encode(TEXTS, progress=told.append), encoder.encode(TEXTS)
    assert (made * expected).sum(axis=1) == pytest.approx(1.0, abs=1e-3)
    assert (made != expected).any()
    assert sum(told) == len(TEXTS)
    assert bf16.count_tokens(TEXTS) == encoder.count_tokens(TEXTS)
    assert bf16.identity != encoder.identity


def test_an_index_in_half_precision_says_so_and_stays_so_until_told_otherwise(data: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OnnxEncoder, "encode", None)
        Library.build(data, bf16=True)
    bf16 = Library.build(data)
    assert bf16.manifest.precision == BF16
    full = Library.build(data, bf16=False)
    assert full.manifest.precision == FP32
    assert full.manifest.collections != bf16.manifest.collections
    assert Library.build(data).manifest == full.manifest
    answers = [[quote.text for quote in library.ask(QUESTION).quotes] for library in (bf16, full)]
    assert answers[0] == answers[1] != []


def test_a_model_that_has_changed_encodes_nothing(encoder_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bf16 = Bfloat16Encoder(OnnxEncoder.open(encoder_directory))
    monkeypatch.setattr("embeddings.encoders.export.find_model", lambda *_, **__: type("Other", (), {"weights": "00"}))
    with pytest.raises(ModelError, match="changed since the index was built"):
        bf16.encode(TEXTS)
