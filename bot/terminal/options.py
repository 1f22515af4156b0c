"""Options and arguments that several commands take, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.terminal.completing import complete_review
from embeddings.records import NO_READER

DATA = Path("data")
"""Where the reviews are unless told otherwise."""


def _nearest(context: typer.Context, data: Path) -> Path:
    """Let `--data` stand before the command or after it; the one after it counts."""
    source = context.get_parameter_source("data")
    if context.parent is None or (source is not None and source.name == "COMMANDLINE"):
        return data
    before = context.parent.params.get("data")
    return before if isinstance(before, Path) else data


DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="REVIEW_BOT_DATA",
        callback=_nearest,
        help="The folder that holds reviews/ and their index.",
    ),
]
ReaderOption = Annotated[
    str,
    typer.Option(
        "--reader",
        metavar="MODEL",
        envvar="REVIEW_BOT_READER",
        help="What reads the closest sentences again: shipped, none, or a CrossEncoder's name or folder.",
    ),
]
NoReaderOption = Annotated[bool, typer.Option("--no-reader", help="The same as --reader none.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
NoUpdateOption = Annotated[
    bool,
    typer.Option("--no-update", help="Answer from the index as it is, even when the reviews have changed."),
]
ReviewOption = Annotated[
    str | None,
    typer.Option("--review", metavar="REVIEW", autocompletion=complete_review, help="Keep to one review."),
]
QuestionArgument = Annotated[list[str], typer.Argument(metavar="QUESTION", help="In your own words.")]


def chosen_reader(reader: str, no_reader: bool) -> str:
    """The reader that two options together name."""
    return NO_READER if no_reader else reader
