"""The command as a whole: help, version, exit codes, and how it ends."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import __version__
from bot.cli.app import main
from embeddings.library import Library
from tests.bot.cli.conftest import COMMANDS, QUESTION, SLOW_PACKAGES, Run, Session, process, start
from tests.project import QUESTIONS, ROOT

ONLINE = ("discord", "aiohttp", "structlog", "prometheus_client")
"""Packages that only the running bot needs."""


ENGINE = (*SLOW_PACKAGES, "faiss", "numpy", "onnxruntime", "tokenizers", "yaml", "rapidfuzz")
"""Packages that only an answer needs."""


@pytest.fixture
def session() -> Iterator[Session]:
    """A process that has imported nothing yet."""
    with Session(cwd=ROOT) as session:
        yield session


def test_what_needs_no_answer_imports_neither_the_engine_nor_discord_nor_rich(session: Session) -> None:
    commands: tuple[tuple[tuple[str, ...], int, tuple[str, ...]], ...] = (
        (("--help",), 0, ("pydantic",)),
        (("--version",), 0, ("pydantic",)),
        # typer converts values with pydantic.
        (("ask", "--help"), 0, ("pydantic_settings",)),
        (("ask",), 2, ("pydantic_settings",)),
        (("ask", QUESTION, "--jason"), 2, ("pydantic_settings",)),
        (("search", QUESTION, "-k", "0"), 2, ("pydantic_settings",)),
        (("section",), 2, ("pydantic_settings",)),
        (("config",), 0, ()),
    )
    for arguments, code, others in commands:
        ended, packages = session.imported(*arguments)
        assert (ended.code, packages & {*ENGINE, "rich", "sqlite3", *ONLINE, *others}) == (code, set()), arguments


@pytest.mark.slow
def test_asking_imports_nothing_that_only_builds_and_terminals_need(session: Session, indexed: Path) -> None:
    for options in ((), ("--json",)):
        _, packages = session.imported("ask", QUESTION, *options, "--data", indexed)
        assert packages & {*SLOW_PACKAGES, "bm25s", "scipy", "onnx", "rich", *ONLINE} == set()
        assert {"faiss", "onnxruntime", "tokenizers"} <= packages


def test_an_unchanged_index_is_recognised_without_the_engine(session: Session, indexed: Path, run: Run) -> None:
    updated, packages = session.imported("index", "--data", indexed)
    assert (updated.code, updated.err, packages & {*ENGINE, "rich", "sqlite3", *ONLINE}) == (0, "", set())
    assert updated.out == run("index", "--strict", "--data", indexed).out


@pytest.mark.slow
def test_wrong_arguments_are_refused_before_the_engine_is_imported(session: Session) -> None:
    wrong: tuple[tuple[str | Path, ...], ...] = (
        ("ask", ""),
        ("ask", "🍿"),
        ("ask", QUESTION, "--no-reader", "true"),
        ("search", " "),
        ("search", QUESTION, "-k", "0"),
        ("section",),
        ("add", "missing.md"),
        ("restore", "missing.zip"),
        ("sync", "--remove"),
        ("gaps", "--since", "x"),
        ("gaps", "--export", "README.md"),
        ("evaluate", "missing.jsonl"),
        ("evaluate", "README.md"),
        ("evaluate", QUESTIONS, "--ranking", "foo"),
        ("evaluate", QUESTIONS, "--split", "foo"),
        ("evaluate", QUESTIONS, "--baseline", "missing.json"),
        ("calibrate",),
        ("calibrate", "missing.jsonl"),
        ("calibrate", QUESTIONS, "--refuse", "2"),
        ("calibrate", QUESTIONS, "--refuse", ".5", "--keep", ".5"),
        ("compare", "one.json"),
        ("compare", "one.json", "two.json"),
        ("sweep", "missing.toml"),
        ("label", "README.md"),
        ("label", "new.jsonl", "--from", "missing.txt"),
    )
    for arguments in wrong:
        refused, packages = session.imported(*arguments)
        assert refused.code in (1, 2), arguments
        assert packages & {*SLOW_PACKAGES, "faiss", "numpy", "onnxruntime", "tokenizers", "discord"} == set(), arguments


def test_help_names_every_command(run: Run) -> None:
    shown = run("--help")
    assert (shown.code, shown.err) == (0, "")
    assert [name for name in COMMANDS if f" {name} " not in shown.out] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    shown = run(command, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert f"review-bot {command}" in shown.out
    # A flag takes no value.
    assert "<bool>" not in shown.out


def test_version_prints_the_version_of_the_package(run: Run) -> None:
    shown = run("--version")
    assert (shown.code, shown.out, shown.err) == (0, f"review-bot {__version__}\n", "")
    try:
        installed = importlib.metadata.version("review-bot")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a folder where review-bot is not installed")
    assert installed == __version__


@pytest.mark.parametrize(
    "arguments",
    [
        ("answer", QUESTION),
        ("ask",),
        ("ask", QUESTION, "--jason"),
        ("search", QUESTION, "-k", "0"),
        ("search", QUESTION, "-k", "many"),
        ("section",),
        ("section", "one", "two", "three"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: review-bot" in ended.err


def test_an_unexpected_error_is_one_line_and_a_variable_shows_its_traceback(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(data: Path, **_: object) -> Library:
        raise RuntimeError(f"no reason\n  at {data}")

    monkeypatch.setattr(Library, "open", fail)
    assert run("ask", QUESTION, "--data", indexed).complaint == (
        f"Unexpected error: RuntimeError('no reason\\n  at {indexed}'). "
        "Set REVIEW_BOT_DEBUG=1 to see the traceback, and report it."
    )
    monkeypatch.setenv("REVIEW_BOT_DEBUG", "1")
    with pytest.raises(RuntimeError, match="no reason"):
        main(["ask", QUESTION, "--data", str(indexed)])


def test_ctrl_c_prints_nothing(indexed: Path) -> None:
    # A shell that runs the tests in the background makes them and their processes ignore the signal.
    unignored = ("env", "--default-signal=INT")
    with start("chat", "--data", indexed, stdin=subprocess.PIPE, prefix=unignored) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write(f"{QUESTION}\n")
        chat.stdin.flush()
        assert chat.stdout.readline().startswith("1. “")
        chat.send_signal(signal.SIGINT)
        _, err = chat.communicate(timeout=30)
    assert (chat.returncode, err) == (130, "")


def test_ctrl_c_during_the_imports_prints_nothing() -> None:
    script = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

# A shell that runs the tests in the background makes them ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
from bot.__main__ import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.parametrize("command", [("search", QUESTION, "--json"), ("section", "5")])
@pytest.mark.slow
def test_a_closed_pipe_is_not_an_error(indexed: Path, command: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = process(*command, "--data", indexed, stdout=writer)
    finally:
        os.close(writer)
    assert ended.err == ""
