"""The club's reviews, indexed."""

from __future__ import annotations

import pytest

from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from tests.embeddings.fixtures.film_club import club_reviews


@pytest.fixture(scope="session")
def club(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The club's library, without a reranker."""
    return Library.of(club_reviews(tmp_path_factory.mktemp("club")), tmp_path_factory.mktemp("index"), encoder)
