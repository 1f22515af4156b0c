"""`review-bot evaluate`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import (
    DATA,
    DataOption,
    ForceOption,
    JsonOption,
    NoRerankerOption,
    QuestionsArgument,
    RerankerOption,
    SplitOption,
    chosen_reranker,
)
from bot.cli.output.console import print_json
from bot.cli.output.progress import evaluation_progress
from bot.cli.output.wording import command_line
from embeddings import SHIPPED, LibraryError, check_output
from embeddings.evaluation import named_ranking

if TYPE_CHECKING:
    from embeddings import Library, RankingSettings
    from embeddings.evaluation import Run, Task


def evaluate(
    questions: QuestionsArgument,
    split: SplitOption = None,
    ranking: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What ranks: default (vectors and words), dense (vectors alone) or bm25 (words alone).",
            show_default=False,
        ),
    ] = "default",
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run, for `compare` and for --baseline.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Exit with 1 if a measure is significantly worse than in this saved run."),
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML report.")] = None,
    trec: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write TREC qrels and run files to this folder.")
    ] = None,
    beir: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write corpus, queries and qrels in BEIR format to this folder."),
    ] = None,
    index: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the index of a SQuAD or BEIR corpus here for next time.")
    ] = None,
    keep_identical: Annotated[
        bool,
        typer.Option(
            "--keep-identical", help="In BEIR sets whose queries are documents, leave no query out of its own ranking."
        ),
    ] = False,
    with_titles: Annotated[
        bool, typer.Option("--with-titles", help="Also ask each question with the title of its work, in five forms.")
    ] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Ask a file of questions, and measure how good the answers are."""
    try:
        weights = named_ranking(ranking)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--ranking") from error
    from embeddings.evaluation import check_task, read_bytes

    check_task(questions, split, with_titles=with_titles)
    if baseline is not None:
        read_bytes(baseline)
    from bot.cli.output.tables import print_evaluation, print_failures, print_regressions
    from embeddings.evaluation import (
        compare_with_baseline,
        evaluation_record,
        load_runs,
        open_task,
        save_run,
        write_run,
    )
    from embeddings.evaluation import evaluate as evaluate_task

    _check_writable(save, report, folders=(trec, beir), force=force)
    stored = load_runs([baseline])[0] if baseline is not None else None
    library = _library(data, weights, chosen_reranker(reranker, no_reranker))
    with (
        evaluation_progress() as show,
        open_task(
            questions,
            library,
            split=split,
            directory=index,
            keep_identical=keep_identical,
            with_titles=with_titles,
            progress=partial(show, "indexing"),
        ) as (task, asked),
    ):
        count = len(task.questions)
        if stored is not None and baseline is not None:
            _check_baseline(stored, task, asked, _renewal(questions, split, baseline, with_titles=with_titles))
        # Before the first question, because these may be refused and need no answers.
        name = save.stem if save is not None else task.name
        _export_task(task, name, trec, beir, force=force)
        evaluation = evaluate_task(
            asked,
            task,
            name=name,
            progress=lambda done: show("asking", done, count),
        )
    print_failures(evaluation.failures)
    if save is not None:
        with _writing(save):
            save_run(evaluation.run, save, force=force)
    if trec is not None:
        rankings = {outcome.question.id: outcome.ranking for outcome in evaluation.outcomes}
        with _writing(trec):
            write_run(rankings, name, trec / f"{name}.run", force=force)
    if report is not None:
        from embeddings.evaluation import write_report

        with _writing(report):
            write_report(evaluation, library.models.thresholds, report, force=force)
    if as_json:
        print_json(evaluation_record(evaluation))
    else:
        print_evaluation(evaluation)
    if stored is not None:
        compared = compare_with_baseline(stored, evaluation.run)
        if not print_regressions(stored.name, compared, quiet=as_json):
            raise typer.Exit(1)


def _library(data: Path, ranking: RankingSettings, reranker: str) -> Library:
    """Open the library with ranking weights, and build or update its index first if needed."""
    from bot.cli.library import open_library
    from embeddings import Library

    library = open_library(data, reranker=reranker)
    if library.ranking == ranking:
        return library
    library.close()
    return Library.open(data, ranking=ranking, reranker=reranker)


def _renewal(questions: Path, split: str | None, baseline: Path, *, with_titles: bool) -> str:
    """Return the command that writes a baseline again."""
    chosen = [*(["--split", split] if split is not None else []), *(["--with-titles"] if with_titles else [])]
    return command_line(["review-bot", "evaluate", str(questions), *chosen, "--save", str(baseline)])


def _check_baseline(stored: Run, task: Task, library: Library, renewal: str) -> None:
    """Refuse a baseline of other questions or reviews before the questions are asked."""
    from embeddings.evaluation import IncomparableRunsError, fingerprint, fingerprint_mismatch, library_settings

    now = fingerprint(task, library.models.encoder.identity, library_settings(library))
    different = fingerprint_mismatch(stored.fingerprint, now) if stored.fingerprint is not None else "questions"
    if different is not None:
        raise IncomparableRunsError(
            f"The run {stored.name} has different {different}, so it can't show whether answers got worse. "
            f"Check the new figures, then renew it with `{renewal}`."
        )


def _export_task(task: Task, run: str, trec: Path | None, beir: Path | None, *, force: bool) -> None:
    """Write the questions and their judgements, and check that the run can be written too."""
    from embeddings.evaluation import is_run_of, write_beir, write_qrels

    if trec is not None:
        judgements = {question.id: question.judgements for question in task.questions}
        with _writing(trec):
            check_output(trec / f"{run}.run", is_run_of(run), force=force)
            write_qrels(judgements, trec / f"{task.name}.qrels", force=force)
    if beir is not None:
        with _writing(beir):
            write_beir(task, beir, force=force)


def _check_writable(save: Path | None, report: Path | None, folders: Sequence[Path | None], *, force: bool) -> None:
    """Create the folders to write to, so that errors appear before any question is asked."""
    from embeddings.evaluation import is_report, is_run

    if save is not None and report is not None and save.resolve() == report.resolve():
        raise typer.BadParameter("Name different files.", param_hint="--save and --report")
    files = [(file, is_ours) for file, is_ours in ((save, is_run), (report, is_report)) if file is not None]
    for file, is_ours in files:
        with _writing(file):
            check_output(file, is_ours, force=force)
    for folder in (*(file.parent for file, _ in files), *filter(None, folders)):
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into an error that names the file or folder."""
    try:
        yield
    except OSError as error:
        raise LibraryError(f"{path}: It can't be written ({error.strerror}). Name another place.") from error
