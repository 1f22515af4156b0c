"""The findings as one self-contained page, in the look of the evaluation report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path

from tests.benchmarks.findings import Curve, Findings

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
<div class="wide"><table>
<thead><tr><th>check</th><th>value</th><th>target</th><th>met</th></tr></thead>
<tbody>{checks}</tbody>
</table></div>
<h2>Cost as the work grows</h2>
<div class="plots">{plots}</div>
<h2>Other figures</h2>
<div class="wide"><table>
<thead><tr><th>figure</th><th>value</th><th>unit</th></tr></thead>
<tbody>{figures}</tbody>
</table></div>
{left_out}
</body>
</html>
"""


def write_page(found: Mapping[str, Findings], file: Path) -> None:
    """Write the page, in one step."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(page(found), encoding="utf-8")
    partial.replace(file)


def page(found: Mapping[str, Findings]) -> str:
    """The page as HTML."""
    report = resources.files("embeddings.evaluation.report").joinpath("template.html").read_text(encoding="utf-8")
    style = report.partition("<style>")[2].partition("</style>")[0]
    checks = "".join(
        f"<tr><th scope=row>{escape(f'{name}: {check.name}')}</th><td>{check.value:.3f}</td>"
        f"<td>{'≥' if check.at_least else '≤'} {check.target:g}</td>"
        f'<td class="{"yes" if check.met else "no"}">{"yes" if check.met else "no"}</td></tr>'
        for name, each in found.items()
        for check in each.checks
    )
    figures = "".join(
        f"<tr><th scope=row>{escape(f'{name}: {figure.name}')}</th><td>{figure.value:,.3f}</td>"
        f"<td>{escape(figure.unit)}</td></tr>"
        for name, each in found.items()
        for figure in each.figures
    )
    curves = [curve for each in found.values() for curve in each.curves]
    plots = "".join(
        f"<figure>{plot([curve for curve in curves if curve.plot == name])}</figure>"
        for name in dict.fromkeys(curve.plot for curve in curves)
    )
    left_out = "".join(
        f"<p>{escape(f'{name}: {reason}')}</p>"
        for name, each in found.items()
        for reason in (each.skipped, each.failed)
        if reason is not None
    )
    return _PAGE.format(style=style, checks=checks, plots=plots, figures=figures, left_out=left_out)


def plot(curves: Sequence[Curve]) -> str:
    """Curves over passages as SVG: both axes logarithmic, but shares from 0 to 1 stand as they are."""
    share = curves[0].unit.startswith("share")
    across = _Axis.over([size for curve in curves for size, _ in curve.points], _LEFT, _WIDTH - _RIGHT)
    costs = [cost for curve in curves for _, cost in curve.points]
    up = _Axis(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP, linear=True) if share else _Axis.over(costs, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{up.place(tick):.1f}" y2="{up.place(tick):.1f}"/>'
        + _label(_LEFT - 6, up.place(tick) + 4, _number(tick), "end")
        for tick in up.ticks()
    ]
    parts.extend(_label(across.place(tick), _HEIGHT - _BOTTOM + 16, _number(tick), "middle") for tick in across.ticks())
    parts.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "passages", "middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(curves[0].unit)}</text>'
    )
    for number, curve in enumerate(curves):
        colour, dashes = _stroke(number)
        points = [(across.place(size), up.place(cost), size, cost) for size, cost in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        parts.append(f'<polyline points="{path}" style="fill:none;stroke:{colour};stroke-width:2;{dashes}"/>')
        parts.extend(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:{colour}">'
            f"<title>{escape(f'{curve.name}: {cost:,.3g} {curve.unit} at {size:,.0f} passages')}</title></circle>"
            for x, y, size, cost in points
        )
    key = _key(curves)
    height = _HEIGHT + _KEY_LINE * len(curves)
    title = escape(curves[0].plot)
    return (
        f'<svg viewBox="0 -18 {_WIDTH} {height + 24}" role="img" aria-label="{title}">'
        f'<text x="{_LEFT}" y="-5" style="font-weight:600">{title}</text>{"".join(parts)}{key}</svg>'
    )


class _Axis:
    """Values to places along a line, by their logarithm unless `linear`."""

    def __init__(self, low: float, high: float, first: float, last: float, *, linear: bool = False) -> None:
        self._low, self._high, self._first, self._last, self._linear = low, high, first, last, linear

    @classmethod
    def over(cls, values: Iterable[float], first: float, last: float) -> _Axis:
        """An axis of whole powers of ten that holds the values; none below a millionth is told apart."""
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


def _key(curves: Sequence[Curve]) -> str:
    lines = []
    for number, curve in enumerate(curves):
        colour, dashes = _stroke(number)
        y = _HEIGHT + _KEY_LINE * number + 8
        lines.append(
            f'<line x1="{_LEFT}" x2="{_LEFT + 24}" y1="{y - 4}" y2="{y - 4}" '
            f'style="stroke:{colour};stroke-width:2;{dashes}"/>' + _label(_LEFT + 30, y, curve.name, "start")
        )
    return "".join(lines)


def _stroke(number: int) -> tuple[str, str]:
    """A curve's colour, and its dashes once the colours are used up."""
    dashes = "stroke-dasharray:5 3" if number >= len(_COLOURS) else ""
    return f"var({_COLOURS[number % len(_COLOURS)]})", dashes


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
