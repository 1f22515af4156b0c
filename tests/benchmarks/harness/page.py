"""The results as one self-contained page, in the style of the evaluation report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path

from tests.benchmarks.harness.results import Curve, Results

_WIDTH, _HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 12, 40
_COLOURS = ("--first", "--second", "--yes", "--no", "--middle", "--quiet")
_KEY_LINE = 15

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Benchmarks</title>
<style>{style}</style>
</head>
<body>
<h1>Benchmarks</h1>
<h2>Against the targets</h2>
{checks}
<h2>Cost as the work grows</h2>
<div class="plots">{plots}</div>
<h2>Other figures</h2>
{figures}
{left_out}
</body>
</html>
"""


def write_page(found: Mapping[str, Results], file: Path) -> None:
    """Write the page in one step."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(page(found), encoding="utf-8")
    partial.replace(file)


def page(found: Mapping[str, Results]) -> str:
    """Return the page as HTML."""
    report = resources.files("embeddings.evaluation.report").joinpath("template.html").read_text(encoding="utf-8")
    checks = [
        (f"{name}: {check.name}", f"{check.value:.3f}", check.limit, "yes" if check.met else "no")
        for name, each in found.items()
        for check in each.checks
    ]
    figures = [
        (f"{name}: {figure.name}", f"{figure.value:,.3f}", figure.unit)
        for name, each in found.items()
        for figure in each.figures
    ]
    plots: dict[str, list[Curve]] = {}
    for each in found.values():
        for curve in each.curves:
            plots.setdefault(curve.plot, []).append(curve)
    reasons = [(name, reason) for name, each in found.items() for reason in (each.skipped, each.failed) if reason]
    return _PAGE.format(
        style=report.partition("<style>")[2].partition("</style>")[0],
        checks=_table(("check", "value", "target", "met"), checks),
        plots="".join(f"<figure>{plot(curves)}</figure>" for curves in plots.values()),
        figures=_table(("figure", "value", "unit"), figures),
        left_out="".join(f"<p>{escape(f'{name}: {reason}')}</p>" for name, reason in reasons),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>"
        + "".join(f'<td class="{cell if cell in ("yes", "no") else ""}">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def plot(curves: Sequence[Curve]) -> str:
    """Return curves over passages as SVG. Both axes are logarithmic, but shares have an axis from 0 to 1."""
    share = curves[0].unit.startswith("share")
    across = _Axis.over([size for curve in curves for size, _ in curve.points], _LEFT, _WIDTH - _RIGHT)
    costs = [cost for curve in curves for _, cost in curve.points]
    up = _Axis(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP, linear=True) if share else _Axis.over(costs, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        _line("grid", _LEFT, _WIDTH - _RIGHT, up.place(tick))
        + _label(_LEFT - 6, up.place(tick) + 4, _number(tick), "end")
        for tick in up.ticks()
    ]
    parts += [_label(across.place(tick), _HEIGHT - _BOTTOM + 16, _number(tick), "middle") for tick in across.ticks()]
    parts.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "passages", "middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(curves[0].unit)}</text>'
    )
    for number, curve in enumerate(curves):
        colour = f"var({_COLOURS[number % len(_COLOURS)]})"
        stroke = f"stroke:{colour};stroke-width:2" + (";stroke-dasharray:5 3" if number >= len(_COLOURS) else "")
        points = [(across.place(size), up.place(cost), size, cost) for size, cost in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        parts.append(f'<polyline points="{path}" style="fill:none;{stroke}"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:{colour}">'
            f"<title>{escape(f'{curve.name}: {cost:,.3g} {curve.unit} at {size:,.0f} passages')}</title></circle>"
            for x, y, size, cost in points
        ]
        key = _HEIGHT + _KEY_LINE * number + 8
        parts.append(_line("", _LEFT, _LEFT + 24, key - 4, stroke) + _label(_LEFT + 30, key, curve.name, "start"))
    title = escape(curves[0].plot)
    return (
        f'<svg viewBox="0 -18 {_WIDTH} {_HEIGHT + _KEY_LINE * len(curves) + 24}" role="img" aria-label="{title}">'
        f'<text x="{_LEFT}" y="-5" style="font-weight:600">{title}</text>{"".join(parts)}</svg>'
    )


class _Axis:
    """Maps values to places along a line, by their logarithm unless `linear`."""

    def __init__(self, low: float, high: float, first: float, last: float, *, linear: bool = False) -> None:
        self._low, self._high, self._first, self._last, self._linear = low, high, first, last, linear

    @classmethod
    def over(cls, values: Iterable[float], first: float, last: float) -> _Axis:
        """Return an axis of whole powers of ten for values of a millionth or more."""
        exponents = [math.log10(max(value, 1e-6)) for value in values]
        low, high = math.floor(min(exponents)), math.ceil(max(exponents))
        return cls(low, max(high, low + 1), first, last)

    def place(self, value: float) -> float:
        at = value if self._linear else math.log10(max(value, 1e-6))
        return self._first + (at - self._low) / (self._high - self._low) * (self._last - self._first)

    def ticks(self) -> list[float]:
        if self._linear:
            return [0.0, 0.25, 0.5, 0.75, 1.0]
        return [10.0**exponent for exponent in range(int(self._low), int(self._high) + 1)]


def _line(kind: str, left: float, right: float, y: float, style: str = "") -> str:
    return f'<line class="{kind}" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" style="{style}"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
