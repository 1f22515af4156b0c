"""Evaluate a trained reranker on the validation windows and, within the library, on held-out sets."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from embeddings.answering.calibration import Calibration, RerankerCalibration
from embeddings.answering.models import Models
from embeddings.encoders.base import Encoder
from embeddings.evaluation.compare import RunComparison, compare_runs
from embeddings.evaluation.datasets.task import Task
from embeddings.evaluation.evaluator import evaluate
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Run
from embeddings.evaluation.significance import auroc
from embeddings.evaluation.summary import Summary, summarise
from embeddings.library import Library
from embeddings.reranking.reranker import Reranker
from embeddings.training.windows import Window

CARD_MEASURES = (Measure.AUROC, Measure.BEST_SENTENCE, Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.NDCG)
"""The measures in the model card."""


@dataclass(frozen=True, slots=True)
class WindowMetrics:
    """The results of a reranker on the validation windows, taken one by one or as the windows of questions."""

    windows: int
    auroc: float  # the probability that a positive has a higher best score than a negative
    first: float  # the share of positives with several sentences whose best sentence answers
    middle: float  # the midpoint between the mean best scores of positives and negatives
    spread: float  # the standard deviation of the best scores


@dataclass(frozen=True, slots=True)
class RerankerEffect:
    """The measures of some questions without and with the reranker, and the paired differences."""

    without: Summary
    reranked: Summary
    comparison: RunComparison


@dataclass(frozen=True, slots=True)
class TaskEvaluation:
    """The effect of a reranker on a task, for all questions and by kind."""

    task: str
    all: RerankerEffect
    by_kind: dict[str, RerankerEffect]


def validate_windows(reranker: Reranker, windows: Sequence[Window]) -> WindowMetrics:
    """Score windows one by one."""
    return validate_questions(reranker, [[window] for window in windows])


def validate_questions(reranker: Reranker, questions: Sequence[Sequence[Window]]) -> WindowMetrics:
    """Score questions, each with its windows, of which the best sentence counts."""
    judged = [judge_windows(reranker, windows) for windows in questions]
    best_scores = np.array([each.best for each in judged])
    positive = np.array([each.is_answered for each in judged])
    estimate = auroc(best_scores, positive)
    first = [each.is_right for each in judged if each.is_answered and each.sentences > 1]
    return WindowMetrics(
        windows=sum(map(len, questions)),
        auroc=estimate.value if estimate is not None else float("nan"),
        first=float(np.mean(first)) if first else float("nan"),
        middle=float((best_scores[positive].mean() + best_scores[~positive].mean()) / 2),
        spread=float(best_scores.std()),
    )


@dataclass(frozen=True, slots=True)
class JudgedWindows:
    """What a reranker thinks of the windows of one question."""

    best: float  # the highest score of a sentence
    is_right: bool  # whether the sentence with that score answers
    is_answered: bool  # whether any sentence answers
    sentences: int


def judge_windows(reranker: Reranker, windows: Sequence[Window]) -> JudgedWindows:
    """Score the windows of one question."""
    scored = reranker.score(windows[0].question, [window.sentences for window in windows])
    best, is_right = max(
        (
            (score, place in window.gold)
            for window, of_one in zip(windows, scored, strict=True)
            for place, score in enumerate(of_one)
        ),
        key=itemgetter(0),
    )
    return JudgedWindows(best, is_right, any(window.gold for window in windows), sum(map(len, scored)))


def evaluate_reranker(
    task: Task, encoder: Encoder, reranker: Reranker, calibration: RerankerCalibration
) -> TaskEvaluation:
    """Evaluate a task with the library, without and with the reranker."""
    chosen = Calibration(calibration.thresholds, {reranker.identity.weights: calibration})
    models = Models(encoder, calibration=chosen)
    with TemporaryDirectory() as folder:
        runs = []
        for name, used in (("without", None), ("with", reranker)):
            with closing(Library.of(task.reviews, Path(folder), models.replaced(reranker=used))) as library:
                runs.append(evaluate(library, task, name=name).run)
    kinds = sorted({result.kind for result in runs[0].results if result.kind is not None})
    by_kind = {
        kind: [replace(run, results=tuple(result for result in run.results if result.kind == kind)) for run in runs]
        for kind in kinds
    }
    return TaskEvaluation(task.name, _effect(*runs), {kind: _effect(*by_kind[kind]) for kind in kinds})


def _effect(without: Run, reranked: Run) -> RerankerEffect:
    return RerankerEffect(summarise(without.results), summarise(reranked.results), compare_runs(without, reranked))
