"""What Prometheus makes of a query, for the part of its language that the dashboard is written in.

Vectors are matched by all of their labels. A rate is the increase between the first and the last scrape of its window,
not extrapolated to the window's edges, which is what Prometheus does besides.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import promql_parser
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = Mapping[Labels, float]

_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan,
}
_AGGREGATES: Mapping[str, Callable[[Iterable[float]], float]] = {"sum": sum, "min": min, "max": max}


@dataclass(frozen=True, slots=True)
class Scrape:
    """What was exposed at a time: each metric's samples by their labels."""

    at: float
    samples: Mapping[str, Vector]

    @classmethod
    def of(cls, at: float, exposed: str) -> Scrape:
        """What a page of metrics says."""
        samples: dict[str, dict[Labels, float]] = {}
        for family in text_string_to_metric_families(exposed):
            for sample in family.samples:
                samples.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
        return cls(at, samples)


def agrees(matcher: promql_parser.Matcher, value: str) -> bool:
    """Whether a label's value is one that a query selects."""
    match matcher.op:
        case promql_parser.MatchOp.Equal:
            return value == matcher.value
        case promql_parser.MatchOp.NotEqual:
            return value != matcher.value
        case promql_parser.MatchOp.Re:
            return re.fullmatch(matcher.value, value) is not None
        case _:
            return re.fullmatch(matcher.value, value) is None


def evaluate(query: str, scrapes: Sequence[Scrape]) -> Vector:
    """What the query gives at the time of the last scrape.

    Raises:
        ValueError: it says something that the dashboard's queries don't.
    """
    return _vector(_value(promql_parser.parse(query), scrapes))


def _value(part: Any, scrapes: Sequence[Scrape]) -> float | Vector:
    match part:
        case promql_parser.NumberLiteral():
            return float(part.val)
        case promql_parser.ParenExpr():
            return _value(part.expr, scrapes)
        case promql_parser.VectorSelector():
            return _selected(part, scrapes[-1])
        case promql_parser.AggregateExpr():
            return _aggregated(part, _vector(_value(part.expr, scrapes)))
        case promql_parser.BinaryExpr():
            return _combined(str(part.op), _value(part.lhs, scrapes), _value(part.rhs, scrapes))
        case promql_parser.Call(func=function) if function.name == "time":
            return scrapes[-1].at
        case promql_parser.Call(func=function) if function.name == "rate":
            return _rate(part.args[0], scrapes)
        case promql_parser.Call(func=function) if function.name == "histogram_quantile":
            share = _value(part.args[0], scrapes)
            assert isinstance(share, float)
            return _quantile(share, _vector(_value(part.args[1], scrapes)))
    raise ValueError(f"not understood: {part}")


def _vector(value: float | Vector) -> Vector:
    return {frozenset(): value} if isinstance(value, float | int) else value


def _selected(selector: promql_parser.VectorSelector, scrape: Scrape) -> Vector:
    def wanted(labels: Labels) -> bool:
        known = dict(labels)
        return all(agrees(matcher, known.get(matcher.name, "")) for matcher in selector.matchers.matchers)

    return {labels: value for labels, value in scrape.samples.get(selector.name or "", {}).items() if wanted(labels)}


def _rate(selector: promql_parser.MatrixSelector, scrapes: Sequence[Scrape]) -> Vector:
    since = scrapes[-1].at - selector.range.total_seconds()
    seen: dict[Labels, list[tuple[float, float]]] = {}
    for scrape in scrapes:
        if scrape.at >= since:
            for labels, value in _selected(selector.vector_selector, scrape).items():
                seen.setdefault(labels, []).append((scrape.at, value))
    return {
        # A counter that has fallen began anew at nothing.
        labels: sum(after - before if after >= before else after for (_, before), (_, after) in pairwise(values))
        / (values[-1][0] - values[0][0])
        for labels, values in seen.items()
        if len(values) > 1
    }


def _aggregated(part: promql_parser.AggregateExpr, vector: Vector) -> Vector:
    by = set(part.modifier.labels) if part.modifier is not None else set()
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(frozenset(label for label in labels if label[0] in by), []).append(value)
    aggregate = _AGGREGATES[str(part.op)]
    return {labels: aggregate(values) for labels, values in groups.items()}


def _combined(sign: str, left: float | Vector, right: float | Vector) -> float | Vector:
    combine = _OPERATORS[sign]
    if isinstance(left, float):
        if isinstance(right, float):
            return combine(left, right)
        return {labels: combine(left, value) for labels, value in right.items()}
    if isinstance(right, float):
        return {labels: combine(value, right) for labels, value in left.items()}
    return {labels: combine(value, right[labels]) for labels, value in left.items() if labels in right}


def _quantile(share: float, vector: Vector) -> Vector:
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in vector.items():
        others = frozenset(label for label in labels if label[0] != "le")
        buckets.setdefault(others, []).append((float(dict(labels)["le"]), count))
    return {labels: _within(share, sorted(counts)) for labels, counts in buckets.items()}


def _within(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """The bound that this share of what was counted stays within; `buckets` are cumulative, the last without bound."""
    wanted = share * buckets[-1][1]
    if not wanted:
        return math.nan
    lower, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted:
            # As Prometheus has it: nobody knows how far beyond the last bound it was.
            return lower if math.isinf(bound) else lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return math.nan
