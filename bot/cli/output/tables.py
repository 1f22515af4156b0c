"""Print measures, their differences and the questions behind them as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted
from bot.config import CHANGED_QUESTIONS
from embeddings import State, Thresholds
from embeddings.evaluation import (
    NO_KIND,
    PERMUTATIONS,
    Calibration,
    Difference,
    Effect,
    Estimate,
    Evaluation,
    FormComparison,
    Measure,
    MeasureComparison,
    QuestionChange,
    Refit,
    Reliability,
    Run,
    RunComparison,
    Summary,
    SweepRun,
    aurc,
    by_kind,
    by_review,
    compare_forms,
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
_FORM_MEASURES = (Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.AUROC)
_WITH_INTERVAL = (Measure.FIRST_QUOTE, Measure.THREE_QUOTES)
_KIND_MEASURES = (Measure.NDCG, Measure.FIRST_QUOTE, Measure.KEPT, Measure.REFUSED)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print a run's measures with their confidence intervals, its states, and the measures by kind and by review."""
    console = Console(highlight=False, soft_wrap=True)
    results = evaluation.as_asked
    summary = summarise(results)
    say(f"{evaluation.run.name}: {counted(summary.questions, 'question')}, {summary.answerable} of them answerable")
    if own := len(evaluation.task.own_documents):
        say(
            f"Also documents of the corpus: {counted(own, 'question')}. Each is left out of its own ranking, as "
            "BEIR does. --keep-identical keeps it."
        )
    console.print(_measures(summary))
    console.print(_states(summary))
    if forms := compare_forms(evaluation.run):
        console.print(_forms(forms))
    for title, groups in (("kind", by_kind(results)), ("review", by_review(results))):
        if len(groups.keys() - {NO_KIND}) > 1:
            console.print(_groups(title, groups))
    risk = aurc(risk_coverage(results))
    if risk is not None:
        say(f"Area under the risk-coverage curve (AURC): {figure(risk)}")
    if summary.reliability is not None:
        console.print(_reliability(summary.reliability))
        ece, chance = figure(summary.reliability.ece), figure(summary.reliability.chance)
        say(f"Expected calibration error (ECE): {ece}; {chance} is expected by chance.")
    seconds = seconds_record(results)
    mean = seconds["total"] / len(results)
    say(f"Time per question: mean {_milliseconds(mean)}, p95 {_milliseconds(seconds['p95'])}.")


def print_failures(failures: Mapping[str, str]) -> None:
    """Print on stderr why questions failed, by their ids."""
    for question, reason in failures.items():
        notice(f"{question}: The question can't be answered ({reason}). It counts as unanswered.")


def print_regressions(baseline: str, compared: Mapping[str | None, RunComparison], *, quiet: bool) -> bool:
    """Print on stderr which measures are significantly worse, with the questions behind it. Return True if none is.

    Args:
        baseline: the name of the stored run.
        compared: the stored run, then this one, as asked (None) and in each form.
        quiet: print nothing if no measure is worse.
    """
    worse = [
        (form, name, measure)
        for form, pair in compared.items()
        for name, measure in pair.measures.items()
        if measure.regressed
    ]
    for form, name, measure in worse:
        named = f"{_name(name)} of the form {form}" if form is not None else _name(name)
        notice(f"{named} is significantly worse than in {baseline}: {_difference(measure)}. Largest losses:")
        for change in measure.changes[:CHANGED_QUESTIONS]:
            if change.gain < 0:
                notice(f"  {_change(change)}")
    if not worse and not quiet:
        say(f"No measure is significantly worse than in {baseline}.")
    return not worse


