"""What all tests share: how hard Hypothesis looks; the packaged model's encoder, exported once for all processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.weights import DEFAULT_WEIGHTS

# No test is timed: the machine may be busy with something else. `HYPOTHESIS_PROFILE=thousand` looks harder.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thousand", settings.get_profile("untimed"), max_examples=4000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))


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
