"""Compare runs over the same questions: the differences, their significance, and the questions behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from embeddings.config import SIGNIFICANCE_LEVEL
from embeddings.errors import LibraryError, QuestionFileError
from embeddings.evaluation.datasets.task import JudgedQuestion
from embeddings.evaluation.datasets.trec import read_qrels, read_run
from embeddings.evaluation.metrics import Measure, passage_values
from embeddings.evaluation.runs import Fingerprint, Result, Run, grouped, load_run
from embeddings.evaluation.significance import (
    Difference,
    Floats,
    difference_of_aurocs,
    difference_of_means,
    holm,
    placement_values,
)
from embeddings.evaluation.summary import summarise, summary_record


class IncomparableRunsError(LibraryError):
    """Runs over different questions or reviews: run them again, or compare only the shared questions."""


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """A question whose measure differs between two runs."""

    id: str
    question: str
    before: float
    after: float

    @property
    def gain(self) -> float:
        """Return how much higher the measure is after."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class MeasureComparison:
    """One measure in two runs: the difference, and the questions that changed, largest loss first.

    The value of a question for `AUROC` is its placement value: the share of the questions of the other kind that its
    confidence ranks correctly.
    """

    difference: Difference
    changes: tuple[QuestionChange, ...]

    @property
    def won(self) -> int:
        """Return the number of questions with a higher value after."""
        return sum(change.gain > 0 for change in self.changes)

    @property
    def lost(self) -> int:
        """Return the number of questions with a lower value after."""
        return len(self.changes) - self.won

    @property
    def regressed(self) -> bool:
        """Return True if the measure is significantly lower after."""
        return self.difference.value < 0 and self.difference.p < SIGNIFICANCE_LEVEL


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, with each measure that both have."""

    before: str
    after: str
    measures: Mapping[Measure, MeasureComparison]


def load_runs(files: Sequence[Path], qrels: Path | None = None) -> tuple[Run, ...]:
    """Load runs from files, with distinct names.

    With `qrels`, relevance judgements, files other than those that `review-bot evaluate` saved are read as TREC runs.

    Raises:
        QuestionFileError: a file can't be read.
    """
    runs = [_load(file, qrels) for file in files]
    names = [run.name for run in runs]
    return tuple(
        replace(run, name=str(file)) if names.count(run.name) > 1 else run
        for run, file in zip(runs, files, strict=True)
    )


def check_comparable(runs: Sequence[Run]) -> None:
    """Refuse runs over different questions or different reviews.

    Raises:
        IncomparableRunsError: they are different; the message says which.
    """
    first, *others = runs
    for other in others:
        if first.fingerprint is not None and other.fingerprint is not None:
            different = fingerprint_mismatch(first.fingerprint, other.fingerprint)
        else:
            different = "questions" if _answerable(first) != _answerable(other) else None
        if different is not None:
            raise IncomparableRunsError(
                f"{first.name} and {other.name} are over different {different}. Run them again over the same, "
                "or compare the shared questions: `review-bot compare --anyway`."
            )


def on_shared_questions(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs with only the questions that all of them have.

    Raises:
        IncomparableRunsError: they share no question.
    """
    shared = set.intersection(*({result.id for result in run.results} for run in runs))
    if not shared:
        raise IncomparableRunsError(
            f"{', '.join(run.name for run in runs)}: The runs share no question. Compare other runs."
        )
    return tuple(replace(run, results=tuple(result for result in run.results if result.id in shared)) for run in runs)


def fingerprint_mismatch(first: Fingerprint, other: Fingerprint) -> str | None:
    """Return what differs between two runs, `questions` or `reviews`; None where they can be compared."""
    if first.questions != other.questions:
        return "questions"
    return "reviews" if first.corpus != other.corpus else None


def compare_all(runs: Sequence[Run]) -> tuple[RunComparison, ...]:
    """Compare every two runs. The p values of each measure are adjusted for the number of pairs (Holm)."""
    pairs = [compare_runs(before, after) for before, after in combinations(runs, 2)]
    for name in Measure:
        with_measure = [place for place, pair in enumerate(pairs) if name in pair.measures]
        adjusted = holm([pairs[place].measures[name].difference.p for place in with_measure])
        for place, p in zip(with_measure, adjusted, strict=True):
            old = pairs[place].measures[name]
            new = replace(old, difference=replace(old.difference, p=p))
            pairs[place] = replace(pairs[place], measures={**pairs[place].measures, name: new})
    return tuple(pairs)


