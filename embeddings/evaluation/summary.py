"""A run's figures taken together: means and shares with their intervals, overall, by kind and by review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Result, grouped
from embeddings.evaluation.significance import Estimate, Floats, auroc, mean
from embeddings.records import State

NO_KIND = "(none)"
"""Where questions without a kind, or without a review, are gathered."""

SMALL_SAMPLE = 200
"""Below so many questions the interval stands before the value: it is what they say."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What answering from a confidence on would come to.

    Attributes:
        confidence: the lowest that is answered.
        coverage: the share of all questions answered.
        risk: the share of those whose first quote is not right: nothing answers the question, or another does.
    """

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of some questions together.

    Attributes:
        questions: how many there are.
        answerable: how many of them something answers.
        estimates: each measure that applies to any of them.
        states: the share of each state, of the answerable and of the unanswerable questions; empty where
            there is none of that kind.
    """

    questions: int
    answerable: int
    estimates: Mapping[Measure, Estimate]
    states: Mapping[bool, Mapping[State, float]]


def summarise(results: Sequence[Result]) -> Summary:
    """The figures of some results together."""
    estimates = {}
    for name in Measure:
        estimate = _auroc(results) if name is Measure.AUROC else mean(_values(results, name))
        if estimate is not None:
            estimates[name] = estimate
    return Summary(
        questions=len(results),
        answerable=sum(result.answerable for result in results),
        estimates=estimates,
        states={kind: _states([r.state for r in results if r.answerable is kind]) for kind in (True, False)},
    )


def by_kind(results: Iterable[Result]) -> dict[str, Summary]:
    """The figures of each kind of question, by its name."""
    return _by(results, lambda result: result.kind)


def by_review(results: Iterable[Result]) -> dict[str, Summary]:
    """The figures of each review's questions, by its slug."""
    return _by(results, lambda result: result.review)


def risk_coverage(results: Sequence[Result]) -> tuple[RiskPoint, ...]:
    """The risk-coverage curve (El-Yaniv and Wiener, 2010), a point for each confidence, highest first.

    Questions whose quotes can't be judged (BEIR) are left out.
    """
    judged = sorted(
        (
            (result.confidence, result.values.get(Measure.FIRST_UNREFUSED, 0.0))
            for result in results
            if result.confidence is not None and (Measure.FIRST_UNREFUSED in result.values or not result.answerable)
        ),
        reverse=True,
    )
    points = []
    right = 0.0
    for place, (confidence, correct) in enumerate(judged, start=1):
        right += correct
        if place == len(judged) or judged[place][0] < confidence:
            points.append(RiskPoint(confidence, place / len(judged), 1 - right / place))
    return tuple(points)


def aurc(points: Sequence[RiskPoint]) -> float | None:
    """The mean risk over all coverages (AURC): lower is better. None where there is no point."""
    if not points:
        return None
    coverages = np.array([0.0, *(point.coverage for point in points)])
    return float(np.sum(np.diff(coverages) * np.array([point.risk for point in points])))


def downsampled(curve: Sequence[RiskPoint], limit: int = 100) -> tuple[RiskPoint, ...]:
    """At most so many points of the curve, evenly spread, its ends among them."""
    if len(curve) <= limit:
        return tuple(curve)
    return tuple(curve[round(place * (len(curve) - 1) / (limit - 1))] for place in range(limit))


def summary_record(summary: Summary) -> dict[str, object]:
    """The figures as they stand in JSON: null for a measure that applies to no question."""
    values = {name: estimate.value for name, estimate in summary.estimates.items()}
    intervals = {name: [estimate.low, estimate.high] for name, estimate in summary.estimates.items()}
    figures = grouped({name: values.get(name) for name in Measure})
    names = {True: "answerable", False: "unanswerable"}
    figures["abstention"]["states"] = {names[kind]: dict(shares) for kind, shares in summary.states.items()}
    return {
        "questions": summary.questions,
        "answerable": summary.answerable,
        **figures,
        "intervals": grouped(intervals),
    }


def _values(results: Iterable[Result], name: Measure) -> Floats:
    return np.array([result.values[name] for result in results if name in result.values], dtype=np.float64)


def _auroc(results: Iterable[Result]) -> Estimate | None:
    known = [(result.confidence, result.answerable) for result in results if result.confidence is not None]
    if not known:
        return None
    return auroc(
        np.array([confidence for confidence, _ in known], dtype=np.float64),
        np.array([answerable for _, answerable in known], dtype=np.bool_),
    )


def _states(states: Sequence[State | None]) -> Mapping[State, float]:
    known = [state for state in states if state is not None]
    return {state: known.count(state) / len(known) for state in State} if known else {}


def _by(results: Iterable[Result], key: Callable[[Result], str | None]) -> dict[str, Summary]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result) or NO_KIND, []).append(result)
    return {name: summarise(groups[name]) for name in sorted(groups)}
