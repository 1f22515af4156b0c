"""Bring reviews into a data folder from files, folders, archives and tables: preview, one question, store, summary."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.output.additions import print_left_out, print_one, print_table
from bot.cli.output.console import notice, say
from bot.cli.output.progress import counted_progress
from bot.cli.output.wording import counted
from bot.cli.prompts import Prompter
from embeddings import SHARED

if TYPE_CHECKING:
    from embeddings import Addition, Candidates


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for what is brought in.

    Attributes:
        collection: where the reviews belong.
        slug: the slug that a single review is to have, or None.
        yes: whether reviews are added without asking.
        replace: whether reviews replace those of the same title.
        dry_run: whether nothing is stored.
        listed: whether every review and every file left out is shown.
        by_default: whether no answer means yes, as in `init`.
        split_by_heading: whether a file about several works becomes several reviews.
    """

    collection: str = SHARED
    slug: str | None = None
    yes: bool = False
    replace: bool = False
    dry_run: bool = False
    listed: bool = False
    by_default: bool = False
    split_by_heading: bool = False


def bring_in(paths: Sequence[Path], data: Path, choices: Choices) -> tuple[Path, ...]:
    """Show what files, folders, archives and tables become, ask once, and store it. Return the files that were written.

    Raises:
        ConversionError: a path doesn't exist, or a single file can't become a review.
        ReviewFileError: a folder can't be listed, or has no review.
        ReviewStorageError: the reviews can't be stored.
        typer.Exit: the person said no.
    """
    from embeddings import ReviewStorageError, Step, collection_folder, plan_additions, read_paths

    with counted_progress("Reading") as progress:
        found = read_paths(
            paths, collection=choices.collection, split_by_heading=choices.split_by_heading, progress=progress
        )
    _check_found(paths, found, choices)
    try:
        additions = plan_additions(data, found.reviews, collection=choices.collection, slug=choices.slug)
    except ReviewStorageError as error:
        raise ReviewStorageError(f"{collection_folder(data, choices.collection)}: {error}") from error
    new = [each for each in additions if each.step is Step.ADD]
    replacing = [each for each in additions if each.step is Step.REPLACE]
    is_single = len(additions) == 1 and not found.left_out
    if is_single and not (new or replacing):
        present = additions[0].present
        say(f"{present.file if present else paths[0]}: This review is stored already. Nothing was changed.")
        return ()
    _preview(additions, found, choices, is_single=is_single)
    stored = len(additions) - len(new) - len(replacing)
    if stored:
        say(f"{counted(stored, 'review')} {'is' if stored == 1 else 'are'} stored already.")
    if not is_single and replacing and not choices.replace:
        subject, them = ("reviews have", "them") if len(replacing) > 1 else ("review has", "it")
        notice(
            f"{len(replacing)} stored {subject} other words under the same title. "
            f"Only `review-bot add --replace` replaces {them}."
        )
        replacing = []
    todo = [*new, *replacing]
    if choices.dry_run or not todo:
        say("Nothing was added." if choices.dry_run else "There is nothing to add.")
        return ()
    if new and not data.exists():
        notice(f"This makes a new data folder, {data.absolute()}.")
    _ask(len(new), len(replacing), choices)
    return _store(data, todo, choices)


def summary(written: Sequence[Path]) -> str:
    """Return what was added, in one sentence."""
    if len(written) == 1:
        return f"Added as {written[0]}."
    return f"Added {counted(len(written), 'review')} in {written[0].parent}."


def _check_found(paths: Sequence[Path], found: Candidates, choices: Choices) -> None:
    """Raise an error if nothing can be added."""
    from embeddings import ConversionError, LeftOut

    if choices.slug is not None and len(found.reviews) > 1:
        raise ConversionError(f"--name is for one review, and these are {len(found.reviews)}.")
    if found.reviews:
        return
    place = f"{paths[0]}" if len(paths) == 1 else "These files"
    if not found.left_out:
        raise ConversionError(f"{place}: There are no files that can be reviews. Name another folder or file.")
    if len(found.left_out) == 1:
        (one,) = found.left_out
        inner = "" if one.file == paths[0].name else f", {one.file}"
        line = f", line {one.line}" if one.line is not None else ""
        raise ConversionError(f"{place}{inner}{line}: {one.reason}")
    print_left_out(found.left_out, listed=choices.listed)
    unread = sum(not LeftOut(each.kind).is_intended for each in found.left_out)
    reason = "No file can become a review" if unread else "There is no review, only drafts, templates and such pages"
    raise ConversionError(f"{place}: {reason}. Nothing was added.")


def _preview(additions: Sequence[Addition], found: Candidates, choices: Choices, *, is_single: bool) -> None:
    if is_single:
        print_one(additions[0])
        return
    print_table(additions, listed=choices.listed)
    if found.left_out:
        print_left_out(found.left_out, listed=choices.listed)


def _ask(new: int, replacing: int, choices: Choices) -> None:
    """Ask the person at the terminal, and exit if the answer is no."""
    if (choices.yes or not new) and (choices.replace or not replacing):
        return
    if new + replacing == 1:
        question = "Add it?" if new else "Replace it?"
    else:
        parts = [f"add {counted(new, 'review')}"] if new else []
        parts += [f"replace {counted(replacing, 'review')}"] if replacing else []
        question = f"{' and '.join(parts).capitalize()}?"
    if choices.yes or not (sys.stdin.isatty() or choices.by_default):
        # Who wants no questions has not agreed to replace anything.
        advice = "--replace, or give it another name with --name" if replacing and not choices.replace else "--yes"
        # `init` has none of these options.
        command = "`review-bot add` for it" if choices.by_default else "the command again"
        notice(f"Nothing was added. Run {command} with {advice}.")
        raise typer.Exit(1)
    try:
        agreed = Prompter().agrees(question, default=choices.by_default)
    except KeyboardInterrupt:
        notice("Nothing was added.")
        raise
    if not agreed:
        notice("Nothing was added.")
        raise typer.Exit(1)


def _store(data: Path, todo: Sequence[Addition], choices: Choices) -> tuple[Path, ...]:
    from embeddings import ReviewStorageError, collection_folder, store_additions

    folder = collection_folder(data, choices.collection)
    written: list[Path] = []
    try:
        with counted_progress("Adding") as progress:
            for file in store_additions(data, todo, collection=choices.collection, progress=progress):
                written.append(file)  # noqa: PERF402  # those before an error count
    except (KeyboardInterrupt, ReviewStorageError) as error:
        if written:
            said = f"{len(written)} of {counted(len(todo), 'review')} were added. The same command adds the others."
            notice(said)
        if isinstance(error, ReviewStorageError):
            raise ReviewStorageError(f"{folder}: {error}") from error
        raise
    return tuple(written)