def compare_runs(before: Run, after: Run) -> RunComparison:
    """Compare two runs over the questions that both have."""
    known = {result.id: result for result in before.results}
    pairs = [(known[result.id], result) for result in after.results if result.id in known]
    compared = {name: _compare_means(name, pairs) for name in Measure} | {Measure.AUROC: _compare_aurocs(pairs)}
    measures = {name: comparison for name, comparison in compared.items() if comparison is not None}
    return RunComparison(before.name, after.name, measures)


def _compare_means(name: Measure, pairs: Sequence[tuple[Result, Result]]) -> MeasureComparison | None:
    shared = [(old, new) for old, new in pairs if name in old.values and name in new.values]
    before = np.array([old.values[name] for old, _ in shared], dtype=np.float64)
    after = np.array([new.values[name] for _, new in shared], dtype=np.float64)
    difference = difference_of_means(before, after)
    return MeasureComparison(difference, _changes(shared, before, after)) if difference is not None else None


def _compare_aurocs(pairs: Sequence[tuple[Result, Result]]) -> MeasureComparison | None:
    shared = [
        (old, new)
        for old, new in pairs
        if old.confidence is not None and new.confidence is not None and old.answerable is new.answerable
    ]
    answerable = np.array([old.answerable for old, _ in shared], dtype=np.bool_)
    before = np.array([old.confidence for old, _ in shared], dtype=np.float64)
    after = np.array([new.confidence for _, new in shared], dtype=np.float64)
    difference = difference_of_aurocs(before, after, answerable)
    if difference is None:
        return None
    return MeasureComparison(
        difference, _changes(shared, placement_values(before, answerable), placement_values(after, answerable))
    )


def _changes(pairs: Sequence[tuple[Result, Result]], before: Floats, after: Floats) -> tuple[QuestionChange, ...]:
    changes = (
        QuestionChange(new.id, new.question or old.question, float(low), float(high))
        for (old, new), low, high in zip(pairs, before, after, strict=True)
        if low != high
    )
    return tuple(sorted(changes, key=lambda change: (change.gain, change.id)))


def _load(file: Path, qrels: Path | None) -> Run:
    if file.suffix == ".json":
        return load_run(file)
    if qrels is not None:
        return _load_trec_run(file, qrels)
    try:
        return load_run(file)
    except QuestionFileError as error:
        if not file.is_file():
            raise
        reason = (
            "The file is not a run of `review-bot evaluate --save`. To compare a TREC run, use "
            "`review-bot compare --qrels FILE` with its relevance judgements."
        )
        raise QuestionFileError(file, None, reason) from error


def _load_trec_run(file: Path, qrels: Path) -> Run:
    judgements = read_qrels(qrels)
    questions = {
        identity: JudgedQuestion(identity, "", (), judged) for identity, judged in judgements.items() if judged
    }
    rankings = {identity: ranking for identity, ranking in read_run(file).items() if identity in questions}
    values = passage_values(questions, rankings)
    return Run(file.stem, None, tuple(Result(id=name, answerable=True, values=values[name]) for name in questions))


def _answerable(run: Run) -> set[str]:
    return {result.id for result in run.results if result.answerable}


def comparison_record(runs: Sequence[Run], pairs: Sequence[RunComparison]) -> dict[str, object]:
    """Return the comparison as a JSON object."""
    return {
        "runs": [{"name": run.name, **summary_record(summarise(run.results))} for run in runs],
        "pairs": [
            {
                "before": pair.before,
                "after": pair.after,
                **differences_record(pair),
            }
            for pair in pairs
        ],
    }


def differences_record(pair: RunComparison) -> dict[str, dict[str, object]]:
    """Return the differences of a pair as a JSON object, by group and name."""
    return grouped({name: _measure_record(compared) for name, compared in pair.measures.items()})


def _measure_record(compared: MeasureComparison) -> dict[str, object]:
    difference = compared.difference
    return {
        "difference": difference.value,
        "interval": [difference.low, difference.high],
        "p": difference.p,
        "questions": difference.questions,
        "won": [change.id for change in reversed(compared.changes) if change.gain > 0],
        "lost": [change.id for change in compared.changes if change.gain < 0],
    }
