"""Summarise a run: means and shares with their intervals, overall, by kind and by review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.config import RISK_COVERAGE_POINTS, SMALL_SAMPLE_QUESTIONS
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.reliability import Reliability, judged_answers, reliability
from embeddings.evaluation.runs import Result, grouped
from embeddings.evaluation.significance import Estimate, Floats, auroc, mean
from embeddings.records import State

NO_KIND = "(none)"
"""The group of the questions without a kind, or without a review."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """A point of the risk-coverage curve."""

    confidence: float  # the lowest confidence that is answered
    coverage: float  # the share of the questions that are answered
    risk: float  # the share of these whose first quote is not relevant. An unanswerable question has no relevant quote.


@dataclass(frozen=True, slots=True)
class Summary:
    """The measures of several questions."""

    questions: int
    answerable: int
    estimates: Mapping[Measure, Estimate]  # each measure that applies to at least one question
    # The share of each state, for answerable (True) and unanswerable (False) questions; empty where there are none.
    states: Mapping[bool, Mapping[State, float]]
    reliability: Reliability | None  # of the confidences; None where no answer can be right

    @property
    def is_small(self) -> bool:
        """Return True if there are so few questions that the interval says more than the value."""
        return self.questions < SMALL_SAMPLE_QUESTIONS


def summarise(results: Sequence[Result]) -> Summary:
    """Return the measures over all results."""
    estimates = {name: mean(_values(results, name)) for name in Measure} | {Measure.AUROC: _auroc(results)}
    return Summary(
        questions=len(results),
        answerable=sum(result.answerable for result in results),
        estimates={name: estimate for name, estimate in estimates.items() if estimate is not None},
        states=states_by_kind((result.answerable, result.state) for result in results),
        reliability=reliability(results),
    )


def states_by_kind(states: Iterable[tuple[bool, State | None]]) -> dict[bool, Mapping[State, float]]:
    """Return the share of each state, for answerable (True) and unanswerable (False) questions."""
    known: dict[bool, list[State]] = {True: [], False: []}
    for answerable, state in states:
        if state is not None:
            known[answerable].append(state)
    return {
        kind: {state: found.count(state) / len(found) for state in State} if found else {}
        for kind, found in known.items()
    }


def states_record(states: Mapping[bool, Mapping[State, float]]) -> dict[str, object]:
    """Return what `states_by_kind` returned as a JSON object."""
    return {"answerable" if kind else "unanswerable": dict(shares) for kind, shares in states.items()}


def by_kind(results: Iterable[Result]) -> dict[str, Summary]:
    """Return the summary of each kind of question, by name."""
    return _by(results, lambda result: result.kind)


def by_review(results: Iterable[Result]) -> dict[str, Summary]:
    """Return the summary of each review's questions, by slug."""
    return _by(results, lambda result: result.review)


def risk_coverage(results: Sequence[Result]) -> tuple[RiskPoint, ...]:
    """Return the risk-coverage curve (El-Yaniv and Wiener, 2010): a point for each confidence, highest first.

    `judged_answers` says which answers count, and which are right.
    """
    judged = sorted(zip(*(values.tolist() for values in judged_answers(results)), strict=True), reverse=True)
    points = []
    correct = 0.0
    for answered, (confidence, value) in enumerate(judged, start=1):
        correct += value
        if answered == len(judged) or judged[answered][0] < confidence:
            points.append(RiskPoint(confidence, answered / len(judged), 1 - correct / answered))
    return tuple(points)


def aurc(points: Sequence[RiskPoint]) -> float | None:
    """Return the area under the risk-coverage curve, which is the mean risk; lower is better. None without points."""
    if not points:
        return None
    coverages = np.array([0.0, *(point.coverage for point in points)])
    return float(np.sum(np.diff(coverages) * np.array([point.risk for point in points])))


def downsampled(curve: Sequence[RiskPoint]) -> tuple[RiskPoint, ...]:
    """Return at most `RISK_COVERAGE_POINTS` points of the curve, evenly spaced and with both ends."""
    if len(curve) <= RISK_COVERAGE_POINTS:
        return tuple(curve)
    last = RISK_COVERAGE_POINTS - 1
    return tuple(curve[round(place * (len(curve) - 1) / last)] for place in range(RISK_COVERAGE_POINTS))


def summary_record(summary: Summary) -> dict[str, object]:
    """Return the summary as a JSON object; a measure that applies to no question is null."""
    values = {name: estimate.value for name, estimate in summary.estimates.items()}
    intervals = {name: [estimate.low, estimate.high] for name, estimate in summary.estimates.items()}
    figures = grouped({name: values.get(name) for name in Measure})
    figures["abstention"]["ECE"] = summary.reliability.ece if summary.reliability is not None else None
    figures["abstention"]["states"] = states_record(summary.states)
    return {
        "questions": summary.questions,
        "answerable": summary.answerable,
        **figures,
        "intervals": grouped(intervals),
    }


def _values(results: Iterable[Result], name: Measure) -> Floats:
    return np.array([result.values[name] for result in results if name in result.values], dtype=np.float64)


def _auroc(results: Iterable[Result]) -> Estimate | None:
    rated = [(result.confidence, result.answerable) for result in results if result.confidence is not None]
    return auroc(
        np.array([confidence for confidence, _ in rated], dtype=np.float64),
        np.array([answerable for _, answerable in rated], dtype=np.bool_),
    )


def _by(results: Iterable[Result], key: Callable[[Result], str | None]) -> dict[str, Summary]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result) or NO_KIND, []).append(result)
    return {name: summarise(groups[name]) for name in sorted(groups)}
