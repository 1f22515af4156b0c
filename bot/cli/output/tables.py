"""Print measures, their differences and the questions behind them as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.output.wording import counted
from bot.config import CHANGED_QUESTIONS
from embeddings import State
from embeddings.evaluation import (
    NO_KIND,
    PERMUTATIONS,
    Calibration,
    Estimate,
    Evaluation,
    Measure,
    MeasureComparison,
    QuestionChange,
    Run,
    RunComparison,
    Summary,
    SweepRun,
    aurc,
    by_kind,
    by_review,
    risk_coverage,
    seconds_record,
    summarise,
)

_SWEEP_MEASURES = (
    Measure.NDCG,
    Measure.RECALL,
    Measure.FIRST_QUOTE,
    Measure.THREE_QUOTES,
    Measure.AUROC,
    Measure.KEPT,
    Measure.REFUSED,
)
_KIND_MEASURES = (Measure.NDCG, Measure.FIRST_QUOTE, Measure.KEPT, Measure.REFUSED)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print a run's measures with their confidence intervals, its states, and the measures by kind and by review."""
    console = Console(highlight=False, soft_wrap=True)
    results = evaluation.run.results
    summary = summarise(results)
    console.print(
        Text(
            f"{evaluation.run.name}: {counted(summary.questions, 'question')}, {summary.answerable} of them answerable"
        )
    )
    console.print(_measures(summary))
    console.print(_states(summary))
    for title, groups in (("kind", by_kind(results)), ("review", by_review(results))):
        if len(groups.keys() - {NO_KIND}) > 1:
            console.print(_groups(title, groups))
    risk = aurc(risk_coverage(results))
    if risk is not None:
        console.print(Text(f"Area under the risk-coverage curve (AURC): {figure(risk)}"))
    seconds = seconds_record(results)
    mean = seconds["total"] / len(results)
    console.print(Text(f"Time per question: mean {_milliseconds(mean)}, p95 {_milliseconds(seconds['p95'])}."))


def print_regressions(pair: RunComparison, *, quiet: bool) -> bool:
    """Print on stderr which measures are significantly worse, with the questions behind it. Return True if none is.

    Args:
        pair: the stored run, then this one.
        quiet: print nothing if no measure is worse.
    """
    worse = {name: contrast for name, contrast in pair.measures.items() if contrast.regressed}
    for name, contrast in worse.items():
        typer.echo(
            f"{_name(name)} is significantly worse than in {pair.before}: {_difference(contrast)}. Largest losses:",
            err=True,
        )
        for move in contrast.changes[:CHANGED_QUESTIONS]:
            if move.gain < 0:
                typer.echo(f"  {_move(move)}", err=True)
    if not worse and not quiet:
        typer.echo(f"No measure is significantly worse than in {pair.before}.")
    return not worse


