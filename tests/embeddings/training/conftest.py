"""A trained model for the training tests."""

from __future__ import annotations

import pytest

from embeddings.training.model import RerankerModel
from tests.embeddings.fixtures.tiny_rerankers import trained


@pytest.fixture(scope="module")
def model() -> RerankerModel:
    # One for each module, because an export leaves the model with another attention.
    return trained()
