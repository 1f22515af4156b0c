"""What the tests of the command share: a data folder whose index the command itself has built, and ways to run it."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli.app import main
from tests.project import ROOT, furnish

QUESTION = "What is a deferral?"

TASTES = frozenset(
    {
        "REVIEW_BOT_DATA",
        "REVIEW_BOT_RERANKER",
        "REVIEW_BOT_READER",
        "TERM",
        "NO_COLOR",
        "FORCE_COLOR",
        "COLUMNS",
        "LINES",
    }
)
"""What a person may have set in the shell, and a test must not depend on."""

SECOND_REVIEW = """\
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is of any type
        """What was printed, as JSON; fails where anything else was printed too."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr of a run that failed; fails where there is more or less than that."""
        assert (self.code, self.out) == (1, "")
        assert self.err.endswith("\n")
        (line,) = self.err.splitlines()
        return line


Run = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class FirstUse:
    """The first question that was ever asked of a data folder."""

    data: Path
    outcome: Outcome


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - passed through
    """Start the command in a process of its own, as a shell does."""
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | options.pop("environment", {})
    prefix = options.pop("prefix", ())
    inherited = {name: value for name, value in os.environ.items() if name not in TASTES}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "bot", *map(str, arguments)],
        env=inherited | environment,
        text=True,
        encoding="utf-8",
        **pipes,
    )


def process(*arguments: str | Path, **options: Any) -> Outcome:  # noqa: ANN401 - passed through
    """Run the command in a process of its own, to its end."""
    with start(*arguments, **options) as running:
        out, err = running.communicate(timeout=600)
    return Outcome(running.returncode, out or "", err or "")


@pytest.fixture(scope="session")
def first_use(tmp_path_factory: pytest.TempPathFactory) -> FirstUse:
    """The owner's review, and the first question asked about it. Copy the folder before altering anything in it."""
    data = tmp_path_factory.mktemp("first") / "data"
    furnish(data)
    return FirstUse(data, process("ask", QUESTION, "--json", "--data", data))


@pytest.fixture(scope="session")
def indexed(first_use: FirstUse) -> Path:
    """A data folder with the owner's review and its index, for reading alone."""
    return first_use.data


def copy_of(data: Path, target: Path) -> Path:
    """Another data folder of the same content, which may be altered; the encoder's big files are shared by links."""

    def copy(source: str, destination: str) -> str:
        if Path(source).stat().st_size > 1_000_000:
            os.link(source, destination)
            return destination
        return shutil.copy2(source, destination)

    return Path(shutil.copytree(data, target, copy_function=copy))


@pytest.fixture
def data(indexed: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, indexed."""
    return copy_of(indexed, tmp_path / "data")


@pytest.fixture
def fresh(data: Path) -> Path:
    """A data folder of the test's own that was never indexed; only the encoder is there, so that it needn't be made."""
    (data / ".index" / "manifest.json").unlink()
    shutil.rmtree(data / ".index" / "collections")
    return data


@pytest.fixture(scope="session")
def two_reviews(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two reviews and its index, for reading alone."""
    data = copy_of(indexed, tmp_path_factory.mktemp("two") / "data")
    (data / "reviews" / "the-lighthouse-keeper.md").write_text(SECOND_REVIEW, encoding="utf-8")
    assert process("index", "--data", data).code == 0
    return data


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command within this process, with both streams captured."""
    for name in TASTES - {"TERM", "COLUMNS", "LINES"}:
        monkeypatch.delenv(name, raising=False)
    # What the program sets for its own process has to be as before for the next test.
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    thresholds = gc.get_threshold()

    def run(*arguments: str | Path, typed: Sequence[str] = ()) -> Outcome:
        lines = "".join(f"{line}\n" for line in typed)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode()), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments)])
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Outcome(end.value.code, out, err)

    yield run
    gc.set_threshold(*thresholds)
