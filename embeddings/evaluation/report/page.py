"""Write an evaluation as one self-contained page: measures, plots and the questions, worst first.

The text of questions and reviews is escaped. The page loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from itertools import pairwise
from pathlib import Path

from embeddings.answering.calibration import Thresholds
from embeddings.config import REPORT_QUESTIONS
from embeddings.documents.outputs import write_output
from embeddings.evaluation.datasets.task import Span, paragraphs_of
from embeddings.evaluation.evaluator import Evaluation, seconds_record
from embeddings.evaluation.forms import compare_forms
from embeddings.evaluation.metrics import Measure, Outcome, is_relevant
from embeddings.evaluation.report.plots import confidence_plot, risk_coverage_plot
from embeddings.evaluation.runs import Result
from embeddings.evaluation.summary import NO_KIND, Summary, by_kind, by_review, downsampled, risk_coverage, summarise
from embeddings.records import Review, State

_TEMPLATE = "template.html"
_MARK = b'<meta name="generator" content="review-bot">'
_HEAD_BYTES = 1024
_FORM_MEASURES = (Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.AUROC, Measure.KEPT, Measure.REFUSED)
_GROUP_MEASURES = (Measure.NDCG, Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.KEPT, Measure.REFUSED)


def write_report(evaluation: Evaluation, thresholds: Thresholds, file: Path, *, force: bool = False) -> None:
    """Write the report of an evaluation as one HTML page, which loads nothing from elsewhere.

    Raises:
        OutputError: there is another file than a report, and not `force`.
    """
    write_output(file, render_report(evaluation, thresholds), is_report, force=force)


def is_report(file: Path) -> bool:
    """Return True if a file is a page of `write_report`."""
    with file.open("rb") as opened:
        return _MARK in opened.read(_HEAD_BYTES)


def render_report(evaluation: Evaluation, thresholds: Thresholds) -> str:
    """Return the page as HTML."""
    template = resources.files("embeddings.evaluation.report").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    results = evaluation.as_asked
    summary = summarise(results)
    ranked = sorted(
        zip(evaluation.run.results, evaluation.outcomes, strict=True),
        key=lambda pair: (-question_loss(pair[0]), pair[0].id),
    )
    reviews = {review.slug: review for review in evaluation.task.reviews}
    parts = {
        "title": escape(evaluation.run.name),
        "about": _about(evaluation),
        "figures": _figures(summary, "<th scope=col>value</th>", "<th scope=col>95% interval</th>"),
        "measures": _measures(summary),
        "states": _states(summary),
        "meanings": "".join(
            f"<dt>{escape(_name(each))}</dt><dd>{escape(each.meaning)}</dd>" for each in summary.estimates
        ),
        "forms": _forms(evaluation),
        "plots": _plots(results, thresholds),
        "reliability": _reliability(summary),
        "groups": _groups("kind", by_kind(results)) + _groups("review", by_review(results)),
        "kinds": _options(dict.fromkeys(result.kind or NO_KIND for result in evaluation.run.results)),
        "states-shown": _options(state.value for state in State),
        "limit": f"<p>The page shows the {REPORT_QUESTIONS} worst of {len(ranked)} questions.</p>"
        if len(ranked) > REPORT_QUESTIONS
        else "",
        "questions": "".join(_question(result, outcome, reviews) for result, outcome in ranked[:REPORT_QUESTIONS]),
    }
    page = template
    for name, part in parts.items():
        page = page.replace(f"<!-- {name} -->", part)
    return page


def question_loss(result: Result) -> float:
    """Return how far a question is from a perfect answer, in [0, 2]. The page is sorted by it.

    An answered unanswerable question is worst, the more so the higher its confidence. The loss of an answerable
    question comes from the ranks of the relevant passage and sentence.
    """
    if not result.answerable:
        shares = {State.ANSWERED: 1.0 + (result.confidence or 0.0), State.NEAREST: 0.3, State.UNANSWERED: 0.0}
        return shares[result.state] if result.state is not None else 0.0
    values = [result.values.get(name, 0.0) for name in (Measure.NDCG, Measure.FIRST_QUOTE, Measure.THREE_QUOTES)]
    return 1.0 - sum(values) / len(values)


def _about(evaluation: Evaluation) -> str:
    results, fingerprint = evaluation.as_asked, evaluation.run.fingerprint
    seconds = seconds_record(results)
    own = len(evaluation.task.own_documents)
    facts = [
        f"{_counted(len(results), 'question')}, {sum(result.answerable for result in results)} of them answerable",
        _counted(len(evaluation.task.reviews), "review"),
        *([f"{_counted(own, 'question')} left out of the own ranking, as BEIR does"] if own else []),
        f"time per question: median {seconds['p50'] * 1000:.0f} ms, p95 {seconds['p95'] * 1000:.0f} ms",
    ]
    if fingerprint is not None:
        facts.append(f"{fingerprint.model['model']}, version {fingerprint.version}")
    return escape("; ".join(facts)) + "."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _name(measure: Measure) -> str:
    return f"{measure.group} {measure.label}"


def _figures(summary: Summary, value: str, interval: str) -> str:
    """Return the cells of a value and its interval; the interval comes first for few questions."""
    return interval + value if summary.is_small else value + interval


def _measures(summary: Summary) -> str:
    rows = []
    for name, estimate in summary.estimates.items():
        low, high, value = (f"{100 * number:.1f}" for number in (estimate.low, estimate.high, estimate.value))
        bar = (
            f'<svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
            f'<line x1="{low}" x2="{high}" y1="5" y2="5"/><line x1="{value}" x2="{value}" y1="1" y2="9"/></svg>'
        )
        rows.append(
            f"<tr><th scope=row>{escape(_name(name))}</th>"
            + _figures(summary, f"<td>{estimate.value:.3f}</td>", f"<td>[{estimate.low:.3f}, {estimate.high:.3f}]</td>")
            + f"<td class=bar>{bar}</td><td>{estimate.questions}</td></tr>"
        )
    return "".join(rows)


def _states(summary: Summary) -> str:
    return "".join(
        f"<tr><th scope=row>{name}</th>"
        + "".join(f"<td>{summary.states[kind][state]:.3f}</td>" for state in State)
        + "</tr>"
        for kind, name in ((True, "answerable"), (False, "unanswerable"))
        if summary.states[kind]
    )


def _forms(evaluation: Evaluation) -> str:
    """Return a row for each form: each measure as asked → in that form, and the interval of the paired difference."""
    rows = []
    for form, each in compare_forms(evaluation.run).items():
        cells = []
        for name in _FORM_MEASURES:
            compared = each.comparison.measures.get(name)
            if compared is None:
                cells.append("<td></td>")
                continue
            asked, named = each.asked.estimates[name].value, each.named.estimates[name].value
            interval = f"[{compared.difference.low:+.3f}, {compared.difference.high:+.3f}]"
            cells.append(f"<td>{asked:.3f} → {named:.3f}<br>{interval}</td>")
        rows.append(f"<tr><th scope=row>{escape(form)}</th><td>{each.named.questions}</td>{''.join(cells)}</tr>")
    if not rows:
        return ""
    head = "".join(f"<th scope=col>{escape(_name(name))}</th>" for name in _FORM_MEASURES)
    return (
        "<h2>With the title</h2><p class=facts>The same questions as asked → with the title of their work, and the 95% "
        "interval of the paired difference.</p><div class=wide><table><thead><tr><th scope=col>form</th>"
        f"<th scope=col>questions</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _reliability(summary: Summary) -> str:
    found = summary.reliability
    if found is None:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{each.low:.1f} to {each.high:.1f}</th><td>{each.confidence:.3f}</td>"
        f"<td>{each.right:.3f}</td><td>{each.answers}</td></tr>"
        for each in found.bins
    )
    return (
        "<div class=wide><table><thead><tr><th scope=col>confidence</th><th scope=col>mean</th>"
        "<th scope=col>first quote right</th><th scope=col>questions</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        f"<p class=facts>Expected calibration error (ECE): {found.ece:.3f}. If every confidence were exactly the "
        f"probability that the first quote is right, chance alone would make {found.chance:.3f}.</p>"
    )


def _plots(results: tuple[Result, ...], thresholds: Thresholds) -> str:
    known = [(result.answerable, result.confidence) for result in results if result.confidence is not None]
    figures = [
        confidence_plot(
            [confidence for answerable, confidence in known if answerable],
            [confidence for answerable, confidence in known if not answerable],
            thresholds,
        )
    ]
    curve = risk_coverage(results)
    if curve:
        figures.append(risk_coverage_plot(downsampled(curve), thresholds.answered))
    return "".join(f"<figure>{figure}</figure>" for figure in figures)


def _groups(title: str, groups: Mapping[str, Summary]) -> str:
    if len(groups.keys() - {NO_KIND}) < 2:
        return ""
    # Only the quotes' measures have namesakes. Shorter headings fit a narrow window.
    names = (_name(each) if each.group == "quotes" else each.label for each in _GROUP_MEASURES)
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in names)
    rows = []
    for group, summary in groups.items():
        estimates = (summary.estimates.get(name) for name in _GROUP_MEASURES)
        cells = "".join(
            f"<td>{estimate.value:.3f}</td>" if estimate is not None else "<td></td>" for estimate in estimates
        )
        rows.append(f"<tr><th scope=row>{escape(group)}</th><td>{summary.questions}</td>{cells}</tr>")
    return (
        f"<div class=wide><table><thead><tr><th scope=col>{title}</th><th scope=col>questions</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _options(values: Iterable[str]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in sorted(values))


def _question(result: Result, outcome: Outcome, reviews: Mapping[str, Review]) -> str:
    kind, state = result.kind or NO_KIND, outcome.answer.state.value
    context = "".join(f"<p class=context>{escape(turn)}</p>" for turn in outcome.question.context)
    figures = ", ".join(f"{_name(name)} {value:.2f}" for name, value in result.values.items())
    answerable = "answerable" if result.answerable else "unanswerable"
    return (
        f'<details class="question {_mark(result)}" data-kind="{escape(kind)}" data-state="{escape(state)}">'
        f"<summary><span class=question-text>{escape(result.question)}</span> "
        f"<span class=facts>{escape(result.id)} · {escape(kind)} · {answerable} · "
        f"<b>{escape(state)}</b> {outcome.answer.confidence:.2f}</span></summary>"
        f"{context}{_quotes(outcome)}{_passages(outcome, reviews)}"
        f"<p class=facts>{escape(figures)}</p></details>"
    )


def _mark(result: Result) -> str:
    loss = question_loss(result)
    return "wrong" if loss >= 0.75 else "partly" if loss > 0.1 else "right"


def _quotes(outcome: Outcome) -> str:
    if not outcome.answer.quotes:
        return "<p>No quotes.</p>"
    items = []
    for quote in outcome.answer.quotes:
        right = is_relevant(outcome.question, quote.review, quote.start, quote.end)
        verdict = "<b class=yes>right</b>" if right else "<b class=no>wrong</b>"
        place = f"{escape(quote.title)}, {escape(quote.heading)}, paragraph {quote.paragraph}"
        items.append(f"<li>{verdict} {escape(quote.text)} <cite>{place}</cite></li>")
    return f"<p>Quotes:</p><ol>{''.join(items)}</ol>"


def _passages(outcome: Outcome, reviews: Mapping[str, Review]) -> str:
    """Return the paragraphs with quotes and relevant spans, both marked."""
    quoted = [Span(quote.review, quote.start, quote.end) for quote in outcome.answer.quotes]
    relevant = list(outcome.question.spans)
    shown = []
    for slug in dict.fromkeys(span.review for span in (*relevant, *quoted)):
        review = reviews[slug]
        for section, paragraph in paragraphs_of(review):
            place = (slug, paragraph.start, paragraph.end)
            if any(span.overlaps(*place) for span in (*relevant, *quoted)):
                text = _marked(review, paragraph.start, paragraph.end, quoted, relevant)
                cite = f"{escape(review.title)}, {escape(section.heading)}, paragraph {paragraph.number}"
                shown.append(f"<blockquote><p>{text}</p><cite>{cite}</cite></blockquote>")
    return "".join(shown)


def _marked(review: Review, start: int, end: int, quoted: Iterable[Span], relevant: Iterable[Span]) -> str:
    """Return a range of the review with its quotes and relevant spans marked; the two may overlap."""
    spans = [("quoted", span) for span in quoted] + [("relevant", span) for span in relevant]
    here = [(kind, span) for kind, span in spans if span.overlaps(review.slug, start, end)]
    edges = {start, end, *(min(max(edge, start), end) for _, span in here for edge in (span.start, span.end))}
    pieces = []
    for first, last in pairwise(sorted(edges)):
        kinds = dict.fromkeys(kind for kind, span in here if span.overlaps(review.slug, first, last))
        text = escape(review.text[first:last])
        pieces.append(f'<mark class="{" ".join(kinds)}">{text}</mark>' if kinds else text)
    return "".join(pieces)
