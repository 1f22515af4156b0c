"""`review-bot add`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DATA, DataOption, parse_server_id
from bot.cli.output.console import say
from bot.cli.output.wording import for_folder


def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Files of reviews, folders, .zip archives or .csv tables.", show_default=False
        ),
    ],
    slug: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="The slug of a single review, which names its file. Default: from the title."
        ),
    ] = None,
    server: Annotated[
        int | None,
        typer.Option(
            "--server",
            metavar="SERVER",
            parser=parse_server_id,
            help="Add them only for the Discord server with this ID. Default: for everybody.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Add the reviews without asking.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace reviews of the same title without asking.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, and add nothing.")] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="Show every review, and every file that is left out with the reason.")
    ] = False,
    split_by_heading: Annotated[
        bool, typer.Option("--split-by-heading", help="Add a file about several works as several reviews.")
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Copy reviews to the data folder, from files, folders, archives and tables. Other formats become Markdown."""
    from bot.cli.additions import Choices, bring_in, summary
    from embeddings import SHARED

    collection = SHARED if server is None else str(server)
    choices = Choices(
        collection,
        slug=slug,
        yes=yes,
        replace=replace,
        dry_run=dry_run,
        listed=list_all,
        split_by_heading=split_by_heading,
    )
    if written := bring_in(paths, data, choices):
        advice = for_folder("The next question updates the index. To update it now, run `review-bot index`.", data)
        say(f"{summary(written)} {advice}")
