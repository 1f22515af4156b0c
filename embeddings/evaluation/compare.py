"""Runs over the same questions side by side: how far they differ, whether that could be chance, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

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

CHANCE = 0.05
"""A two-sided p from which on a difference counts as chance."""


class IncomparableRunsError(LibraryError):
    """Runs that were made of different things: run them again, or say that they are to be compared anyway."""


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """A question whose figure differs between two runs."""

    id: str
    question: str
    before: float
    after: float

    @property
    def gain(self) -> float:
        """How much higher the figure is after."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class MeasureComparison:
    """One measure in two runs: the difference of the means, and the questions that made it, worst losses first.

    For `AUROC` a question's figure is the share of the questions of the other kind that its confidence stands
    on the right side of.
    """

    difference: Difference
    changes: tuple[QuestionChange, ...]

    @property
    def won(self) -> int:
        """How many questions have a higher figure after."""
        return sum(move.gain > 0 for move in self.changes)

    @property
    def lost(self) -> int:
        """How many have a lower one."""
        return len(self.changes) - self.won

    @property
    def regressed(self) -> bool:
        """Whether the measure fell by more than chance explains."""
        return self.difference.value < 0 and self.difference.p < CHANCE


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, and each measure that both have."""

    before: str
    after: str
    measures: Mapping[Measure, MeasureComparison]


def load_runs(files: Sequence[Path], qrels: Path | None = None) -> tuple[Run, ...]:
    """The runs in files, with names that tell them apart.

    Args:
        files: runs as `review-bot evaluate` saves them; with `qrels`, others are read as TREC runs.
        qrels: what answers the questions of the TREC runs.

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
        IncomparableRunsError: they are different; the message says in what.
    """
    first, *others = runs
    for other in others:
        if first.fingerprint is not None and other.fingerprint is not None:
            different = fingerprint_mismatch(first.fingerprint, other.fingerprint)
            if different is not None:
                raise IncomparableRunsError(_incomparable(first, other, different))
        elif _answerable(first) != _answerable(other):
            raise IncomparableRunsError(_incomparable(first, other, "questions"))


def on_shared_questions(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs with those of their questions alone that all of them have.

    Raises:
        IncomparableRunsError: there is no such question.
    """
    shared = set.intersection(*({result.id for result in run.results} for run in runs))
    if not shared:
        raise IncomparableRunsError(
            f"{', '.join(run.name for run in runs)}: there is no question that all of them have"
        )
    return tuple(replace(run, results=tuple(result for result in run.results if result.id in shared)) for run in runs)


def fingerprint_mismatch(first: Fingerprint, other: Fingerprint) -> str | None:
    """What makes two runs incomparable, in a word: `questions` or `reviews`; None where they can be compared."""
    if first.questions != other.questions:
        return "questions"
    return "reviews" if first.corpus != other.corpus else None


def compare_all(runs: Sequence[Run]) -> tuple[RunComparison, ...]:
    """Every two of the runs, each with those after it; p is adjusted for their number (Holm) in each measure."""
    pairs = [compare_runs(before, after) for before, after in combinations(runs, 2)]
    for name in Measure:
        sharing = [place for place, pair in enumerate(pairs) if name in pair.measures]
        adjusted = holm([pairs[place].measures[name].difference.p for place in sharing])
        for place, p in zip(sharing, adjusted, strict=True):
            old = pairs[place].measures[name]
            new = replace(old, difference=replace(old.difference, p=p))
            pairs[place] = replace(pairs[place], measures={**pairs[place].measures, name: new})
    return tuple(pairs)


def compare_runs(before: Run, after: Run) -> RunComparison:
    """Two runs over the questions that both have."""
    known = {result.id: result for result in before.results}
    pairs = [(known[result.id], result) for result in after.results if result.id in known]
    contrasts = {}
    for name in Measure:
        found = _auroc(pairs) if name is Measure.AUROC else _means(name, pairs)
        if found is not None:
            contrasts[name] = found
    return RunComparison(before.name, after.name, contrasts)


def _means(name: Measure, pairs: Sequence[tuple[Result, Result]]) -> MeasureComparison | None:
    shared = [(old, new) for old, new in pairs if name in old.values and name in new.values]
    before = np.array([old.values[name] for old, _ in shared], dtype=np.float64)
    after = np.array([new.values[name] for _, new in shared], dtype=np.float64)
    difference = difference_of_means(before, after)
    return MeasureComparison(difference, _moves(shared, before, after)) if difference is not None else None


def _auroc(pairs: Sequence[tuple[Result, Result]]) -> MeasureComparison | None:
    shared = [
        (old, new, old.confidence, new.confidence)
        for old, new in pairs
        if old.confidence is not None and new.confidence is not None and old.answerable is new.answerable
    ]
    answerable = np.array([old.answerable for old, _, _, _ in shared], dtype=np.bool_)
    before = np.array([confidence for _, _, confidence, _ in shared], dtype=np.float64)
    after = np.array([confidence for _, _, _, confidence in shared], dtype=np.float64)
    difference = difference_of_aurocs(before, after, answerable)
    if difference is None:
        return None
    results = [(old, new) for old, new, _, _ in shared]
    return MeasureComparison(
        difference, _moves(results, placement_values(before, answerable), placement_values(after, answerable))
    )


def _moves(
    pairs: Sequence[tuple[Result, Result]],
    before: Floats,
    after: Floats,
) -> tuple[QuestionChange, ...]:
    moves = (
        QuestionChange(new.id, new.question or old.question, float(low), float(high))
        for (old, new), low, high in zip(pairs, before, after, strict=True)
        if low != high
    )
    return tuple(sorted(moves, key=lambda move: (move.gain, move.id)))


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
        raise QuestionFileError(
            file,
            None,
            "not a run as `review-bot evaluate --save` writes it; a TREC run is compared with --qrels, which names "
            "the file of what answers its questions",
        ) from error


def _load_trec_run(file: Path, qrels: Path) -> Run:
    judgements = read_qrels(qrels)
    questions = {
        identity: JudgedQuestion(identity, "", (), judged) for identity, judged in judgements.items() if judged
    }
    rankings = {identity: ranking for identity, ranking in read_run(file).items() if identity in questions}
    values = passage_values(questions, rankings)
    results = (
        Result(
            id=identity,
            question="",
            kind=None,
            review=None,
            answerable=True,
            state=None,
            confidence=None,
            seconds=0.0,
            values=values[identity],
        )
        for identity in questions
    )
    return Run(file.stem, None, tuple(results))


def _answerable(run: Run) -> set[str]:
    return {result.id for result in run.results if result.answerable}


def _incomparable(first: Run, other: Run, different: str) -> str:
    return (
        f"{first.name} and {other.name} were run over different {different}: run them again over the same, "
        "or compare what they share with --anyway"
    )


def comparison_record(runs: Sequence[Run], pairs: Sequence[RunComparison]) -> dict[str, object]:
    """The comparison as a JSON object."""
    return {
        "runs": [{"name": run.name, **summary_record(summarise(run.results))} for run in runs],
        "pairs": [
            {
                "before": pair.before,
                "after": pair.after,
                **grouped({name: _contrast_record(found) for name, found in pair.measures.items()}),
            }
            for pair in pairs
        ],
    }


def _contrast_record(found: MeasureComparison) -> dict[str, object]:
    difference = found.difference
    return {
        "difference": difference.value,
        "interval": [difference.low, difference.high],
        "p": difference.p,
        "questions": difference.questions,
        "won": [move.id for move in reversed(found.changes) if move.gain > 0],
        "lost": [move.id for move in found.changes if move.gain < 0],
    }
