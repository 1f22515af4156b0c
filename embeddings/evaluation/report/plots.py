"""Draw plots as inline SVG; the page's style sheet has the colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from embeddings.answering.calibration import Thresholds
from embeddings.config import REPORT_BINS
from embeddings.evaluation.summary import RiskPoint

_WIDTH, _HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 18, 40
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def risk_coverage_plot(points: Sequence[RiskPoint], answered: float) -> str:
    """Draw the risk-coverage curve with the threshold of `answered`; both axes are from 0 to 1."""
    path = " ".join(f"{_x(point.coverage):.1f},{_y(point.risk):.1f}" for point in points)
    parts = [_frame("coverage: share of questions answered", "risk: share of these that are wrong")]
    parts.append(f'<polyline class="line" points="{path}"/>')
    now = [point for point in points if point.confidence >= answered]
    if now:
        x, y = _x(now[-1].coverage), _y(now[-1].risk)
        words = f"current threshold: {now[-1].coverage:.2f} of the questions answered, {now[-1].risk:.2f} of them wrong"
        parts.append(f'<circle class="now" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{escape(words)}</title></circle>')
    return _svg("Risk and coverage", parts)


def confidence_plot(answerable: Sequence[float], unanswerable: Sequence[float], thresholds: Thresholds) -> str:
    """Draw a histogram of the confidences: answerable questions above the axis, unanswerable ones below it."""
    above, below = _counts(answerable), _counts(unanswerable)
    most = max(*above, *below, 1)
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    unit = (middle - _TOP) / most
    wide = (_x(1) - _x(0)) / REPORT_BINS
    parts = []
    for kind, counts, up in (("answerable", above, True), ("unanswerable", below, False)):
        for place, count in enumerate(counts):
            if count:
                top = middle - count * unit if up else middle
                words = f"{count} {kind}, confidence {place / REPORT_BINS:.2f} to {(place + 1) / REPORT_BINS:.2f}"
                parts.append(
                    f'<rect class="{kind}" x="{_x(place / REPORT_BINS) + 0.5:.1f}" y="{top:.1f}" '
                    f'width="{wide - 1:.1f}" height="{count * unit:.1f}"><title>{words}</title></rect>'
                )
    parts.append(f'<line class="axis" x1="{_x(0)}" x2="{_x(1)}" y1="{middle}" y2="{middle}"/>')
    parts.append(_label(_x(1), _TOP + 10, "answerable", "end"))
    parts.append(_label(_x(1), _HEIGHT - _BOTTOM - 4, "unanswerable", "end"))
    for name, threshold, anchor, beside in (
        ("nearest", thresholds.nearest, "end", -4),
        ("answered", thresholds.answered, "start", 4),
    ):
        x = _x(threshold)
        parts.append(f'<line class="threshold" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
        parts.append(_label(x + beside, _TOP - 3, f"{name} from {threshold:.2f}", anchor))
    parts.extend(_label(_x(tick), _HEIGHT - _BOTTOM + 16, f"{tick:g}", "middle") for tick in _TICKS)
    parts.append(_label(_x(0.5), _HEIGHT - 6, "confidence", "middle"))
    return _svg("Confidence of answerable and unanswerable questions", parts)


def _counts(confidences: Iterable[float]) -> list[int]:
    counts = [0] * REPORT_BINS
    for confidence in confidences:
        counts[min(int(confidence * REPORT_BINS), REPORT_BINS - 1)] += 1
    return counts


def _frame(across: str, up: str) -> str:
    parts = []
    for tick in _TICKS:
        parts.append(f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(tick):.1f}" y2="{_y(tick):.1f}"/>')
        parts.append(_label(_LEFT - 6, _y(tick) + 4, f"{tick:g}", "end"))
        parts.append(_label(_x(tick), _HEIGHT - _BOTTOM + 16, f"{tick:g}", "middle"))
    parts.append(_label(_x(0.5), _HEIGHT - 6, across, "middle"))
    centre = _y(0.5)
    parts.append(f'<text transform="translate(12 {centre:.1f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    return "".join(parts)


def _svg(title: str, parts: Iterable[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
