"""`review-bot backup` and `review-bot restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, ForceOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder
from embeddings import REVIEWS

if TYPE_CHECKING:
    from bot.storage.backup import Manifest


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to write, a .zip file.")],
    force: ForceOption = False,
    data: DataOption = DATA,
) -> None:
    """Save the database, the reviews and the question files to one file. The bot may be running."""
    from bot.storage.backup import back_up

    contents = back_up(data, file, force=force)
    say(f"{file}: {_summary(contents)}. The token and the index are not included.")
    if not contents.reviews:
        notice(f"{data / REVIEWS}: There are no reviews, so the backup has none.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to restore, a .zip file.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace everything in the data folder. Without it, a folder that holds anything is refused.",
        ),
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Check a backup, and copy its content to the data folder. Stop the bot first."""
    from bot.storage.restore import restore as restore_backup

    contents = restore_backup(file, data, replace=replace)
    advice = for_folder("Run `review-bot index` before you start the bot.", data)
    say(f"{data}: {_summary(contents)}, from {contents.made}. {advice}")


def _summary(contents: Manifest) -> str:
    database = "the database" if contents.database is not None else "no database"
    others = len(contents.files) - contents.reviews - (contents.database is not None)
    return f"{counted(contents.reviews, 'review')}, {database}, {counted(others, 'other file')}"
