"""Consoles that are not in UTF-8, as those of Windows: whatever is printed or typed, nothing ends in an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.cli.conftest import BOT_VARIABLES, QUESTION
from tests.project import ROOT

TYPED = f"{QUESTION}\nAnd why is there none? \u21aa \u201cA\u201d \u6771\u4eac\n/quit\n"
"""Its UTF-8 has bytes that Windows-1252 does not have, and characters that Windows-1252 lacks."""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        (("chat",), 0),
        (("sections",), 0),
        (("section", "1"), 0),
        (("section", "\u6771\u4eac \u21aa"), 1),
        (("search", "\u6771\u4eac \u21aa deferral"), 0),
        (("ask", QUESTION, "--json"), 0),
        (("doctor",), 0),
        (("ask", "--\u6771\u4eac"), 2),
    ],
)
def test_a_command_prints_and_reads_in_windows_1252(indexed: Path, arguments: tuple[str, ...], code: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in BOT_VARIABLES}
    where = () if arguments[0].startswith("--") or code == 2 else ("--data", str(indexed))
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *arguments, *where],
        cwd=ROOT,
        env=environment | {"PYTHONIOENCODING": "cp1252"},
        input=TYPED.encode(),
        capture_output=True,
        check=False,
    )
    out, err = ended.stdout.decode("cp1252"), ended.stderr.decode("cp1252")
    assert ended.returncode == code, err
    assert "Error:" not in err or code == 2
    assert "Unexpected" not in err
    assert out or err
