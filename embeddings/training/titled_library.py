"""`python -m embeddings.training.titled_library SHARED` measures a library of a thousand titles.

The reviews are paragraphs of SQuADShifts amazon_reviews, two in each, with made titles, of which some contain others.
Half of the questions lost the sentences that answer them. Each is asked three times: in its review alone (`scoped`),
with the title at its end (`titled`), and as it is, of all reviews (`pooled`). It prints a table in Markdown. It takes
five minutes of one core, most of it to encode the reviews.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from embeddings.answering.calibration import load_calibration
from embeddings.answering.models import Models
from embeddings.encoders.export import prepare_encoder
from embeddings.evaluation.datasets.task import JudgedQuestion, Task
from embeddings.evaluation.datasets.title_forms import TitleForm, with_title_forms
from embeddings.evaluation.evaluator import Evaluation, evaluate
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import save_run
from embeddings.evaluation.significance import Estimate, mean_of_some
from embeddings.evaluation.summary import summarise
from embeddings.lexicon import MADE_TITLES
from embeddings.library import Library
from embeddings.records import SHIPPED
from embeddings.training.datasets import read_set
from embeddings.training.examples import QuestionSet
from embeddings.training.held_out import Removal, held_out_task

PARAGRAPHS = 2
"""The number of paragraphs in a review: the set has 2,050."""

SET = "SQuADShifts amazon_reviews"
"""The data set, a name of `datasets.SETS`."""
_SEED = 16
_PATTERNS = (
    "The {adjective} {noun}",
    "{adjective} {noun}",
    "The {noun}'s {other}",
    "{noun} and {other}",
    "A {noun} in {place}",
    "The {noun} of {place}",
    "{name} {surname}",
    "{name}",
    "{noun}",
    "{name} and the {adjective} {noun}",
    "{noun}: A {adjective} {other}",
)
_MEASURES = (Measure.FIRST_QUOTE, Measure.THREE_QUOTES, Measure.AUROC, Measure.KEPT, Measure.REFUSED)
_console = Console(stderr=True)


def measure(
    shared: Annotated[Path, typer.Argument(metavar="SHARED", help="The folder with reader-data/.")],
    questions: Annotated[int, typer.Option(help="The number of questions.")] = 300,
    reviews: Annotated[int, typer.Option(help="The number of reviews, at most 1,025.")] = 1000,
    index: Annotated[Path, typer.Option(help="The folder of the index, kept for next time.")] = Path("titled-library"),
    data: Annotated[Path, typer.Option(help="The data folder whose thresholds apply.")] = Path("data"),
) -> None:
    """Print the measures of the questions, asked in three ways; runs are saved beside the index."""
    encoder = prepare_encoder(None, index / "encoder", notify=_console.print)
    models = Models(encoder, reranker=SHIPPED, calibration=load_calibration(data, encoder.identity))
    library_task = titled_library(read_set(SET, shared), reviews, questions)
    rows = ["| asked | " + " | ".join(each.label for each in _MEASURES) + " | right review | ECE |", "|" + " --- |" * 8]
    with closing(Library.of(library_task.reviews, index / "index", models)) as library:
        for way, task in ways(library_task):
            evaluation = evaluate(library, task, name=way)
            save_run(evaluation.run, index / f"{way}.json", force=True)
            rows.append(f"| {way} | " + " | ".join(_figures(evaluation, library_task)) + " |")
            _console.print(rows[-1])
    print("\n".join(rows))  # noqa: T201 - the table is the output


def titled_library(question_set: QuestionSet, reviews: int, questions: int) -> Task:
    """Return a task of so many reviews with made titles, and so many questions, each set to its own review."""
    task = held_out_task(question_set, sys.maxsize, _SEED, Removal.ANSWERS, paragraphs=PARAGRAPHS)
    titled = tuple(
        replace(review, title=title) for review, title in zip(task.reviews, made_titles(reviews), strict=False)
    )
    slugs = {review.slug for review in titled}
    asked = [question for question in task.questions if question.review in slugs]
    chosen = random.Random(_SEED).sample(asked, min(questions, len(asked)))
    return replace(task, name="titled library", reviews=titled, questions=tuple(chosen))


def made_titles(count: int) -> tuple[str, ...]:
    """Return different titles, the same ones each time. One in twelve is a sequel of an earlier title."""
    rng = random.Random(_SEED)
    titles: dict[str, None] = {}
    while len(titles) < count:
        if titles and rng.random() < 1 / 12:
            title = f"{rng.choice(list(titles))} {rng.choice(('II', '2', 'III', 'Returns'))}"
        else:
            noun, other = rng.sample(MADE_TITLES["noun"], 2)
            words = {kind: rng.choice(listed) for kind, listed in MADE_TITLES.items()}
            title = rng.choice(_PATTERNS).format_map(
                {
                    **words,
                    "adjective": words["adjective"].title(),
                    "noun": noun.title(),
                    "other": other.title(),
                }
            )
        titles.setdefault(title)
    return tuple(titles)


def ways(task: Task) -> Iterator[tuple[str, Task]]:
    """Yield the name and the questions of each way to ask."""
    yield "scoped", task
    titled = [each for each in with_title_forms(task).questions if each.form == TitleForm.IN_END]
    yield "titled", replace(task, questions=_unset(titled))
    yield "pooled", replace(task, questions=_unset(task.questions))


def _unset(questions: Sequence[JudgedQuestion]) -> tuple[JudgedQuestion, ...]:
    return tuple(replace(question, review=None, form=None) for question in questions)


def _figures(evaluation: Evaluation, task: Task) -> Iterator[str]:
    """Yield the value and the interval of each measure, of the first quote's review, and the calibration error."""
    summary = summarise(evaluation.run.results)
    for name in _MEASURES:
        yield _figure(summary.estimates[name])
    review_of = {question.id: question.review for question in task.questions}
    first = [
        (outcome.quotes[0].review, review_of[outcome.question.id.removesuffix(f".{TitleForm.IN_END}")])
        for outcome in evaluation.outcomes
        if outcome.quotes
    ]
    yield _figure(mean_of_some(np.array([float(found == wanted) for found, wanted in first])))
    yield f"{summary.reliability.ece:.3f}" if summary.reliability is not None else ""


def _figure(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


if __name__ == "__main__":
    typer.run(measure)
