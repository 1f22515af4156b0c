"""`python -m embeddings.training.judge SHARED WORK OUT...` compares trained rerankers with the shipped one.

Each OUT is the folder of a training, finished or under way. Its checkpoint is exported to int8, and it answers what the
shipped reranker answers: questions about the validation documents, the same with conditions and names that they don't
have, the development questions with and without titles, the shelf of Dickens reviews, and the held-out sets. The tables
in Markdown have each measure, the difference to the shipped reranker and its 95% interval.

Rerankers are chosen by one half of the held-out documents and the `dev` splits. `--final` takes the other half and the
`held-out` splits: use it once, after everything is chosen. WORK keeps the indexes and what the shipped reranker
answered.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from embeddings.answering.calibration import Calibration, RerankerCalibration, Thresholds, packaged_calibration
from embeddings.answering.models import Models
from embeddings.documents.files import REVIEWS, review_files
from embeddings.documents.parser import read_review
from embeddings.encoders.base import Encoder
from embeddings.encoders.export import prepare_encoder
from embeddings.errors import LibraryError
from embeddings.evaluation.compare import compare_runs
from embeddings.evaluation.datasets.questions import locate_quotes, read_questions
from embeddings.evaluation.datasets.task import Task, paragraph_of_hit
from embeddings.evaluation.datasets.title_forms import with_title_forms
from embeddings.evaluation.evaluator import evaluate, library_settings
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Run, fingerprint, load_run, save_run
from embeddings.evaluation.significance import Difference, auroc, difference_of_aurocs, difference_of_means
from embeddings.evaluation.summary import summarise
from embeddings.lexicon import CONDITIONS
from embeddings.library import Library
from embeddings.reranking.reranker import OnnxReranker, Reranker
from embeddings.training.ablation import difference_text, figure_text
from embeddings.training.checkpoints import CHECKPOINT, open_checkpoints
from embeddings.training.config import JUDGED_PAIRS
from embeddings.training.datasets import HELD_OUT, read_set
from embeddings.training.examples import QuestionSet
from embeddings.training.export import export
from embeddings.training.held_out import Removal, half, held_out_task
from embeddings.training.mixture import slug, validation_windows
from embeddings.training.perturbations import Phrases, with_one_of
from embeddings.training.preparation import ENCODER, SHELF, SHELF_QUESTIONS, WINDOWS, training_sets
from embeddings.training.validate import judge_windows, validate_questions
from embeddings.training.windows import Window
from embeddings.training.windows_file import load_windows

MEASURES = {
    Measure.AUROC: "AUROC",
    Measure.BEST_SENTENCE: "best sentence",
    Measure.FIRST_QUOTE: "first quote",
    Measure.THREE_QUOTES: "any quote",
    Measure.PRECISION: "right quotes",
}
"""The columns of the table."""

_ANSWERS_ALL = Thresholds(0.0, 0.0)
_HELD_OUT_SEED = 1
_PAIR_SEED = 0
_console = Console(stderr=True)

Row = tuple[str, Mapping[Measure, tuple[float, Difference]]]
"""What was measured on, with each measure and its difference to the shipped reranker."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reranker to judge."""

    name: str
    reranker: Reranker
    calibration: RerankerCalibration


