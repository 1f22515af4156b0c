"""`python -m tests.benchmarks`: what it writes and how it ends, whatever the figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.project import ROOT


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_writes_its_checks_and_exits_with_1_if_a_target_is_missed(tmp_path: Path) -> None:
    file = tmp_path / "checks.json"
    done = _run("help", "--small", "--json", str(file))
    (check,) = json.loads(file.read_text(encoding="utf-8"))["checks"]
    assert check == {
        "name": "--help, seconds",
        "value": check["value"],
        "target": 0.5,
        "met": check["value"] <= 0.5,
    }
    assert done.returncode == (0 if check["met"] else 1)
    assert "--help, seconds" in done.stdout


def test_an_unknown_name_is_a_usage_error() -> None:
    done = _run("nothing")
    assert done.returncode == 2
    assert "There is no nothing." in done.stderr
