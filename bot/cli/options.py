"""Options and arguments that several commands take, worded once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.completion import complete_review
from embeddings import NO_RERANKER

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
RerankerOption = Annotated[
    str,
    typer.Option(
        "--reader",
        metavar="MODEL",
        envvar="REVIEW_BOT_READER",
        help="What reads the closest sentences again: shipped, none, or a CrossEncoder's name or folder.",
    ),
]
NoRerankerOption = Annotated[bool, typer.Option("--no-reader", help="The same as --reader none.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
NoUpdateOption = Annotated[
    bool,
    typer.Option("--no-update", help="Answer from the index as it is, even when the reviews have changed."),
]
ReviewOption = Annotated[
    str | None,
    typer.Option("--review", metavar="REVIEW", autocompletion=complete_review, help="Keep to one review."),
]
LARGEST_SERVER = 2**63 - 1
"""Discord's ids are of 64 bits, as signed numbers in the database."""


def a_day(text: str | date) -> date:
    """A day as it is typed."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write one such as 2026-11-26") from None


def a_server(text: str | int) -> int:
    """A server's id as it is typed."""
    typed = str(text)
    if not (typed.isascii() and typed.isdecimal() and 0 < int(typed) <= LARGEST_SERVER):
        raise typer.BadParameter(f"{typed!r} is no server's id, which is a number such as 123456789012345678")
    return int(typed)


def a_count(text: str | int) -> int:
    """A number of things as it is typed."""
    typed = str(text)
    if not (typed.isascii() and typed.isdecimal() and int(typed)):
        raise typer.BadParameter(f"{typed!r}: write a whole number, 1 or more")
    return int(typed)


QuestionArgument = Annotated[list[str], typer.Argument(metavar="QUESTION", help="In your own words.")]


def chosen_reranker(reranker: str, no_reranker: bool) -> str:
    """The reranker that two options together name."""
    return NO_RERANKER if no_reranker else reranker
