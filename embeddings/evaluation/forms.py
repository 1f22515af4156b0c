"""Compare a run's questions in each made form with the same questions as they were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from embeddings.evaluation.compare import RunComparison, compare_runs, differences_record
from embeddings.evaluation.runs import Run
from embeddings.evaluation.summary import Summary, summarise, summary_record


@dataclass(frozen=True, slots=True)
class FormComparison:
    """The questions that were also asked in a form: as they were asked, in that form, and the paired differences."""

    asked: Summary
    named: Summary
    comparison: RunComparison


def as_asked(run: Run) -> Run:
    """Return a run with only its questions as they were asked."""
    return replace(run, results=tuple(result for result in run.results if result.form is None))


def in_form(run: Run, form: str) -> Run:
    """Return a run with only its questions in a form, with the ids of the questions that they were made of."""
    return replace(
        run,
        name=form,
        results=tuple(
            replace(result, id=result.id.removesuffix(f".{form}")) for result in run.results if result.form == form
        ),
    )


def forms_of(run: Run) -> tuple[str, ...]:
    """Return the forms that a run has, in their order."""
    return tuple(dict.fromkeys(result.form for result in run.results if result.form is not None))


def compare_forms(run: Run) -> dict[str, FormComparison]:
    """Return, for each form that a run has, how it changes the measures of the questions that have it."""
    asked = as_asked(run)
    compared = {}
    for form in forms_of(run):
        named = in_form(run, form)
        chosen = {result.id for result in named.results}
        paired = replace(asked, results=tuple(result for result in asked.results if result.id in chosen))
        compared[form] = FormComparison(
            summarise(paired.results), summarise(named.results), compare_runs(paired, named)
        )
    return compared


def compare_with_baseline(baseline: Run, run: Run) -> dict[str | None, RunComparison]:
    """Compare two runs over the same questions: as they were asked (None), and in each form that both have.

    Apart, because the forms of one question are no independent questions.
    """
    forms = [form for form in forms_of(run) if form in forms_of(baseline)]
    compared: dict[str | None, RunComparison] = {None: compare_runs(as_asked(baseline), as_asked(run))}
    for form in forms:
        compared[form] = replace(compare_runs(in_form(baseline, form), in_form(run, form)), before=baseline.name)
    return compared


def forms_record(compared: Mapping[str, FormComparison]) -> dict[str, object]:
    """Return the comparisons as a JSON object, by form."""
    return {
        form: {
            "as_asked": summary_record(each.asked),
            "in_form": summary_record(each.named),
            "differences": differences_record(each.comparison),
        }
        for form, each in compared.items()
    }