def print_comparison(runs: tuple[Run, ...], pairs: tuple[RunComparison, ...], listed: int) -> None:
    """Print the runs' measures side by side, then the differences of each pair and the questions behind them."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_side_by_side(runs))
    for pair in pairs:
        console.print(_contrasts(pair))
        for name in (Measure.NDCG, Measure.FIRST_QUOTE):
            contrast = pair.measures.get(name)
            if contrast is not None and contrast.changes and listed:
                _print_moves(console, name, contrast, listed)
    console.print(
        Text(
            f"p values: two-sided paired randomisation test with {PERMUTATIONS:,} permutations, DeLong's test for AUROC"
            + (", Holm-adjusted for the number of pairs." if len(pairs) > 1 else ".")
        )
    )


def print_calibration(calibration: Calibration, stored: Path | None) -> None:
    """Print the thresholds, their expected effect, and the effect of other thresholds."""
    console = Console(highlight=False, soft_wrap=True)
    thresholds = calibration.thresholds
    console.print(Text(f"answered from {figure(thresholds.answered)}, nearest from {figure(thresholds.nearest)}"))
    table = _table()
    table.add_column("cross-validated on questions left out")
    for heading in ("95% interval", "share", "questions"):
        table.add_column(heading, justify="right")
    for name, estimate in (
        ("answerable, answered", calibration.kept),
        ("unanswerable, not answered", calibration.refused),
        ("answerable, found nothing", calibration.lost),
        ("of the unanswerable kinds, refused", calibration.silenced),
    ):
        if estimate is not None:
            table.add_row(name, _interval(estimate), figure(estimate.value), str(estimate.questions))
    console.print(table)
    table = _table()
    for heading in ("answered from", "kept", "refused"):
        table.add_column(heading, justify="right")
    for point in calibration.trade_off:
        table.add_row(figure(point.threshold), figure(point.kept), figure(point.refused))
    console.print(table)
    console.print(Text(f"Stored in {stored}." if stored is not None else "Nothing was stored."))


def unreachable_goal(calibration: Calibration) -> str:
    """Return in one line why no thresholds reach the goal."""
    reasons = {
        "refused": "Too many unanswerable questions have a confidence of 1, which no threshold refuses. "
        "Use a smaller --refuse, or check these questions.",
        "silent": "A question of an unanswerable kind has a confidence of 1, which no threshold refuses. "
        "Check it, or name other kinds with --silent.",
    }
    return " ".join(
        ("The goal can't be reached, so nothing was stored.", *(reasons[part] for part in calibration.unreachable))
    )


def print_sweep(tried: Sequence[SweepRun]) -> None:
    """Print the variants in one table per question file, with a star at the best value of each measure."""
    console = Console(highlight=False, soft_wrap=True)
    for questions in dict.fromkeys(one.questions for one in tried):
        summaries = {one.variant: summarise(one.run.results).estimates for one in tried if one.questions == questions}
        table = _table()
        table.title, table.title_justify = Text(str(questions)), "left"
        table.add_column("variant", no_wrap=True, min_width=max(map(len, summaries)))
        for name in _SWEEP_MEASURES:
            table.add_column(_short(name), justify="right")
        best = {
            name: max((found[name].value for found in summaries.values() if name in found), default=None)
            for name in _SWEEP_MEASURES
        }
        for variant, found in summaries.items():
            cells = (
                f"{figure(found[name].value)}{'*' if found[name].value == best[name] else ' '}" if name in found else ""
                for name in _SWEEP_MEASURES
            )
            table.add_row(Text(variant), *cells)
        console.print(table)
    console.print(Text("* marks the highest value. `review-bot compare` shows whether differences could be chance."))


def figure(value: float) -> str:
    """Return a share to three places without the leading zero: .830."""
    # Adding zero turns a negative zero from rounding into zero.
    text = f"{round(value, 3) + 0.0:.3f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _measures(summary: Summary) -> Table:
    table = _table()
    table.add_column("")
    table.add_column("measure")
    for heading in ("95% interval", "value") if summary.is_small else ("value", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("questions", justify="right")
    group = ""
    for name, estimate in summary.estimates.items():
        interval, value = _interval(estimate), Text(figure(estimate.value))
        figures = (interval, value) if summary.is_small else (value, interval)
        table.add_row(name.group if name.group != group else "", name.label, *figures, str(estimate.questions))
        group = name.group
    return table


def _states(summary: Summary) -> Table:
    table = _table()
    table.add_column("")
    for state in State:
        table.add_column(state.value, justify="right")
    for answerable, name in ((True, "answerable"), (False, "unanswerable")):
        shares = summary.states[answerable]
        if shares:
            table.add_row(name, *(figure(shares[state]) for state in State))
    return table


def _groups(title: str, groups: dict[str, Summary]) -> Table:
    table = _table()
    table.add_column(title, no_wrap=True, min_width=max(map(len, groups)))
    table.add_column("questions", justify="right")
    for name in _KIND_MEASURES:
        table.add_column(_short(name), justify="right")
    for group, summary in groups.items():
        cells = (summary.estimates.get(name) for name in _KIND_MEASURES)
        table.add_row(
            Text(group),
            str(summary.questions),
            *(figure(cell.value) if cell is not None else "" for cell in cells),
        )
    return table


def _side_by_side(runs: tuple[Run, ...]) -> Table:
    table = _table()
    table.add_column("measure")
    summaries = [summarise(run.results) for run in runs]
    for run in runs:
        table.add_column(Text(run.name), justify="right")
    for name in Measure:
        cells = [summary.estimates.get(name) for summary in summaries]
        if any(cell is not None for cell in cells):
            table.add_row(_name(name), *(figure(cell.value) if cell is not None else "" for cell in cells))
    return table


def _contrasts(pair: RunComparison) -> Table:
    table = _table()
    table.title = Text(f"{pair.before} → {pair.after}")
    table.title_justify = "left"
    table.add_column("measure")
    for heading in ("difference", "95% interval", "p", "won", "lost"):
        table.add_column(heading, justify="right")
    for name, contrast in pair.measures.items():
        difference = contrast.difference
        table.add_row(
            _name(name),
            _signed(difference.value),
            Text(f"[{_signed(difference.low)}, {_signed(difference.high)}]"),
            probability(difference.p),
            str(contrast.won),
            str(contrast.lost),
        )
    return table


def _print_moves(console: Console, name: Measure, contrast: MeasureComparison, listed: int) -> None:
    losses = [move for move in contrast.changes if move.gain < 0][:listed]
    gains = [move for move in reversed(contrast.changes) if move.gain > 0][:listed]
    for word, moves in (("lost", losses), ("won", gains)):
        if moves:
            console.print(Text(f"{_name(name)}, most {word}:"))
            for move in moves:
                console.print(Text(f"  {_move(move)}"))


def probability(p: float) -> str:
    """Return a p value to three places, or that it is below .001."""
    return figure(p) if p >= 0.001 else "< .001"


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _name(name: Measure) -> str:
    return f"{name.group} {name.label}"


def _short(name: Measure) -> str:
    return {Measure.FIRST_QUOTE: "quote@1", Measure.THREE_QUOTES: "quote@3"}.get(name, name.label)


def _interval(estimate: Estimate) -> Text:
    return Text(f"[{figure(estimate.low)}, {figure(estimate.high)}]")


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + figure(value)


def _difference(contrast: MeasureComparison) -> str:
    difference = contrast.difference
    return (
        f"{_signed(difference.value)} [{_signed(difference.low)}, {_signed(difference.high)}], "
        f"p {probability(difference.p)}, {contrast.lost} lost and {contrast.won} won"
    )


def _move(move: QuestionChange) -> str:
    question = f": {move.question}" if move.question else ""
    return f"{move.id} from {figure(move.before)} to {figure(move.after)}{question}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
