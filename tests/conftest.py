"""What all tests share: Hypothesis's profiles, and folders that are built once for all worker processes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.weights import DEFAULT_WEIGHTS
from embeddings.library import Library
from tests.project import furnish

# Each worker process of pytest has one core. With more threads than cores, those of OpenMP and OpenBLAS spin while they
# wait for one another, and the training tests take ten times as long.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# No test is timed, since the machine may be busy. `HYPOTHESIS_PROFILE=thousand` tries many more examples.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thousand", settings.get_profile("untimed"), max_examples=4000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    """Restore the root logger's level, which a command that runs in the test's process sets."""
    root = logging.getLogger()
    before = root.level
    yield
    root.setLevel(before)


SharedFolder = Callable[[str, Callable[[Path], object]], Path]
"""Return the folder of a name. The first process that asks for it builds it."""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> SharedFolder:
    """Build folders once for all worker processes of a run."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def shared(name: str, build: Callable[[Path], object]) -> Path:
        built = base / f"{name}.built"
        with FileLock(base / f"{name}.lock"):
            if not built.exists():
                build(base / name)
                built.touch()
        return base / name

    return shared


@pytest.fixture(scope="session")
def encoder_directory(shared_folder: SharedFolder) -> Path:
    """Return the packaged model's ONNX export. Copy it before you change it.

    A copy at `.index/encoders/` of a data directory saves its build the export.
    """

    def export(folder: Path) -> None:
        notes: list[str] = []
        prepare_encoder(None, folder / DEFAULT_WEIGHTS[:16], notify=notes.append)
        assert notes == []

    return shared_folder("encoders", export) / DEFAULT_WEIGHTS[:16]


@pytest.fixture(scope="session")
def owners_data(shared_folder: SharedFolder, encoder_directory: Path) -> Path:
    """Return an indexed data directory with the owner's review. Copy it with `copy_data` before you change it."""

    def build(data: Path) -> None:
        furnish(data, encoder_directory)
        Library.build(data).close()

    return shared_folder("owners", build)