def judge(
    shared: Annotated[Path, typer.Argument(metavar="SHARED", help="The folder with data/, reader-data/ and shelf/.")],
    work: Annotated[Path, typer.Argument(metavar="WORK", help="The folder for indexes, kept for next time.")],
    outs: Annotated[list[Path], typer.Argument(metavar="OUT...", help="The folders of trainings.")],
    average: Annotated[bool, typer.Option("--average", help="Judge the mean of their weights as one.")] = False,
    questions: Annotated[int, typer.Option(help="The number of questions of each held-out task.")] = 300,
    windows_only: Annotated[
        bool, typer.Option("--windows-only", help="Ask no library: a check of a training under way.")
    ] = False,
    final: Annotated[bool, typer.Option("--final", help="Take what nothing was chosen by. Use it once.")] = False,
    data: Annotated[Path, typer.Option(help="The data folder with the reviews and their questions.")] = Path("data"),
) -> None:
    """Print how much better or worse rerankers are than the shipped one."""
    try:
        encoder = prepare_encoder(None, work / ENCODER, notify=_console.print)
        asked = _asked_windows(outs)
        shipped_reranker = OnnxReranker.open()
        packaged = packaged_calibration(encoder.identity).rerankers[shipped_reranker.identity.weights]
        shipped = Candidate(
            "shipped", shipped_reranker, RerankerCalibration(_ANSWERS_ALL, packaged.middle, packaged.spread)
        )
        candidates = [_candidate(group, work, asked) for group in ([outs] if average else [[out] for out in outs])]
        rows: dict[str, list[Row]] = {candidate.name: [] for candidate in candidates}
        for name, windows in _window_tasks(training_sets(shared, data)[0], asked):
            for candidate, row in zip(candidates, _window_rows(name, windows, shipped, candidates), strict=True):
                rows[candidate.name].append(row)
            _console.print(name)
        for task in () if windows_only else _tasks(shared, data, questions, final=final):
            for candidate, found in zip(candidates, _task_rows(task, encoder, work, shipped, candidates), strict=True):
                rows[candidate.name].extend(found)
            _console.print(task.name)
    except LibraryError as error:
        _console.print(str(error), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for candidate in candidates:
        print(table(candidate, rows[candidate.name]))  # noqa: T201 - the tables are the output


def table(candidate: Candidate, rows: Sequence[Row]) -> str:
    """Return the results of a reranker as a Markdown table."""
    calibration = candidate.calibration
    lines = [
        f"{candidate.name}, middle {calibration.middle:.2f}, spread {calibration.spread:.2f}:",
        "",
        f"| | {' | '.join(MEASURES.values())} |",
        f"| --- |{' --- |' * len(MEASURES)}",
    ]
    for name, found in rows:
        cells = (_cell(*found[measure]) if measure in found else "" for measure in MEASURES)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join((*lines, ""))


def _cell(value: float, difference: Difference) -> str:
    return f"{figure_text(value)}, {difference_text(difference)}"


def _asked_windows(outs: Sequence[Path]) -> tuple[tuple[Window, ...], ...]:
    for out in outs:
        windows = load_windows(out / WINDOWS)
        if windows is not None:
            # They are the same in all folders.
            return windows.asked
    raise LibraryError(f"{outs[0]}: The folder has no {WINDOWS}. Name the folder of a training.")


def _candidate(outs: Sequence[Path], work: Path, asked: Sequence[Sequence[Window]]) -> Candidate:
    """Return the reranker of a training, or the mean of several, in int8 as it would be shipped."""
    name = " + ".join(out.name for out in outs)
    model, tokenizer = open_checkpoints([out / CHECKPOINT for out in outs])
    file = work / f"{slug(name)}.onnx"
    export(model, tokenizer, file)
    reranker = OnnxReranker.open(file)
    metrics = validate_questions(reranker, asked)
    return Candidate(name, reranker, RerankerCalibration(_ANSWERS_ALL, metrics.middle, metrics.spread))


def _window_tasks(
    sets: Sequence[QuestionSet], asked: Sequence[Sequence[Window]]
) -> Iterator[tuple[str, list[Sequence[Window]]]]:
    """Yield the validation windows: one by one, as the library reads them, and in pairs with perturbed questions."""
    windows = validation_windows(sets)
    yield "validation windows", [[window] for _, window in windows]
    yield "validation, asked of reviews", list(asked)
    phrases = {question_set.name: Phrases(question_set, held_back=True) for question_set in sets}
    rng = random.Random(_PAIR_SEED)

    def pairs(perturb: Callable[[str, Window], str | None]) -> list[Sequence[Window]]:
        found: list[Sequence[Window]] = []
        for name, window in windows:
            question = perturb(name, window) if window.gold and len(found) < 2 * JUDGED_PAIRS else None
            if question is not None:
                found += [window], [replace(window, question=question, gold=(), answer=None)]
        return found

    yield "held-back phrases of documents", pairs(lambda name, window: phrases[name].with_condition(window, rng))
    yield "listed conditions", pairs(lambda _, window: with_one_of(CONDITIONS, window, rng))
    yield "other names", pairs(lambda name, window: phrases[name].renamed(window, rng))


def _window_rows(
    name: str, questions: Sequence[Sequence[Window]], shipped: Candidate, candidates: Sequence[Candidate]
) -> Iterator[Row]:
    """Yield the row of each candidate for questions that come with their windows."""
    before, *others = (
        [judge_windows(each.reranker, windows) for windows in questions] for each in (shipped, *candidates)
    )
    answered = np.array([each.is_answered for each in before], dtype=np.bool_)
    several = np.array([each.is_answered and each.sentences > 1 for each in before], dtype=np.bool_)
    for after in others:
        found: dict[Measure, tuple[float, Difference]] = {}
        best, old = (np.array([each.best for each in judged]) for judged in (after, before))
        right, was_right = (
            np.array([each.is_right for each in judged], dtype=np.float64) for judged in (after, before)
        )
        estimate, difference = auroc(best, answered), difference_of_aurocs(old, best, answered)
        if estimate is not None and difference is not None:
            found[Measure.AUROC] = estimate.value, difference
        moved = difference_of_means(was_right[several], right[several])
        if moved is not None:
            found[Measure.BEST_SENTENCE] = float(right[several].mean()), moved
        yield f"{name} ({len(questions)})", found


def _tasks(shared: Path, data: Path, questions: int, *, final: bool) -> Iterator[Task]:
    chosen = "held-out" if final else "dev"
    own = _question_task(data / "questions" / "never-let-me-go.jsonl", data / REVIEWS, chosen, "development")
    yield own
    titled = with_title_forms(own).questions
    yield replace(own, name="development, titled", questions=tuple(each for each in titled if each.form is not None))
    yield _question_task(SHELF_QUESTIONS[1], shared / SHELF, chosen, "Dickens shelf")
    for name in HELD_OUT:
        question_set = half(read_set(name, shared), final=final)
        for removal in Removal:
            yield held_out_task(question_set, questions, _HELD_OUT_SEED, removal)


def _question_task(file: Path, folder: Path, chosen: str, name: str) -> Task:
    reviews = tuple(read_review(path) for path in review_files(folder))
    questions = [question for question in read_questions(file) if question.split == chosen]
    return Task(name, reviews, locate_quotes(questions, reviews, file), paragraph_of_hit)


def _task_rows(
    task: Task, encoder: Encoder, work: Path, shipped: Candidate, candidates: Sequence[Candidate]
) -> Iterator[list[Row]]:
    """Yield the rows of each candidate for questions that a library answers: all of them, and those for opinions."""
    name = slug(task.name)
    with closing(Library.of(task.reviews, work / "indexes" / name, encoder)) as library:
        before = _shipped_run(library, task, work / "shipped" / f"{name}.json", shipped)
        for candidate in candidates:
            after = _run(library, task, candidate)
            rows = [_row(task.name, before, after)]
            if any(result.kind == "opinion" for result in after.results):
                rows.append(_row(f"{task.name}, opinions", _opinions(before), _opinions(after)))
            yield rows


def _opinions(run: Run) -> Run:
    return replace(run, results=tuple(result for result in run.results if result.kind == "opinion"))


def _row(name: str, before: Run, after: Run) -> Row:
    values, compared = summarise(after.results).estimates, compare_runs(before, after).measures
    found = {
        measure: (values[measure].value, compared[measure].difference)
        for measure in MEASURES
        if measure in values and measure in compared
    }
    return f"{name} ({len(after.results)})", found


def _run(library: Library, task: Task, candidate: Candidate) -> Run:
    with closing(library.reopened(models=_models(library, candidate))) as reopened:
        return evaluate(reopened, task, name=candidate.name).run


def _models(library: Library, candidate: Candidate) -> Models:
    calibration = Calibration(_ANSWERS_ALL, {candidate.reranker.identity.weights: candidate.calibration})
    return Models(library.models.encoder, reranker=candidate.reranker, calibration=calibration)


def _shipped_run(library: Library, task: Task, file: Path, shipped: Candidate) -> Run:
    """Return what the shipped reranker answered, from its file if that is about the same questions and settings."""
    with closing(library.reopened(models=_models(library, shipped))) as reopened:
        wanted = fingerprint(task, library.models.encoder.identity, library_settings(reopened))
        if file.exists() and (stored := load_run(file)).fingerprint == wanted:
            return stored
        run = evaluate(reopened, task, name=shipped.name).run
    file.parent.mkdir(parents=True, exist_ok=True)
    save_run(run, file, force=True)
    return run


if __name__ == "__main__":
    typer.run(judge)
