"""The package's public face: lazy, complete, and with an example that runs."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import embeddings
import embeddings.evaluation
from tests.project import furnish

FACES = [embeddings, embeddings.evaluation]


def test_importing_the_package_imports_no_heavy_library() -> None:
    script = (
        "import sys, embeddings, embeddings.evaluation, bot.cli.app\n"
        "print(sorted({'numpy', 'faiss', 'onnxruntime', 'torch', 'rapidfuzz', 'yaml'}.intersection(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize(
    ("module", "name"), [pytest.param(face, name, id=name) for face in FACES for name in face.__all__]
)
def test_every_public_name_resolves(module: object, name: str) -> None:
    assert getattr(module, name) is not None


def test_the_public_names_are_those_of_the_table_and_no_other() -> None:
    assert len(embeddings.__all__) == len(set(embeddings.__all__)) == len(embeddings._MODULE_OF)
    with pytest.raises(AttributeError, match="module 'embeddings' has no attribute 'Casablanca'"):
        _ = embeddings.Casablanca


@pytest.mark.slow
def test_the_example_runs(encoder_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(tmp_path / "data", encoder_directory)
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(embeddings, optionflags=doctest.NORMALIZE_WHITESPACE) == (0, 6)
