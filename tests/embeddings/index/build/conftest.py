from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.encoders.onnx import OnnxEncoder
from tests.embeddings.index.build.builds import OLD, build, write_files


@pytest.fixture
def built(encoder: OnnxEncoder, tmp_path: Path) -> Path:
    """An index of the old reviews."""
    build(OLD, tmp_path / "index", encoder)
    return tmp_path / "index"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with reviews in two collections."""
    write_files(
        tmp_path,
        {
            "reviews/film.md": "---\ntitle: Film\n---\nText.",
            "reviews/other.txt": "Text of another.",
            "reviews/notes.json": "not a review",
            "collections/42/film.md": "---\ntitle: Our Film\n---\nOur text.",
            "collections/.hidden/film.md": "---\ntitle: Hidden\n---\nText.",
            "collections/empty/README": "nothing",
            "collections/file.md": "a file beside the folders",
        },
    )
    return tmp_path
