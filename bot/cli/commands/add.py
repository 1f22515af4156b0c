"""`review-bot add`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder
from bot.cli.prompts import Prompter
from bot.storage.retention import LARGEST_ID

if TYPE_CHECKING:
    from embeddings import ConvertedFile

OPENING = 200
"""Characters of a review's beginning."""


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".md, .txt, a saved web page (.html), or .epub.")],
    slug: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Its short name; by default the file's, or the title.")
    ] = None,
    server: Annotated[
        int | None,
        typer.Option(
            "--server", metavar="SERVER", help="Only for the Discord server of this id.", min=1, max=LARGEST_ID
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Add it, or replace one, without asking.")] = False,
    data: DataOption = DATA,
) -> None:
    """Add a review from a file, made into Markdown where it is something else."""
    from embeddings import (
        SHARED,
        ConversionError,
        ReviewStorageError,
        add_review,
        collection_folder,
        convert_in_sandbox,
        file_too_large,
        find_review_file,
        max_file_bytes,
        needs_import_extra,
    )

    if file.is_dir():
        raise ConversionError(f"{file}: this is a folder; name a file")
    if needs_import_extra(file.name):
        raise ConversionError(
            f"{file}: {file.suffix} files can't be read without the extra 'import'; run `pip install '.[import]'` in "
            "the clone of review-bot, or bring .md or .txt"
        )
    try:
        if file.stat().st_size > max_file_bytes(file.name):
            raise file_too_large(file.name)
        content = file.read_bytes()
    except OSError as error:
        raise ConversionError(f"{file}: can't be read: {error.strerror}") from error
    collection = SHARED if server is None else str(server)
    candidate = convert_in_sandbox(content, file.name, slug=slug, collection=collection)
    review = candidate.review
    kept = find_review_file(data, collection, review.slug)
    _show(candidate, replaced=kept.file if kept else None)
    if not yes:
        if not sys.stdin.isatty():
            notice("Nothing was added: run it again with --yes.")
            raise typer.Exit(1)
        try:
            agreed = Prompter().agrees("Replace it?" if kept else "Add it?", default=False)
        except KeyboardInterrupt:
            notice("Nothing was added.")
            raise
        if not agreed:
            notice("Nothing was added.")
            raise typer.Exit(1)
    try:
        place = add_review(data, collection, review.slug, candidate.content, replaces=kept.digest if kept else None)
    except ReviewStorageError as error:
        raise ReviewStorageError(f"{collection_folder(data, collection)}: {error}") from error
    advice = for_folder("The next question brings the index up to date, or `review-bot index` now.", data)
    say(f"Added as {place}. {advice}")


def _show(candidate: ConvertedFile, *, replaced: Path | None) -> None:
    review = candidate.review
    words = counted(len(review.text.split()), "word")
    say(f"{review.title} ({review.slug}): {counted(len(review.sections), 'section')}, {words}")
    opening = " ".join(review.text[:OPENING].split())
    say(f"  {opening}{'…' if len(review.text) > OPENING else ''}")
    for number, section in enumerate(review.sections, 1):
        say(f"  {number}. {section.heading}{' (spoiler)' if section.spoiler else ''}")
    if candidate.converted:
        notice("This was made from another format: look whether it is all of the review, and nothing else.")
    if not review.has_headings:
        notice("No headings were found, so all of it is one section.")
    if replaced is not None:
        notice(f"This replaces {replaced}.")