def print_comparison(runs: tuple[Run, ...], pairs: tuple[RunComparison, ...], listed: int) -> None:
    """Print the runs' measures side by side, then the differences of each pair and the questions behind them."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_side_by_side(runs))
    for pair in pairs:
        console.print(_differences(pair))
        for name in (Measure.NDCG, Measure.FIRST_QUOTE):
            measure = pair.measures.get(name)
            if measure is not None and measure.changes and listed:
                _print_changes(name, measure, listed)
    say(
        f"p values: two-sided paired randomisation test with {PERMUTATIONS:,} permutations, DeLong's test for AUROC"
        + (", Holm-adjusted for the number of pairs." if len(pairs) > 1 else ".")
    )


def print_calibration(calibration: Calibration, before: Effect, after: Effect, refitted: Refit | None) -> None:
    """Print the old and the new thresholds, what they do with the questions, and the effect of other thresholds.

    `refitted` is the new scaling of the confidences; None if the old one stays.
    """
    console = Console(highlight=False, soft_wrap=True)
    say(threshold_change(before.thresholds, after.thresholds))
    console.print(
        _table(
            ("on these questions", "now", "new"),
            [
                ("answerable, answered (kept)", figure(before.kept), figure(after.kept)),
                ("unanswerable, not answered (refused)", figure(before.refused), figure(after.refused)),
                *(
                    (f"{name}, {state.value}", figure(before.states[kind][state]), figure(after.states[kind][state]))
                    for kind, name in ((True, "answerable"), (False, "unanswerable"))
                    for state in State
                ),
            ],
        )
    )
    for name, old, new in (("kept", before.kept, after.kept), ("refused", before.refused, after.refused)):
        if new < old:
            say(f"Fewer questions are {name} than now.")
    if after.thresholds.nearest == after.thresholds.answered:
        say("Both thresholds are the same, so no answer is shown as the nearest any more.")
    expected = (
        ("answerable, answered", calibration.kept),
        ("unanswerable, not answered", calibration.refused),
        ("answerable, found nothing", calibration.lost),
        ("of the unanswerable kinds, refused", calibration.silenced),
    )
    console.print(
        _table(
            ("cross-validated on questions left out", "95% interval", "share", "questions"),
            [
                (name, _interval(estimate), _figure(estimate), str(estimate.questions))
                for name, estimate in expected
                if estimate is not None
            ],
        )
    )
    console.print(
        _table(
            ("answered from", "kept", "refused"),
            [(figure(point.threshold), figure(point.kept), figure(point.refused)) for point in calibration.trade_off],
            left=0,
        )
    )
    if refitted is None:
        say("Too few first quotes are right or wrong to fit the confidence to them, so its scale stays.")
    else:
        ece = f"{figure(refitted.before.ece)} → {figure(refitted.expected.ece)} on questions left out"
        say(f"Expected calibration error (ECE) of the confidence: {ece}.")


def threshold_change(before: Thresholds, after: Thresholds) -> str:
    """Return the old and the new thresholds in one line."""
    return (
        f"answered from {figure(before.answered)} → {figure(after.answered)}, "
        f"nearest from {figure(before.nearest)} → {figure(after.nearest)}"
    )


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
        best = {
            name: max((found[name].value for found in summaries.values() if name in found), default=None)
            for name in _SWEEP_MEASURES
        }
        rows = [
            (
                variant,
                *(
                    f"{figure(found[name].value)}{'*' if found[name].value == best[name] else ' '}"
                    if name in found
                    else ""
                    for name in _SWEEP_MEASURES
                ),
            )
            for variant, found in summaries.items()
        ]
        console.print(_table(("variant", *map(_short, _SWEEP_MEASURES)), rows, title=str(questions)))
    say("* marks the highest value. `review-bot compare` shows whether differences could be chance.")


def figure(value: float) -> str:
    """Return a share to three places without the leading zero: .830."""
    # Adding zero turns a negative zero from rounding into zero.
    text = f"{round(value, 3) + 0.0:.3f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _measures(summary: Summary) -> Table:
    headings, rows, group = ["95% interval", "value"], [], ""
    for name, estimate in summary.estimates.items():
        figures = [_interval(estimate), _figure(estimate)]
        if not summary.is_small:
            figures.reverse()
        rows.append((name.group if name.group != group else "", name.label, *figures, str(estimate.questions)))
        group = name.group
    if not summary.is_small:
        headings.reverse()
    return _table(("", "measure", *headings, "questions"), rows, left=2)


def _states(summary: Summary) -> Table:
    rows = [
        (name, *(figure(summary.states[answerable][state]) for state in State))
        for answerable, name in ((True, "answerable"), (False, "unanswerable"))
        if summary.states[answerable]
    ]
    return _table(("", *(state.value for state in State)), rows)


def _forms(forms: Mapping[str, FormComparison]) -> Table:
    """Return a row for each form: a measure as asked → in that form, and the interval of the paired difference."""
    rows = []
    for form, each in forms.items():
        row = [form]
        for name in _FORM_MEASURES:
            measure = each.comparison.measures.get(name)
            asked, named = (_figure(summary.estimates.get(name)) for summary in (each.asked, each.named))
            row.append(f"{asked}→{named}")
            if name in _WITH_INTERVAL:
                row.append(_difference_interval(measure.difference) if measure is not None else "")
        rows.append(row)
    headings = [
        part for name in _FORM_MEASURES for part in (_short(name), "difference")[: 1 + (name in _WITH_INTERVAL)]
    ]
    return _table(("form", *headings), rows)


def _reliability(found: Reliability) -> Table:
    rows = [
        (f"{figure(each.low)} to {figure(each.high)}", figure(each.confidence), figure(each.right), str(each.answers))
        for each in found.bins
    ]
    return _table(("confidence", "mean", "first quote right", "questions"), rows)


def _groups(title: str, groups: dict[str, Summary]) -> Table:
    rows = [
        (group, str(summary.questions), *(_figure(summary.estimates.get(name)) for name in _KIND_MEASURES))
        for group, summary in groups.items()
    ]
    return _table((title, "questions", *map(_short, _KIND_MEASURES)), rows)


def _side_by_side(runs: tuple[Run, ...]) -> Table:
    summaries = [summarise(run.results) for run in runs]
    rows = [
        (_name(name), *(_figure(summary.estimates.get(name)) for summary in summaries))
        for name in Measure
        if any(name in summary.estimates for summary in summaries)
    ]
    return _table(("measure", *(run.name for run in runs)), rows)


def _differences(pair: RunComparison) -> Table:
    rows = [
        (
            _name(name),
            _signed(measure.difference.value),
            _difference_interval(measure.difference),
            probability(measure.difference.p),
            str(measure.won),
            str(measure.lost),
        )
        for name, measure in pair.measures.items()
    ]
    headings = ("measure", "difference", "95% interval", "p", "won", "lost")
    return _table(headings, rows, title=f"{pair.before} → {pair.after}")


def _print_changes(name: Measure, measure: MeasureComparison, listed: int) -> None:
    losses = [change for change in measure.changes if change.gain < 0][:listed]
    gains = [change for change in reversed(measure.changes) if change.gain > 0][:listed]
    for word, changes in (("lost", losses), ("won", gains)):
        if changes:
            say(f"{_name(name)}, most {word}:")
            for change in changes:
                say(f"  {_change(change)}")


def probability(p: float) -> str:
    """Return a p value to three places, or that it is below .001."""
    return figure(p) if p >= 0.001 else "< .001"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, title: str = "") -> Table:
    """Return a table. The first `left` columns are left-aligned, the others right-aligned; the first is never cut."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=Text(title) if title else None)
    table.title_justify = "left"
    for number, heading in enumerate(headings):
        table.add_column(Text(heading), justify="left" if number < left else "right")
    table.columns[0].no_wrap = True
    table.columns[0].min_width = max((len(row[0]) for row in rows), default=0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _name(name: Measure) -> str:
    return f"{name.group} {name.label}"


def _short(name: Measure) -> str:
    return {Measure.FIRST_QUOTE: "quote@1", Measure.THREE_QUOTES: "quote@3"}.get(name, name.label)


def _figure(estimate: Estimate | None) -> str:
    return figure(estimate.value) if estimate is not None else ""


def _interval(estimate: Estimate) -> str:
    return f"[{figure(estimate.low)}, {figure(estimate.high)}]"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + figure(value)


def _difference_interval(difference: Difference) -> str:
    return f"[{_signed(difference.low)}, {_signed(difference.high)}]"


def _difference(measure: MeasureComparison) -> str:
    difference = measure.difference
    return (
        f"{_signed(difference.value)} {_difference_interval(difference)}, "
        f"p {probability(difference.p)}, {measure.lost} lost and {measure.won} won"
    )


def _change(change: QuestionChange) -> str:
    question = f": {change.question}" if change.question else ""
    return f"{change.id} from {figure(change.before)} to {figure(change.after)}{question}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
