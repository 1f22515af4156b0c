"""`review-bot calibrate`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import (
    DATA,
    DataOption,
    JsonOption,
    NoRerankerOption,
    QuestionsArgument,
    RerankerOption,
    SplitOption,
    chosen_reranker,
)
from bot.cli.output.console import print_json
from bot.cli.output.progress import evaluation_progress
from bot.config import CALIBRATED_LOSSES, CALIBRATED_REFUSALS
from embeddings import SHIPPED

if TYPE_CHECKING:
    from embeddings import Library
    from embeddings.evaluation import Goal


def calibrate(
    questions: QuestionsArgument,
    refuse: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help=f"The smallest share of unanswerable questions to refuse. Default: {CALIBRATED_REFUSALS}.",
        ),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="The smallest share of answerable questions to answer, instead of --refuse."
        ),
    ] = None,
    lose: Annotated[
        float, typer.Option(metavar="SHARE", help="The largest share of answerable questions that may find nothing.")
    ] = CALIBRATED_LOSSES,
    silent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="A kind of question that must find nothing. Can be repeated. Default: off-topic and other-film.",
        ),
    ] = None,
    split: SplitOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the thresholds, and store nothing.")] = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Choose and store the confidence thresholds for this encoder and this reranker."""
    from bot.cli.output.tables import print_calibration, unreachable_goal
    from embeddings import CalibrationError
    from embeddings.evaluation import calibration_record, choose_thresholds, evaluate, open_task, store_thresholds

    goal = _goal(refuse, keep, lose, silent)
    library = _uncalibrated_library(data, chosen_reranker(reranker, no_reranker))
    with (
        evaluation_progress() as report,
        open_task(questions, library, split=split, progress=partial(report, "indexing")) as (task, asked),
    ):
        count = len(task.questions)
        run = evaluate(asked, task, progress=lambda done: report("asking", done, count)).run
        chosen = choose_thresholds(run.results, goal)
        reached = not chosen.unreachable
        stored = store_thresholds(data, asked, chosen.thresholds) if reached and not dry_run else None
    if as_json:
        print_json(calibration_record(chosen))
    else:
        print_calibration(chosen, stored)
    if not reached:
        raise CalibrationError(unreachable_goal(chosen))


def _goal(refuse: float | None, keep: float | None, lose: float, silent: list[str] | None) -> Goal:
    from embeddings import CalibrationError
    from embeddings.evaluation import UNANSWERABLE_KINDS, Goal

    try:
        return Goal(
            refused=CALIBRATED_REFUSALS if refuse is None and keep is None else refuse,
            kept=keep,
            lost=lose,
            unanswerable_kinds=tuple(silent) if silent is not None else UNANSWERABLE_KINDS,
        )
    except CalibrationError as error:
        raise typer.BadParameter(str(error), param_hint="--refuse, --keep or --lose") from error


def _uncalibrated_library(data: Path, reranker: str) -> Library:
    """Open the library. If its own calibration can't be used, use the one that comes with the program."""
    from bot.cli.library import open_library
    from embeddings import CalibrationError, Library

    try:
        return open_library(data, reranker=reranker)
    except CalibrationError:
        # New thresholds are about to be chosen, but that needs the scale of the reranker's scores.
        return Library.open(data, reranker=reranker, own_calibration=False)
