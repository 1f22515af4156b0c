"""`review-bot backup` and `review-bot restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder
from embeddings import REVIEWS

if TYPE_CHECKING:
    from bot.storage.backup import Contents

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The backup, a .zip file.")]


def backup(file: FileArgument, data: DataOption = DATA) -> None:
    """Write database, reviews and question files to one file, also while the bot is running."""
    from bot.storage.backup import back_up

    contents = back_up(data, file)
    say(f"{file}: {_in_words(contents)}. The token and the index are not in it.")
    if not contents.reviews:
        notice(f"{data / REVIEWS}: no reviews are there, so there are none in the backup.")


def restore(
    file: FileArgument,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is there; all of it.")] = False,
    data: DataOption = DATA,
) -> None:
    """Check a backup, and put its content into the data folder; stop the bot first."""
    from bot.storage.restore import restore as put_back

    contents = put_back(file, data, replace=replace)
    advice = for_folder("Run `review-bot index` before you start the bot.", data)
    say(f"{data}: {_in_words(contents)}, from {contents.made}. {advice}")


def _in_words(contents: Contents) -> str:
    database = "the database" if contents.database is not None else "no database"
    others = len(contents.files) - contents.reviews - (contents.database is not None)
    return f"{counted(contents.reviews, 'review')}, {database}, {counted(others, 'other file')}"
