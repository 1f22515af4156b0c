"""Shared by the tests of the command: data folders whose index the command itself has built, and ways to run it."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli.app import app, main
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


@dataclass(frozen=True, slots=True)
class FirstUse:
    """A data folder, and the outcome of the first question that was asked of it."""

    data: Path
    outcome: Outcome


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - passed through
    """Start the command in its own process, as a shell does.

    Besides those of `Popen`, the options are `prefix`, words before the command, and `without`, packages that can't be
    imported.
    """
    environment = {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    } | options.pop("environment", {})
    prefix = options.pop("prefix", ())
    program = ["-m", "bot"]
    if without := options.pop("without", ()):
        block = f"import sys; sys.modules.update(dict.fromkeys({without!r}))"
        program = ["-c", f"{block}; from bot.__main__ import main; main()"]
    inherited = {name: value for name, value in os.environ.items() if name not in SHELL_VARIABLES | BOT_VARIABLES}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        [*prefix, sys.executable, *program, *map(str, arguments)],
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


@pytest.fixture(scope="session")
def first_use(shared_folder: SharedFolder) -> FirstUse:
    """Ask the first question about the owner's review. Copy the folder before changing anything in it."""

    def ask(folder: Path) -> None:
        furnish(folder / "data")
        outcome = process("ask", QUESTION, "--json", "--data", folder / "data")
        (folder / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")

    folder = shared_folder("first-use", ask)
    return FirstUse(folder / "data", Outcome(**json.loads((folder / "outcome.json").read_text(encoding="utf-8"))))


@pytest.fixture(scope="session")
def indexed(first_use: FirstUse) -> Path:
    """A data folder with the owner's review and its index, only for reading."""
    return first_use.data


def add_whales(data: Path, folder: str = "reviews") -> Path:
    """Add a second review to a data folder, and return its file."""
    file = data / folder / "whales.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\ntitle: Whales\n---\nThey sing.\n", encoding="utf-8")
    return file


def imported(*arguments: str | Path, codes: Sequence[int] = (0,)) -> set[str]:
    """Run the command in its own process, and return the packages that it imports. It must exit with one of `codes`."""
    program = (
        "import sys\n"
        "from bot.cli.app import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        f"    assert end.code in {codes}\n"
        "    print(file=sys.stderr)\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return {name.partition(".")[0] for name in ran.stderr.splitlines()[-1].split()}


@pytest.fixture
def data(indexed: Path, tmp_path: Path) -> Path:
    """A data folder with an index that the test may change."""
    return copy_data(indexed, tmp_path / "data")


@pytest.fixture
def fresh(data: Path) -> Path:
    """A data folder without an index that the test may change. It has the encoder, which takes a second to build."""
    (data / ".index" / "manifest.json").unlink()
    shutil.rmtree(data / ".index" / "collections")
    return data


@pytest.fixture(scope="session")
def two_reviews(indexed: Path, shared_folder: SharedFolder) -> Path:
    """A data folder with two reviews and their index, only for reading."""

    def index(data: Path) -> None:
        copy_data(indexed, data)
        (data / "reviews" / "the-lighthouse-keeper.md").write_text(SECOND_REVIEW, encoding="utf-8")
        assert process("index", "--data", data).code == 0

    return shared_folder("two-reviews", index)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command in this process, with both streams captured and none of the variables above set."""
    for name in (*BOT_VARIABLES, "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    # The program sets these for its own process. They are restored for the next test.
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
