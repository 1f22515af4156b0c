"""Shared by the tests of the command: data folders whose index the command itself has built, and ways to run it."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from bot.cli.app import app, main
from embeddings.library import Library
from tests.conftest import SharedFolder
from tests.project import ROOT, copy_data, furnish

COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands if command.callback is not None)

QUESTION = "What is a deferral?"

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "aB3_-" * 6
OTHER_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc5.GabcdE." + "aB3_-" * 6
"""Tokens in the form of Discord's, of the applications 123456789012345678 and 123456789012345679."""

SLOW_PACKAGES = ("torch", "sentence_transformers", "transformers")

SHELL_VARIABLES = frozenset({"TERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"})
BOT_VARIABLES = frozenset(
    {
        "REVIEW_BOT_DATA",
        "REVIEW_BOT_RERANKER",
        "REVIEW_BOT_READER",
        "DISCORD_TOKEN",
        "DISCORD_BOT_TOKEN",
        "DISCORD_TOKEN_FILE",
    }
)
"""Variables that a person may have set, and that no test may depend on."""

SHORT_QUESTION = "What colour is the sea?"
"""A question that the short review answers."""

SHORT_REVIEW = """\
---
title: The Lighthouse Keeper
work: The Lighthouse Keeper
year: 1987
author: A. Reader
---

A keeper counts the ships that pass [bold]without lights[/bold], and writes each of them down.

## The Lamp

The lamp is cleaned every evening before the fog comes in. It is the only thing he has ever cared for.

## The Sea

The sea in this film is never blue; it is the grey of old tin. Nobody swims in it, and nobody drowns.
"""
SHORT = {"the-lighthouse-keeper.md": SHORT_REVIEW}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run of the command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is of any type
        """The JSON on stdout. Fails if stdout has anything else."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr of a run that failed. Fails if there is more or less than that."""
        assert (self.code, self.out) == (1, "")
        assert self.err.endswith("\n")
        (line,) = self.err.splitlines()
        return line


Run = Callable[..., Outcome]


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - passed through
    """Start the command in its own process, as a shell does.

    Besides those of `Popen`, the options are `prefix`, words before the command, `without`, packages that can't be
    imported, and `program`, Python's source of another program.
    """
    environment = {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    } | options.pop("environment", {})
    prefix = options.pop("prefix", ())
    block = f"import sys; sys.modules.update(dict.fromkeys({options.pop('without', ())!r}))"
    program = options.pop("program", "from bot.__main__ import main; main()")
    inherited = {name: value for name, value in os.environ.items() if name not in SHELL_VARIABLES | BOT_VARIABLES}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", f"{block}\n{program}", *map(str, arguments)],
        env=inherited | environment,
        text=True,
        encoding="utf-8",
        **pipes,
    )


def process(*arguments: str | Path, **options: Any) -> Outcome:  # noqa: ANN401 - passed through
    """Run the command in its own process, to the end."""
    with start(*arguments, **options) as running:
        out, err = running.communicate(timeout=600)
    return Outcome(running.returncode, out or "", err or "")


class Session:
    """A process that runs one command after another, so that only the first one waits for the imports."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed through
        self._running = start(stdin=subprocess.PIPE, program=_SESSION, **options)

    def run(self, *arguments: str | Path) -> Outcome:
        """Run a command."""
        return self.imported(*arguments)[0]

    def imported(self, *arguments: str | Path) -> tuple[Outcome, set[str]]:
        """Run a command, and return the packages that the process has imported by then, too."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(json.dumps([*map(str, arguments)]) + "\n")
        self._running.stdin.flush()
        code, out, err, packages = json.loads(self._running.stdout.readline() or self._running.communicate()[1])
        return Outcome(code, out, err), set(packages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.communicate(timeout=60)


_SESSION = """
import contextlib, io, json, sys
lines, sys.stdin = sys.stdin, io.StringIO()
for line in lines:
    out, err = streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            from bot.cli.app import main
            main(json.loads(line))
        except SystemExit as end:
            code = end.code
    packages = sorted({name.partition(".")[0] for name in sys.modules})
    texts = [stream.seek(0) or stream.read() for stream in streams]
    print(json.dumps([code, *texts, packages]), flush=True)
"""


@pytest.fixture(scope="session")
def indexed(owners_data: Path) -> Path:
    """A data folder with the owner's review and its index, only for reading."""
    return owners_data


def add_whales(data: Path, folder: str = "reviews") -> Path:
    """Add a second review to a data folder, and return its file."""
    file = data / folder / "whales.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\ntitle: Whales\n---\nThey sing.\n", encoding="utf-8")
    return file


@pytest.fixture
def data(indexed: Path, tmp_path: Path) -> Path:
    """A data folder with an index that the test may change."""
    return copy_data(indexed, tmp_path / "data")


@pytest.fixture
def fresh(encoder_directory: Path, tmp_path: Path) -> Path:
    """A data folder with a short review and no index that the test may change. It has the encoder."""
    return furnish(tmp_path / "data", encoder_directory, reviews=SHORT)


@pytest.fixture(scope="session")
def short(shared_folder: SharedFolder, encoder_directory: Path) -> Path:
    """A data folder with a short review and its index, only for reading."""

    def index(data: Path) -> None:
        Library.build(furnish(data, encoder_directory, reviews=SHORT)).close()

    return shared_folder("short", index)


@pytest.fixture(scope="session")
def two_reviews(indexed: Path, shared_folder: SharedFolder) -> Path:
    """A data folder with two reviews and their index, only for reading."""

    def index(data: Path) -> None:
        copy_data(indexed, data)
        for name, text in SHORT.items():
            (data / "reviews" / name).write_text(text, encoding="utf-8")
        Library.build(data).close()

    return shared_folder("two-reviews", index)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Unset the variables above, and restore what the program changes in its process."""
    for name in BOT_VARIABLES | SHELL_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with both streams captured."""

    def run(*arguments: str | Path, typed: Sequence[str] = ()) -> Outcome:
        lines = "".join(f"{line}\n" for line in typed)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode()), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments)])
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Outcome(end.value.code, out, err)

    return run
