"""How good a trained reranker is: on windows kept back, and through the library on sets that no training saw."""

from __future__ import annotations

from collections.abc import Sequence
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

SHOWN = (Measure.AUROC, Measure.BEST_SENTENCE, Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.NDCG)
"""The measures that the model card gives of the library with and without the reranker."""


@dataclass(frozen=True, slots=True)
class WindowMetrics:
    """What a reranker makes of windows that it was not trained on.

    Attributes:
        windows: how many there are.
        auroc: how often the best score of a window that answers is above that of one that doesn't.
        first: the share of the windows that answer whose best sentence does, where they have several sentences.
        middle: half-way between the mean best scores of both kinds.
        spread: the standard deviation of the best scores.
    """

    windows: int
    auroc: float
    first: float
    middle: float
    spread: float


@dataclass(frozen=True, slots=True)
class Worth:
    """Some questions asked without the reranker and with it, and the paired differences."""

    without: Summary
    reading: Summary
    pair: RunComparison


@dataclass(frozen=True, slots=True)
class Judged:
    """What the reranker is worth on a task, in all and by kind of question."""

    task: str
    all: Worth
    by_kind: dict[str, Worth]


def validate_windows(reranker: Reranker, windows: Sequence[Window]) -> WindowMetrics:
    """Read windows one by one."""
    best, answers, first = [], [], []
    for window in windows:
        (scores,) = reranker.score(window.question, [window.sentences])
        best.append(max(scores))
        answers.append(bool(window.gold))
        if window.gold and len(window.sentences) > 1:
            first.append(int(np.argmax(scores)) in window.gold)
    sure, right = np.array(best), np.array(answers)
    estimate = auroc(sure, right)
    return WindowMetrics(
        windows=len(windows),
        auroc=estimate.value if estimate is not None else float("nan"),
        first=float(np.mean(first)) if first else float("nan"),
        middle=float((sure[right].mean() + sure[~right].mean()) / 2),
        spread=float(sure.std()),
    )


def evaluate_reranker(task: Task, encoder: Encoder, reranker: Reranker, calibration: RerankerCalibration) -> Judged:
    """Ask a task through the library, without the reranker and with it."""
    with TemporaryDirectory() as folder:
        runs = []
        for name, used in (("without", None), ("with", reranker)):
            library = Library.of(
                task.reviews,
                Path(folder),
                Models(
                    encoder,
                    reranker=used,
                    calibration=Calibration(calibration.thresholds, {reranker.identity.weights: calibration}),
                ),
            )
            try:
                runs.append(evaluate(library, task, name=name).run)
            finally:
                library.close()
    kinds = sorted({result.kind for result in runs[0].results if result.kind is not None})
    return Judged(task.name, _worth(*runs), {kind: _worth(*(_of(kind, run) for run in runs)) for kind in kinds})


def _worth(without: Run, reading: Run) -> Worth:
    return Worth(summarise(without.results), summarise(reading.results), compare_runs(without, reading))


def _of(kind: str, run: Run) -> Run:
    return replace(run, results=tuple(result for result in run.results if result.kind == kind))
