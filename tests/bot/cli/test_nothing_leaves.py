"""Nothing leaves the machine, and nothing is written outside the data folder: no library phones home."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.bot.cli.conftest import QUESTION, SHORT_QUESTION, Session, process

STRACE = shutil.which("strace")


@pytest.mark.slow
def test_a_command_leaves_no_file_in_the_home_folder(fresh: Path, tmp_path: Path) -> None:
    home, questions = tmp_path / "home", tmp_path / "questions.jsonl"
    home.mkdir()
    questions.write_text('{"id": "q1", "question": "What is a deferral?", "relevant": []}\n', encoding="utf-8")
    with Session(environment={"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}) as session:
        for command in (("ask", SHORT_QUESTION), ("index", "--rebuild"), ("evaluate", questions)):
            ran = session.run(*command, "--data", fresh)
            assert (ran.code, [str(path) for path in home.rglob("*")]) == (0, []), command


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.slow
def test_a_question_opens_no_connection(data: Path, tmp_path: Path) -> None:
    log = tmp_path / "strace.txt"
    prefix = (str(STRACE), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(log))
    assert process("ask", QUESTION, "--data", data, prefix=prefix).code == 0
    assert re.findall(r".*AF_INET.*", log.read_text(encoding="utf-8")) == []
