"""A child process runs this program's own code, whatever stands in the current folder or in `PYTHONPATH`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from embeddings.documents.sandbox.child_process import child_command, child_environment, child_folder
from embeddings.documents.sandbox.process import convert_in_sandbox
from embeddings.errors import ConversionError
from tests.project import ROOT

SHADOWS = ("bot.py", "embeddings.py", "html.py", "json.py", "typer.py", "lxml.py", "sitecustomize.py")


@pytest.fixture
def trapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of files that shadow modules the current one; return the file that any of them would write."""
    proof = tmp_path / "executed"
    for name in SHADOWS:
        (tmp_path / name).write_text(f"open({str(proof)!r}, 'a').write({name!r})\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return proof


@pytest.mark.parametrize("python_path", ["", ".", str(ROOT), f"{os.curdir}{os.pathsep}{ROOT}"])
@pytest.mark.slow
def test_files_in_the_current_folder_are_not_run(
    trapped: Path, python_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", python_path)
    monkeypatch.syspath_prepend("")
    page = b"<html><body><article><h1>The Ferryman</h1><p>He rows across the river every night.</p></article></body>"
    converted = convert_in_sandbox(page, "ferryman.html")
    assert converted.review.text == "He rows across the river every night."
    assert not trapped.exists()


def test_the_command_in_a_child_is_this_programs_own(trapped: Path) -> None:
    ran = subprocess.run(
        child_command("bot", "--version"),
        env=child_environment(),
        cwd=child_folder(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr, trapped.exists()) == (0, "", False)


def test_a_child_gets_no_token_and_nothing_that_changes_its_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "DISCORD_TOKEN_FILE", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = child_environment()
    assert "secret" not in environment.values()
    assert environment["LANG"] == "C.UTF-8"


@pytest.mark.parametrize("output", [b"", b"null", b"[]", b"{}", b'{"review": {}}', b"not JSON"])
def test_a_child_that_ends_well_without_an_answer_has_failed(output: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.documents.sandbox.process._run", lambda _: (0, output))
    with pytest.raises(ConversionError, match=r"^x\.txt: Reading the file takes too much memory or time\."):
        convert_in_sandbox(b"A text.", "x.txt")
