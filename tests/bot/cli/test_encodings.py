"""Consoles that are not in UTF-8, as those of Windows: whatever is printed or typed, nothing ends in an error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.cli.conftest import QUESTION
from tests.project import ROOT

TYPED = f"{QUESTION}\nAnd why is there none? \u21aa \u201cA\u201d \u6771\u4eac\n/quit\n"
"""Its UTF-8 has bytes that Windows-1252 does not have, and characters that Windows-1252 lacks."""


COMMANDS = {
    ("--help",): 0,
    ("sections",): 0,
    ("section", "1"): 0,
    ("section", "\u6771\u4eac \u21aa"): 1,
    ("search", "\u6771\u4eac \u21aa deferral"): 0,
    ("ask", QUESTION, "--json"): 0,
    ("doctor",): 0,
    ("ask", "--\u6771\u4eac"): 2,
    # Last, because it reads what is typed.
    ("chat",): 0,
}
"""Commands, and their exit codes."""

ALL_OF_THEM = """
import json, sys
from bot.cli.app import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as end:
        print(f"-- {end.code}")
        print("--", file=sys.stderr)
"""


@pytest.mark.slow
def test_every_command_prints_and_reads_in_windows_1252(indexed: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ALL_OF_THEM, json.dumps([*COMMANDS])],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "REVIEW_BOT_DATA": str(indexed)},
        input=TYPED.encode(),
        capture_output=True,
        check=True,
    )
    *outs, _ = re.split(r"^-- (\d+)\n", ended.stdout.decode("cp1252").replace("\r", ""), flags=re.MULTILINE)
    *errs, _ = re.split(r"^--\n", ended.stderr.decode("cp1252").replace("\r", ""), flags=re.MULTILINE)
    assert [int(code) for code in outs[1::2]] == [*COMMANDS.values()]
    for (arguments, code), out, err in zip(COMMANDS.items(), outs[::2], errs, strict=True):
        assert "Error:" not in err or code == 2, arguments
        assert "Unexpected" not in err, arguments
        assert out or err, arguments


def test_the_program_prints_in_windows_1252(indexed: Path) -> None:
    arguments = ("section", "\u6771\u4eac \u21aa", "--data", indexed)
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.decode("cp1252").startswith("\u201cNever Let Me Go\u201d has no section \u201c?? ?\u201d.")
