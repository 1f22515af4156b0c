"""What a benchmark finds: figures held against targets, figures beside them, and how cost grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """A figure with its target: met where the value is no higher, or, with `at_least`, no lower."""

    name: str
    value: float
    target: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure without a target, for whoever reads the others."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Curve:
    """How a cost grows: `points` are (passages, cost). Curves of one `plot` are drawn together."""

    plot: str
    unit: str
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(slots=True)
class Findings:
    """What one benchmark found, or why it was skipped, or what went wrong in it."""

    checks: list[Check] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    skipped: str | None = None
    failed: str | None = None

    def check(self, name: str, value: float, target: float, *, at_least: bool = False) -> None:
        """Hold a value against a target."""
        self.checks.append(Check(name, value, target, at_least))

    def figure(self, name: str, value: float, unit: str) -> None:
        """Give a value without a target."""
        self.figures.append(Figure(name, value, unit))

    def curve(self, plot: str, unit: str, name: str, points: Iterable[tuple[float, float]]) -> None:
        """Give a cost at several sizes."""
        self.curves.append(Curve(plot, unit, name, tuple(points)))


def as_json(found: dict[str, Findings]) -> dict[str, Any]:
    """All findings as other programs read them."""
    return {
        "checks": [
            {"name": check.name, "value": check.value, "target": check.target, "met": check.met}
            for each in found.values()
            for check in each.checks
        ],
        "figures": [asdict(figure) for each in found.values() for figure in each.figures],
        "curves": [asdict(curve) for each in found.values() for curve in each.curves],
        "skipped": {name: each.skipped for name, each in found.items() if each.skipped is not None},
        "failed": {name: each.failed for name, each in found.items() if each.failed is not None},
    }
