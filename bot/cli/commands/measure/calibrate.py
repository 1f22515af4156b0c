"""`review-bot calibrate`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import (
    DATA,
    DataOption,
    JsonOption,
    NoRerankerOption,
    RerankerOption,
    SplitOption,
    chosen_reranker,
    parse_share,
)
from bot.cli.output.console import notice, print_json, say
from bot.cli.output.progress import evaluation_progress
from bot.cli.output.wording import for_folder
from bot.cli.prompts import Prompter
from embeddings import SHIPPED
from embeddings.evaluation import CALIBRATION_LOST, CALIBRATION_REFUSED, UNANSWERABLE_KINDS

if TYPE_CHECKING:
    from embeddings import Library, Thresholds


def calibrate(
    questions: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A question file, a SQuAD v2 file (.json) or a BEIR folder.", show_default=False
        ),
    ] = None,
    refuse: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            parser=parse_share,
            help="The smallest share of unanswerable questions to refuse, from 0 to 1. "
            f"Default: {CALIBRATION_REFUSED}.",
        ),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            parser=parse_share,
            help="The smallest share of answerable questions to answer, from 0 to 1, instead of --refuse.",
        ),
    ] = None,
    lose: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            parser=parse_share,
            help="The largest share of answerable questions that may find nothing, from 0 to 1.",
        ),
    ] = CALIBRATION_LOST,
    silent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="A kind of question that must find nothing, as the file names it. Can be repeated. "
            "Default: off-topic and other-film.",
        ),
    ] = None,
    split: SplitOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Store the thresholds without asking.")] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove your own thresholds. Those that come with the program apply again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the thresholds, and store nothing.")] = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Choose from a file of questions how confident an answer must be, and store these thresholds.

    They are for the index's encoder with this reranker.
    """
    if (questions is not None) == reset:
        raise typer.BadParameter("Name a question file, or use --reset alone.", param_hint="FILE")
    chosen_model = chosen_reranker(reranker, no_reranker)
    if questions is None:
        _reset(data, chosen_model)
        return
    if refuse is not None and keep is not None:
        raise typer.BadParameter("Set only one of the two goals.", param_hint="--refuse or --keep")
    from embeddings.evaluation import check_task

    check_task(questions, split)
    from bot.cli.output.tables import print_calibration, print_failures, unreachable_goal
    from embeddings import CalibrationError
    from embeddings.evaluation import (
        Goal,
        calibration_record,
        choose_thresholds,
        effect_of,
        evaluate,
        open_task,
        refit,
        store_calibration,
    )

    goal = Goal(
        refused=CALIBRATION_REFUSED if refuse is None and keep is None else refuse,
        kept=keep,
        lost=lose,
        unanswerable_kinds=UNANSWERABLE_KINDS if silent is None else tuple(silent),
    )
    library = _uncalibrated_library(data, chosen_model)
    with (
        evaluation_progress() as report,
        open_task(questions, library, split=split, progress=partial(report, "indexing")) as (task, asked),
    ):
        count = len(task.questions)
        evaluation = evaluate(asked, task, progress=lambda done: report("asking", done, count))
    print_failures(evaluation.failures)
    results = evaluation.run.results
    refitted = refit(results, library.models.scaling, library.models.scaling)
    new_results, scaling = (refitted.results, refitted.scaling) if refitted else (results, library.models.scaling)
    chosen = choose_thresholds(new_results, goal)
    before, after = effect_of(library.models.thresholds, results), effect_of(chosen.thresholds, new_results)
    if as_json:
        print_json(calibration_record(chosen, before, after, refitted))
    else:
        print_calibration(chosen, before, after, refitted)
    if chosen.unreachable:
        raise CalibrationError(unreachable_goal(chosen))
    if dry_run:
        notice("Nothing was stored.")
        return
    if not yes:
        _ask()
    stored = store_calibration(data, library, chosen.thresholds, scaling)
    notice(for_folder(f"Stored in {stored}. To undo it, run `review-bot calibrate --reset`.", data))


def _ask() -> None:
    """Ask the person at the terminal, and exit if the answer is no."""
    if not sys.stdin.isatty():
        notice("Nothing was stored. Run the command again with --yes.")
        raise typer.Exit(1)
    if not Prompter().agrees("Store the new thresholds?", default=False):
        notice("Nothing was stored.")
        raise typer.Exit(1)


def _reset(data: Path, reranker: str) -> None:
    """Remove the data folder's own thresholds, and print what that changes."""
    from bot.cli.output.tables import threshold_change
    from embeddings import CALIBRATION_FILE, CalibrationError

    file = data / CALIBRATION_FILE
    before = _thresholds(data, reranker)
    try:
        file.unlink()
    except FileNotFoundError:
        say(f"{data}: There are no thresholds of your own here. Nothing was changed.")
        return
    except OSError as error:
        raise CalibrationError(f"{file}: The file can't be removed ({error.strerror}).") from error
    say(f"{file}: Removed. The thresholds that come with review-bot apply again.")
    after = _thresholds(data, reranker)
    if before is not None and after is not None:
        say(threshold_change(before, after))


def _thresholds(data: Path, reranker: str) -> Thresholds | None:
    """Return the thresholds that apply, or None if nothing can be answered."""
    from embeddings import Library, LibraryError

    try:
        library = Library.open(data, reranker=reranker)
    except LibraryError:
        return None
    library.close()
    return library.models.thresholds


def _uncalibrated_library(data: Path, reranker: str) -> Library:
    """Open the library. If its own calibration can't be used, use the one that comes with the program."""
    from bot.cli.library import open_library
    from embeddings import CalibrationError, Library

    try:
        return open_library(data, reranker=reranker)
    except CalibrationError:
        # New thresholds are about to be chosen, but that needs the scale of the reranker's scores.
        return Library.open(data, reranker=reranker, own_calibration=False)
