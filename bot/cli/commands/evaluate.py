"""`review-bot evaluate` and `compare`: how good the answers are, and whether they got better.

The engine is imported inside each command, so that `--help` stays instant.
"""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, JsonOption, NoRerankerOption, RerankerOption, chosen_reranker
from bot.cli.output.console import print_json, watched
from embeddings import SHIPPED

if TYPE_CHECKING:
    from embeddings import Library, RankingSettings
    from embeddings.evaluation import Evaluation, Run, SweepRun, Task

QuestionsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A question file, a SQuAD v2 file (.json), or a BEIR folder.", show_default=False
    ),
]


def evaluate(
    questions: QuestionsArgument,
    data: DataOption = DATA,
    split: Annotated[str | None, typer.Option(help="Only the questions of this split, such as dev.")] = None,
    ranking: Annotated[str, typer.Option(help="The weights: default, dense or bm25.")] = "default",
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    as_json: JsonOption = False,
    save: Annotated[Path | None, typer.Option(help="Keep the run here, for compare and --baseline.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Exit 1 where a measure is worse than in this run, beyond chance.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page to look at.")] = None,
    trec: Annotated[Path | None, typer.Option(help="Write TREC qrels and run files to this folder.")] = None,
    beir: Annotated[Path | None, typer.Option(help="Write corpus, queries and qrels to this folder.")] = None,
    index: Annotated[
        Path | None, typer.Option(help="Keep the index of a SQuAD or BEIR corpus here for the next time.")
    ] = None,
) -> None:
    """Measure the answers on a file of questions."""
    from bot.cli.output.tables import print_evaluation, print_regressions
    from embeddings.evaluation import (
        UnknownRankingError,
        compare_runs,
        evaluation_record,
        load_runs,
        named_ranking,
        open_task,
        save_run,
    )
    from embeddings.evaluation import evaluate as evaluate_task

    try:
        weights = named_ranking(ranking)
    except UnknownRankingError as error:
        raise typer.BadParameter(str(error), param_hint="--ranking") from error
    _check_places(files=(save, report), folders=(trec, beir))
    stored = load_runs([baseline])[0] if baseline is not None else None
    library = opened_library(data, weights, chosen_reranker(reranker, no_reranker))
    with (
        progress() as tell,
        open_task(questions, library, split=split, directory=index, progress=partial(tell, "indexing")) as found,
    ):
        task, asked = found
        count = len(task.questions)
        if stored is not None and baseline is not None:
            _check_baseline(stored, task, asked, renewed_by(questions, split, baseline))
        evaluation = evaluate_task(
            asked,
            task,
            name=save.stem if save is not None else None,
            progress=lambda done: tell("asking", done, count),
        )
    if save is not None:
        with _writing(save):
            save_run(evaluation.run, save)
    _export(evaluation, trec, beir)
    if report is not None:
        from embeddings.evaluation import write_report

        with _writing(report):
            write_report(evaluation, library.models.thresholds, report)
    if as_json:
        print_json(evaluation_record(evaluation))
    else:
        print_evaluation(evaluation)
    if stored is not None and not print_regressions(compare_runs(stored, evaluation.run), quiet=as_json):
        raise typer.Exit(1)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Two runs or more, as evaluate --save keeps them.")],
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare runs over different questions or reviews, where they meet."),
    ] = False,
    qrels: Annotated[
        Path | None, typer.Option(help="What answers the questions of the runs that are TREC files.")
    ] = None,
    listed: Annotated[int, typer.Option("--questions", min=0, help="How many won and lost questions to list.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Show runs side by side, and whether their differences could be chance."""
    from bot.cli.output.console import notice
    from bot.cli.output.tables import print_comparison
    from bot.cli.output.wording import counted
    from embeddings.evaluation import check_comparable, compare_all, comparison_record, load_runs, on_shared_questions

    if len(runs) < 2:
        raise typer.BadParameter("two runs are needed, or more", param_hint="RUN")
    loaded = load_runs(runs, qrels)
    if anyway:
        asked = max(len(run.results) for run in loaded)
        loaded = on_shared_questions(loaded)
        if len(loaded[0].results) < asked:
            notice(f"Compared over the {counted(len(loaded[0].results), 'question')} that all runs have.")
    else:
        check_comparable(loaded)
    pairs = compare_all(loaded)
    if as_json:
        print_json(comparison_record(loaded, pairs))
    else:
        print_comparison(loaded, pairs, listed)


def calibrate(
    questions: QuestionsArgument,
    data: DataOption = DATA,
    refuse: Annotated[
        float | None, typer.Option(help="The least share of unanswerable questions to refuse (by default .60).")
    ] = None,
    keep: Annotated[
        float | None, typer.Option(help="Instead: the least share of answerable questions to answer.")
    ] = None,
    lose: Annotated[
        float, typer.Option(help="The largest share of answerable questions that may find nothing.")
    ] = 0.05,
    silent: Annotated[
        list[str] | None,
        typer.Option(help="A kind that must find nothing (by default off-topic and other-film)."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only the questions of this split, such as dev.")] = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the thresholds, and store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Choose when to answer and when to refuse, and store it for this encoder and this reranker."""
    from bot.cli.output.tables import print_calibration, unreachable_goal
    from embeddings import CalibrationError
    from embeddings.evaluation import (
        UNANSWERABLE_KINDS,
        Goal,
        calibration_record,
        choose_thresholds,
        open_task,
        store_thresholds,
    )
    from embeddings.evaluation import evaluate as evaluate_task

    # A mistaken goal is told before the questions are asked.
    try:
        goal = Goal(
            refused=0.6 if refuse is None and keep is None else refuse,
            kept=keep,
            lost=lose,
            silent=tuple(silent) if silent is not None else UNANSWERABLE_KINDS,
        )
    except CalibrationError as error:
        raise typer.BadParameter(str(error), param_hint="--refuse, --keep or --lose") from error
    library = _uncalibrated_library(data, chosen_reranker(reranker, no_reranker))
    with (
        progress() as tell,
        open_task(questions, library, split=split, progress=partial(tell, "indexing")) as found,
    ):
        task, asked = found
        count = len(task.questions)
        run = evaluate_task(asked, task, progress=lambda done: tell("asking", done, count)).run
        chosen = choose_thresholds(run.results, goal)
        reached = not chosen.unreachable
        stored = store_thresholds(data, asked, chosen.thresholds) if reached and not dry_run else None
    if as_json:
        print_json(calibration_record(chosen))
    else:
        print_calibration(chosen, stored)
    if not reached:
        raise CalibrationError(unreachable_goal(chosen))


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The variants and the question files, as TOML.")],
    data: DataOption = DATA,
    runs: Annotated[Path, typer.Option(help="Where the runs are kept; those that are there aren't made again.")] = Path(
        "sweep"
    ),
    split: Annotated[str | None, typer.Option(help="Only the questions of this split, such as dev.")] = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
) -> None:
    """Try variants of model, splitting, weights and reranker, and show them in one table."""
    from bot.cli.library import open_library
    from bot.cli.output.console import notice
    from bot.cli.output.tables import print_sweep
    from embeddings.evaluation import read_sweep, run_sweep

    wanted = read_sweep(file)
    library = open_library(data, reranker=chosen_reranker(reranker, no_reranker))
    tried: list[SweepRun] = []
    try:
        with progress() as tell:
            for one in run_sweep(wanted, library, runs, split=split, notify=notice, progress=tell):
                tried.append(one)
                notice(f"{one.variant} on {one.questions.name}: {'kept from before' if one.kept else 'done'}")
    finally:
        # What was tried before something failed took its time, and is worth its row.
        if tried:
            print_sweep(tried)


def label(
    questions: Annotated[
        Path, typer.Argument(metavar="FILE", help="The question file to add to; made where there is none.")
    ],
    asked: Annotated[
        Path | None,
        typer.Option("--from", help="Questions to label: a question a line, or a question file. Else you are asked."),
    ] = None,
    data: DataOption = DATA,
    kind: Annotated[str | None, typer.Option(help="The kind to note where a question has none.")] = None,
    split: Annotated[str | None, typer.Option(help="The split to note, such as dev.")] = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
) -> None:
    """Say which sentences answer new questions, and add them to a question file."""
    from bot.cli.commands.annotate import walk
    from bot.cli.library import open_library

    walk(open_library(data, reranker=chosen_reranker(reranker, no_reranker)), questions, asked, kind=kind, split=split)


def renewed_by(questions: Path, split: str | None, baseline: Path) -> str:
    """The command that makes a baseline anew."""
    chosen = ["--split", split] if split is not None else []
    return shlex.join(["review-bot", "evaluate", str(questions), *chosen, "--save", str(baseline)])


def _check_baseline(stored: Run, task: Task, library: Library, renewal: str) -> None:
    """Refuse a baseline of other questions or reviews, before the questions are asked."""
    from embeddings.evaluation import IncomparableRunsError, fingerprint, fingerprint_mismatch, library_settings

    now = fingerprint(task, library.models.encoder.identity, library_settings(library))
    different = fingerprint_mismatch(stored.fingerprint, now) if stored.fingerprint is not None else "questions"
    if different is not None:
        raise IncomparableRunsError(
            f"{stored.name} was run over different {different}, so it can't tell whether answers got worse: "
            f"look at the new figures, then renew it with `{renewal}`"
        )


def opened_library(data: Path, ranking: RankingSettings, reranker: str) -> Library:
    """The library of a data directory, built or brought up to date where that is needed, with those weights."""
    from bot.cli.library import open_library
    from embeddings import Library

    library = open_library(data, reranker=reranker)
    if library.ranking == ranking:
        return library
    library.close()
    return Library.open(data, ranking=ranking, reranker=reranker)


def _uncalibrated_library(data: Path, reranker: str) -> Library:
    """The library of a data directory, with what comes with the program where its own calibration can't be used."""
    from bot.cli.library import open_library
    from embeddings import CalibrationError, Library

    try:
        return open_library(data, reranker=reranker)
    except CalibrationError:
        # The thresholds are about to be chosen, which takes the program's own calibration of the reranker.
        return Library.open(data, reranker=reranker, own_calibration=False)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr while the block runs: what is done, how much, of how much. None where nobody sees it."""
    if not watched():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=None, visible=False)
        yield lambda what, done, total: bars.update(bar, description=what, completed=done, total=total, visible=True)


def _export(evaluation: Evaluation, trec: Path | None, beir: Path | None) -> None:
    from embeddings.evaluation import write_beir, write_qrels, write_run

    if trec is not None:
        judgements = {question.id: question.judgements for question in evaluation.task.questions}
        rankings = {outcome.question.id: outcome.ranking for outcome in evaluation.outcomes}
        with _writing(trec):
            write_qrels(judgements, trec / f"{evaluation.task.name}.qrels")
            write_run(rankings, evaluation.run.name, trec / f"{evaluation.run.name}.run")
    if beir is not None:
        with _writing(beir):
            write_beir(evaluation.task, beir)


def _check_places(files: Sequence[Path | None], folders: Sequence[Path | None]) -> None:
    """Make the folders that are to be written to, so that what is wrong with them is told before anything is asked."""
    from embeddings import LibraryError

    for file in files:
        if file is not None and file.is_dir():
            raise LibraryError(f"{file}: is a folder; name a file in it")
    for folder in (*(file.parent for file in files if file is not None), *filter(None, folders)):
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say of a file or folder that can't be written why not."""
    from embeddings import LibraryError

    try:
        yield
    except OSError as error:
        raise LibraryError(f"{path}: can't be written: {error.strerror}") from error
