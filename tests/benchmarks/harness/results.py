"""What a benchmark reports: figures with targets, figures without, and how a cost grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """A figure with its target: the most that it may be, or, with `at_least`, the least."""

    name: str
    value: float
    target: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def limit(self) -> str:
        """The target, as people read it."""
        return f"{'≥' if self.at_least else '≤'} {self.target:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure without a target."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Curve:
    """How a cost grows: `points` are (passages, cost). Curves of one `plot` belong together."""

    plot: str
    unit: str
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Results:
    """The results of a benchmark, or why it was skipped, or why it failed."""

    checks: list[Check] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    skipped: str | None = None
    failed: str | None = None

    def check(self, name: str, value: float, target: float, *, at_least: bool = False) -> None:
        self.checks.append(Check(name, value, target, at_least))

    def figure(self, name: str, value: float, unit: str) -> None:
        self.figures.append(Figure(name, value, unit))

    def curve(self, plot: str, unit: str, name: str, points: Iterable[tuple[float, float]]) -> None:
        self.curves.append(Curve(plot, unit, name, tuple(points)))


def as_json(found: dict[str, Results]) -> dict[str, Any]:
    """Return all results as other programs read them."""
    checks = [check for each in found.values() for check in each.checks]
    return {
        "checks": [
            {"name": check.name, "value": check.value, "target": check.target, "met": check.met} for check in checks
        ],
        "figures": [asdict(figure) for each in found.values() for figure in each.figures],
        "curves": [asdict(curve) for each in found.values() for curve in each.curves],
        "skipped": {name: each.skipped for name, each in found.items() if each.skipped is not None},
        "failed": {name: each.failed for name, each in found.items() if each.failed is not None},
    }
