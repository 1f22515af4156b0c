"""What all tests share: the packaged model's encoder, exported once however many processes run the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from embeddings.export import prepare_encoder
from embeddings.weights import DEFAULT_WEIGHTS


@pytest.fixture(scope="session")
def encoder_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packaged model's export stands. Copy it before altering it.

    A copy at `.index/encoders/` of a data directory saves its build the export.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    directory = shared / "encoders" / DEFAULT_WEIGHTS[:16]
    notes: list[str] = []
    with FileLock(shared / "encoders.lock"):
        prepare_encoder(None, directory, notify=notes.append)
    assert notes == []
    return directory
