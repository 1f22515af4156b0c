"""Made vectors: of the text alone, of length one, with the planted text really encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders.onnx import OnnxEncoder
from tests.benchmarks.corpus.facts import FACTS
from tests.benchmarks.corpus.reviews import carrier
from tests.benchmarks.corpus.vectors import CachingEncoder, SyntheticEncoder, prepare


@pytest.fixture(scope="module")
def made(encoder_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> SyntheticEncoder:
    bank = tmp_path_factory.mktemp("bank") / "bank.npz"
    prepare(str(encoder_directory), str(bank), bank=4)
    return SyntheticEncoder.open(bank, encoder_directory)


@pytest.mark.slow
def test_a_text_has_the_same_vector_whatever_it_is_encoded_with(made: SyntheticEncoder) -> None:
    together = made.encode(["A harbour at night.", "The pale mill.", "A harbour at night."])
    assert np.array_equal(together[0], together[2])
    assert np.array_equal(together[:1], made.encode(["A harbour at night."]))


def test_vectors_have_length_one(made: SyntheticEncoder) -> None:
    assert np.linalg.norm(made.encode(["", "One.", "word " * 100]), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_planted_text_is_really_encoded(made: SyntheticEncoder, encoder_directory: Path) -> None:
    texts = [*(fact.sentence for fact in FACTS), *(carrier(number)[0] for number in range(len(FACTS)))]
    real = OnnxEncoder.open(encoder_directory).encode(texts)
    assert (made.encode(texts) * real).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (made.made(texts) * real).sum(axis=1).max() < 0.95


def test_a_cached_text_is_encoded_once(encoder_directory: Path) -> None:
    encoder = OnnxEncoder.open(encoder_directory)
    watched = CachingEncoder(encoder)
    caching = CachingEncoder(watched)
    first = caching.encode(["One.", "Two.", "One."])
    watched.vectors.clear()
    assert np.array_equal(caching.encode(["Two.", "One."]), first[[1, 0]])
    assert watched.vectors == {}
    assert caching.count_tokens(["One.", "Two words."]) == encoder.count_tokens(["One.", "Two words."])
