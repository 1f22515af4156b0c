"""Nothing leaves the machine, and nothing is written outside the data folder: no library phones home."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.bot.cli.conftest import QUESTION, process

STRACE = shutil.which("strace")


@pytest.mark.parametrize("command", [("ask", QUESTION), ("index", "--rebuild"), ("evaluate", "questions.jsonl")])
def test_a_command_leaves_no_file_in_the_home_folder(command: tuple[str, ...], fresh: Path, tmp_path: Path) -> None:
    home, questions = tmp_path / "home", tmp_path / "questions.jsonl"
    home.mkdir()
    questions.write_text('{"id": "q1", "question": "What is a deferral?", "relevant": []}\n', encoding="utf-8")
    arguments = [str(questions) if argument == questions.name else argument for argument in command]
    ran = process(*arguments, "--data", fresh, environment={"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    assert (ran.code, [str(path) for path in home.rglob("*")]) == (0, [])


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_question_opens_no_connection(data: Path, tmp_path: Path) -> None:
    log = tmp_path / "strace.txt"
    prefix = (str(STRACE), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(log))
    assert process("ask", QUESTION, "--data", data, prefix=prefix).code == 0
    assert re.findall(r".*AF_INET.*", log.read_text(encoding="utf-8")) == []
