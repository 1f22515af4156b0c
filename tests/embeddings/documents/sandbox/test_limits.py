"""A process is limited by the system, or by the watchdog of its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings.config import SANDBOX_MEMORY_BYTES
from embeddings.documents.sandbox import limits
from embeddings.documents.sandbox.process import convert_in_sandbox
from tests.project import ROOT

GREEDY = f"import time; block = b'x' * {SANDBOX_MEMORY_BYTES}; print('taken', flush=True); time.sleep(600)"


@pytest.mark.skipif(not limits.LIMITS_MEMORY, reason="this system limits no memory")
@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (f"bytearray({2 * SANDBOX_MEMORY_BYTES})", "MemoryError"),
        ("import pathlib\npathlib.Path('written').write_text('much')", "OSError"),
    ],
)
def test_the_system_lets_a_limited_process_neither_grow_nor_write(harm: str, error: str, tmp_path: Path) -> None:
    code = f"from embeddings.documents.sandbox.limits import limit_this_process\nlimit_this_process()\n{harm}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert error in ended.stderr
    assert [file.stat().st_size for file in tmp_path.iterdir()] in ([], [0])


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch memory, as where the system doesn't limit it."""
    monkeypatch.setattr(limits, "LIMITS_MEMORY", False)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    "program", [GREEDY, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GREEDY!r}])"]
)
def test_the_watchdog_kills_a_process_that_takes_too_much_itself_or_by_its_child(program: str) -> None:
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process, limits.watch_memory(process):
        process.communicate(timeout=60)
    assert process.returncode != 0


@pytest.mark.usefixtures("watched")
def test_the_watchdog_lets_a_small_file_be_converted() -> None:
    assert convert_in_sandbox(b"---\ntitle: A\n---\nA text.", "a.md").review.text == "A text."
