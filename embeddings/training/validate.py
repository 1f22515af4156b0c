"""Evaluate a trained reranker on the validation windows and, within the library, on held-out sets."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
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
    """The results of a reranker on the validation windows."""

    windows: int
    auroc: float  # the probability that a positive window has a higher best score than a negative one
    first: float  # the share of positive windows with several sentences whose best sentence answers
    middle: float  # the midpoint between the mean best scores of positive and negative windows
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
    best, answers, first = [], [], []
    for window in windows:
        (scores,) = reranker.score(window.question, [window.sentences])
        best.append(max(scores))
        answers.append(bool(window.gold))
        if window.gold and len(window.sentences) > 1:
            first.append(int(np.argmax(scores)) in window.gold)
    best_scores, positive = np.array(best), np.array(answers)
    estimate = auroc(best_scores, positive)
    return WindowMetrics(
        windows=len(windows),
        auroc=estimate.value if estimate is not None else float("nan"),
        first=float(np.mean(first)) if first else float("nan"),
        middle=float((best_scores[positive].mean() + best_scores[~positive].mean()) / 2),
        spread=float(best_scores.std()),
    )


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
