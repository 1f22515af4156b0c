from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.weights import find_model
from tests.embeddings.fixtures.tiny_models import save_model


@pytest.fixture(scope="session")
def reference() -> SentenceTransformersEncoder:
    """The packaged model on sentence-transformers."""
    return SentenceTransformersEncoder.load(find_model(None))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "mean")


@pytest.fixture(scope="session")
def tiny_export(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("encoders") / "tiny"
    prepare_encoder(str(tiny_model), directory, notify=pytest.fail)
    return directory


@pytest.fixture
def export_copy(tiny_export: Path, tmp_path: Path) -> Path:
    """An export to damage."""
    return Path(shutil.copytree(tiny_export, tmp_path / "copy"))
