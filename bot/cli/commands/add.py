"""`review-bot add`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, parse_server_id
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder
from bot.cli.prompts import Prompter
from bot.config import PREVIEW_CHARACTERS

if TYPE_CHECKING:
    from embeddings import ConvertedFile


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .md, .txt, .html or .epub file.")],
    slug: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="The review's slug. Default: from the title."),
    ] = None,
    server: Annotated[
        int | None,
        typer.Option(
            "--server", metavar="SERVER", parser=parse_server_id, help="Only for the Discord server with this ID."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Add the review without asking.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the review of the same title without asking.")
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Add a review from a file. Other formats are converted to Markdown."""
    from embeddings import (
        SHARED,
        ReviewStorageError,
        add_review,
        collection_folder,
        convert_in_sandbox,
        find_review_file,
    )

    content = _content(file)
    collection = SHARED if server is None else str(server)
    candidate = convert_in_sandbox(content, file.name, slug=slug, collection=collection)
    review = candidate.review
    try:
        stored = find_review_file(data, collection, review.slug, title=review.title)
        if stored and stored.file.read_bytes() == candidate.content.encode():
            say(f"{stored.file}: This review is stored already. Nothing was changed.")
            return
        _preview(candidate, data, replaced=stored.file if stored else None)
        if not (replace if stored else yes):
            _ask(stored is not None, asked=not yes)
        place = add_review(data, collection, review.slug, candidate.content, replaces=stored.digest if stored else None)
    except ReviewStorageError as error:
        raise ReviewStorageError(f"{collection_folder(data, collection)}: {error}") from error
    advice = for_folder("The next question updates the index. To update it now, run `review-bot index`.", data)
    say(f"Added as {place}. {advice}")


def _content(file: Path) -> bytes:
    from embeddings import ConversionError, file_too_large, max_file_bytes, needs_import_extra

    if file.is_dir():
        raise ConversionError(f"{file}: This is a folder. Name a file.")
    if needs_import_extra(file.name):
        raise ConversionError(
            f"{file}: Reading {file.suffix} files needs the extra 'import'. Run `pip install '.[import]'` in the clone "
            "of review-bot, or use a .md or .txt file."
        )
    try:
        if file.stat().st_size > max_file_bytes(file.name):
            raise file_too_large(file.name)
        return file.read_bytes()
    except OSError as error:
        raise ConversionError(f"{file}: The file can't be read ({error.strerror}).") from error


def _preview(candidate: ConvertedFile, data: Path, *, replaced: Path | None) -> None:
    review = candidate.review
    words = counted(len(review.text.split()), "word")
    say(f"{review.title} ({review.slug}): {counted(len(review.sections), 'section')}, {words}")
    opening = " ".join(review.text[:PREVIEW_CHARACTERS].split())
    say(f"  {opening}{'…' if len(review.text) > PREVIEW_CHARACTERS else ''}")
    for number, section in enumerate(review.sections, 1):
        say(f"  {number}. {section.heading}{' (spoiler)' if section.spoiler else ''}")
    if candidate.converted:
        notice("Converted from another format. Check that nothing is missing.")
    if not review.has_headings:
        notice("There are no headings, so the review is a single section.")
    if replaced is not None:
        notice(f"This replaces {replaced}.")
    elif not data.exists():
        notice(f"This makes a new data folder, {data.absolute()}.")


def _ask(replaces: bool, *, asked: bool) -> None:
    """Ask the person at the terminal, and exit if the answer is no.

    Args:
        replaces: whether a review is replaced.
        asked: whether to ask at all: who wants no questions has not agreed to replace anything.
    """
    if not (asked and sys.stdin.isatty()):
        advice = "--replace, or give it another name with --name" if replaces else "--yes"
        notice(f"Nothing was added. Run the command again with {advice}.")
        raise typer.Exit(1)
    try:
        agreed = Prompter().agrees("Replace it?" if replaces else "Add it?", default=False)
    except KeyboardInterrupt:
        notice("Nothing was added.")
        raise
    if not agreed:
        notice("Nothing was added.")
        raise typer.Exit(1)
