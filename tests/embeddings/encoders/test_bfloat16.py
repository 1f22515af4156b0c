from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.encoders.bfloat16 import Bfloat16Encoder
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import ModelError
from embeddings.index.manifest import BF16, FP32
from embeddings.library import Library
from tests.project import OWNERS, furnish

TEXTS = ("Why?", "A heron stands in the shade. " * 30, "What is a deferral?", "", "Nunca me abandones, ¿verdad?")
QUESTION = "What is a deferral?"


@pytest.fixture
def data(encoder_directory: Path, tmp_path: Path) -> Path:
    """A data directory with a short review and an encoder, and without an index."""
    furnish(tmp_path, encoder_directory)
    short = "---\ntitle: Short\n---\n\nA deferral is a delay of a few years for couples in love.\n"
    (tmp_path / "reviews" / OWNERS.name).write_text(short, encoding="utf-8")
    return tmp_path


def test_the_vectors_are_nearly_those_of_the_encoder(encoder: OnnxEncoder) -> None:
    bf16 = Bfloat16Encoder(encoder)
    progress: list[int] = []
    vectors, expected = bf16.encode(TEXTS, progress=progress.append), encoder.encode(TEXTS)
    assert (vectors * expected).sum(axis=1) == pytest.approx(1.0, abs=1e-3)
    assert (vectors != expected).any()
    assert sum(progress) == len(TEXTS)
    assert bf16.count_tokens(TEXTS) == encoder.count_tokens(TEXTS)
    assert bf16.identity != encoder.identity


def test_an_index_in_bfloat16_stays_in_bfloat16_until_told_otherwise(data: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OnnxEncoder, "encode", None)
        Library.build(data, bf16=True)
    bf16 = Library.build(data)
    assert bf16.manifest.precision == BF16
    fp32 = Library.build(data, bf16=False)
    assert fp32.manifest.precision == FP32
    assert fp32.manifest.collections != bf16.manifest.collections
    assert Library.build(data).manifest == fp32.manifest
    answers = [[quote.text for quote in library.ask(QUESTION).quotes] for library in (bf16, fp32)]
    assert answers[0] == answers[1] != []


def test_a_changed_model_is_refused(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.encoders.export.find_model", lambda *_, **__: type("Other", (), {"weights": "00"}))
    with pytest.raises(ModelError, match="The model has changed since the index was built"):
        Bfloat16Encoder(encoder).encode(TEXTS)
