"""The `review-bot` command: its sub-commands put together, the one error handler, the exit codes.

Exit codes: 0 done, 1 the thing asked for failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import __version__
from bot.cli.commands import add as adding
from bot.cli.commands import ask as asking
from bot.cli.commands import backup as preserving
from bot.cli.commands import browse as reading
from bot.cli.commands import chat as chatting
from bot.cli.commands import doctor as diagnosing
from bot.cli.commands import evaluate as evaluating
from bot.cli.commands import gaps
from bot.cli.commands import index as indexing
from bot.cli.commands import init as initialising
from bot.cli.commands import run as running
from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import for_folder, messages_of
from embeddings import LibraryError

DEBUG = "REVIEW_BOT_DEBUG"
"""Set to anything, it shows the traceback of an error that nobody foresaw."""

app = typer.Typer(
    name="review-bot",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"review-bot {__version__}")
        raise typer.Exit


@app.callback()
def root(
    data: DataOption = DATA,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Answers questions about long-form reviews in the reviewer's own words, each with a citation."""


# In the order in which `--help` lists them.
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Ask and read": (
        asking.ask,
        chatting.chat,
        asking.search,
        reading.reviews,
        reading.sections,
        reading.section,
    ),
    "Keep up": (
        initialising.init,
        adding.add,
        indexing.index,
        diagnosing.doctor,
        preserving.backup,
        preserving.restore,
    ),
    "Discord": (running.run, running.sync, running.invite),
    "Measure": (
        evaluating.evaluate,
        evaluating.compare,
        evaluating.calibrate,
        evaluating.sweep,
        evaluating.label,
        gaps.gaps,
    ),
}


def _telling(command: Callable[..., None]) -> Callable[..., None]:
    """The command, whose errors are told in a line each; what these say to do is for the same data folder."""

    @wraps(command)
    def told(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except LibraryError as error:
            data = options.get("data", DATA)
            for message in messages_of(error):
                notice(for_folder(message, data) if isinstance(data, Path) else message)
            raise typer.Exit(1) from None

    return told


for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(_telling(command))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with these arguments, or the process's own, and exit."""
    # The engine's imports make objects that all live on. To look through them for garbage, as Python does at every
    # 700 of them, would take more than a tenth of what answering costs.
    gc.set_threshold(100_000)
    # numpy's products here are small; starting its threads for them costs a fifth of what answering does.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever was reading has read enough. Nothing may be left to flush when Python closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app(arguments, prog_name="review-bot", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        notice(f"Something went wrong that should not have: {error!r}; set {DEBUG}=1 to see where, and report it.")
    return 1
