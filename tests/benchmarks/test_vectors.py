"""Made vectors: by the text alone, of length one, with what is planted encoded in truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders.onnx import OnnxEncoder
from tests.benchmarks.corpus import carrier
from tests.benchmarks.facts import FACTS
from tests.benchmarks.vectors import Remembered, Synthesised, prepare


@pytest.fixture(scope="module")
def made(encoder_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    bank = tmp_path_factory.mktemp("bank") / "bank.npz"
    prepare(str(encoder_directory), str(bank), bank=4)
    return Synthesised.open(bank, encoder_directory)


def test_a_text_has_the_same_vector_whatever_it_is_encoded_with(made: Synthesised) -> None:
    together = made.encode(["A harbour at night.", "The pale mill.", "A harbour at night."])
    assert np.array_equal(together[0], together[2])
    assert np.array_equal(together[:1], made.encode(["A harbour at night."]))


def test_vectors_have_length_one(made: Synthesised) -> None:
    assert np.linalg.norm(made.encode(["", "One.", "word " * 100]), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_what_is_planted_is_encoded_in_truth(made: Synthesised, encoder_directory: Path) -> None:
    texts = [*(fact.sentence for fact in FACTS), *(carrier(number)[0] for number in range(len(FACTS)))]
    real = OnnxEncoder.open(encoder_directory).encode(texts)
    assert (made.encode(texts) * real).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (made.made(texts) * real).sum(axis=1).max() < 0.95


def test_a_remembered_text_is_encoded_once(encoder_directory: Path) -> None:
    encoder = OnnxEncoder.open(encoder_directory)
    watched = Remembered(encoder)
    remembered = Remembered(watched)
    first = remembered.encode(["One.", "Two.", "One."])
    watched.vectors.clear()
    assert np.array_equal(remembered.encode(["Two.", "One."]), first[[1, 0]])
    assert watched.vectors == {}
    assert remembered.count_tokens(["One.", "Two words."]) == encoder.count_tokens(["One.", "Two words."])
