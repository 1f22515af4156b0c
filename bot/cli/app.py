"""The `review-bot` command: its sub-commands, the error handler and the exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import errno
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
from bot.cli.commands import add, ask, backup, browse, chat, config, doctor, feed, index, init, run, sync
from bot.cli.commands.measure import calibrate, compare, evaluate, gaps, label, sweep
from bot.cli.options import DATA, Command, DataOption, Group
from bot.cli.output.console import notice, say
from bot.cli.output.wording import for_folder, messages_of
from bot.config import GC_THRESHOLD
from embeddings import LibraryError, data_folder_problem, data_path_problem, remedy

DEBUG = "REVIEW_BOT_DEBUG"
"""The environment variable that shows the traceback of an unexpected error. Any value counts."""

app = typer.Typer(
    name="review-bot",
    cls=Group,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Importing rich would take longer than all the rest of `--help`.
    rich_markup_mode=None,
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Answer questions about long-form reviews in the reviewer's own words, each with a citation."""


# In the order in which `--help` lists them.
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Ask and read": (ask.ask, chat.chat, ask.search, browse.reviews, browse.sections, browse.section),
    "Maintain": (
        init.init,
        add.add,
        index.index,
        doctor.doctor,
        config.config,
        backup.backup,
        backup.restore,
    ),
    "Discord": (run.run, sync.sync, sync.invite),
    "Measure": (
        evaluate.evaluate,
        compare.compare,
        calibrate.calibrate,
        sweep.sweep,
        label.label,
        gaps.gaps,
    ),
}

# The commands of a group, by their names.
GROUPS: dict[str, tuple[str, str, dict[str, Callable[..., None]]]] = {
    "feed": (
        "Maintain",
        feed.HELP,
        {"add": feed.add, "list": feed.list_feeds, "remove": feed.remove, "update": feed.update},
    ),
}

ANYWHERE = (
    init.init,
    add.add,
    index.index,
    backup.restore,
    doctor.doctor,
    config.config,
    compare.compare,
    run.run,
    sync.invite,
)
"""The commands that make a data folder, need none, or say themselves that it is missing."""


def _reporting_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that each error is one line on stderr, with advice for the same data folder."""

    @wraps(command)
    def wrapped(*arguments: object, **options: object) -> None:
        data = options.get("data", DATA)
        try:
            if isinstance(data, Path) and (problem := _problem(command, data)):
                raise LibraryError(problem)
            command(*arguments, **options)
        except LibraryError as error:
            for message in messages_of(error):
                notice(for_folder(message, data) if isinstance(data, Path) else message)
            raise typer.Exit(1) from None

    return wrapped


def _problem(command: Callable[..., None], data: Path) -> str | None:
    """Return why a command can't use a data folder, or None. `doctor` says that itself."""
    if command in ANYWHERE:
        return None if command is doctor.doctor else data_path_problem(data)
    return data_folder_problem(data)


for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=panel)(_reporting_errors(command))
for group_name, (panel, meaning, subcommands) in GROUPS.items():
    group = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
    for name, command in subcommands.items():
        group.command(name, cls=Command)(_reporting_errors(command))
    app.add_typer(group, name=group_name, help=meaning, rich_help_panel=panel)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit.

    Args:
        arguments: the command line; None takes the process's own.
    """
    # The engine's imports make objects that live until the end. Searching them for garbage at Python's default
    # threshold takes more than a tenth of the time of an answer.
    gc.set_threshold(GC_THRESHOLD)
    # The matrices here are small. Starting numpy's threads for them takes a fifth of the time of an answer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except OSError as error:
        if not _pipe_is_closed(error):
            raise
        # The reader of the pipe has closed it. Python must have nothing left to flush when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app(arguments, prog_name="review-bot", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:
        if isinstance(error, OSError) and _pipe_is_closed(error):
            raise
        if os.environ.get(DEBUG):
            raise
        if isinstance(error, OSError) and error.strerror:
            place = f"{error.filename}: " if error.filename else ""
            notice(f"{place}The command can't go on ({error.strerror}). {remedy(error)}")
            return 1
        notice(f"Unexpected error: {error!r}. Set {DEBUG}=1 to see the traceback, and report it.")
    return 1


def _pipe_is_closed(error: OSError) -> bool:
    # Windows calls it an invalid argument.
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
