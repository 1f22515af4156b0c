"""`python -m embeddings.training.ablation SHARED` measures what each hand-written word list is worth.

It answers question sets with the shipped reranker, once with all lists and once without each of them, and prints a
table in Markdown: full minus ablated, with 95% intervals. The sets are the development and the held-out questions, and
from SHARED a shelf of 23 reviews (`dickens.jsonl` has its questions) and two held-out data sets. It takes half an hour.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from unittest.mock import patch

import typer
from rich.console import Console

from embeddings import lexicon
from embeddings.answering.calibration import load_calibration
from embeddings.answering.models import Models
from embeddings.documents.files import REVIEWS, review_files
from embeddings.documents.parser import read_review
from embeddings.encoders.export import prepare_encoder
from embeddings.evaluation.compare import RunComparison, compare_runs
from embeddings.evaluation.datasets.questions import locate_quotes, read_questions
from embeddings.evaluation.datasets.task import Task, paragraph_of_hit
from embeddings.evaluation.evaluator import evaluate
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Run
from embeddings.evaluation.significance import Difference
from embeddings.evaluation.summary import summarise
from embeddings.library import Library
from embeddings.records import SHIPPED
from embeddings.training.datasets import HELD_OUT, read_set
from embeddings.training.held_out import Removal, held_out_task

MEASURES = {
    Measure.FIRST_QUOTE: "first quote",
    Measure.THREE_QUOTES: "any quote",
    Measure.NDCG: "nDCG@10",
    Measure.AUROC: "AUROC",
    Measure.KEPT: "kept",
    Measure.REFUSED: "refused",
}
"""The measures of the table, by their names in it."""

NO_MATCH = re.compile(r"(?!)")
_ENGINE = "embeddings."
_console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Ablation:
    """A way to switch off word lists."""

    name: str
    lists: tuple[str, ...]  # the lists of `embeddings.lexicon` to empty, in every module that imports them
    # Other objects of the engine to replace, by dotted name: those made of the lists, and rules.
    replaced: Mapping[str, object] = field(default_factory=dict)
    rebuilds: bool = False  # True if the index depends on the lists

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Switch off the lists within the block."""
        with ExitStack() as stack:
            for name in self.lists:
                full = getattr(lexicon, name)
                for module in [module for key, module in sys.modules.items() if key.startswith(_ENGINE)]:
                    if module is not lexicon and vars(module).get(name) is full:
                        stack.enter_context(patch.object(module, name, _emptied(full)))
            for target, value in self.replaced.items():
                stack.enter_context(patch(_ENGINE + target, value))
            yield


def _emptied(full: Any) -> Any:  # noqa: ANN401 - a list is a set, a tuple, a pattern or a text
    return NO_MATCH if isinstance(full, re.Pattern) else type(full)()


def _never(*_: object) -> bool:
    return False


ABLATIONS = (
    Ablation("stop words", ("STOP_WORDS",), rebuilds=True),
    Ablation("misspelling rule", (), {"retrieval.query.correct": lambda question, *_: question}),
    Ablation("fact groups", ("FACT_GROUPS",), {"answering.abstention._FACTS": ()}),
    Ablation("common words of the fact groups", ("COMMON_FACT_WORDS",), {"answering.abstention._COMMON_TERMS": set()}),
    Ablation("work parts", ("WORK_PARTS",), {"answering.abstention._PART_TERMS": set()}),
    Ablation("named-work patterns", ("NAMED_WORK", "NO_TITLE_WORDS")),
    Ablation("unknown-name rule", (), {"answering.abstention.names_unmentioned": _never}),
    Ablation("fact and name rules", (), {"answering.pipeline.asks_for_unmentioned": _never}),
    Ablation("filler words", ("FILLER_WORDS",)),
    Ablation("verdict words", ("VERDICT_WORDS", "VERDICT_FILLERS")),
    Ablation("gist and theme words", ("GIST_WORDS", "THEME_WORDS")),
    Ablation(
        "verdict, gist and theme rule",
        ("VERDICT_ANSWER", "GIST_ANSWER", "THEME_ANSWER"),
        {"retrieval.query.find_intent": lambda _: None},
    ),
    Ablation(
        "verdict sentences",
        ("VERDICT_ANSWERS", "VERDICT_HEADINGS", "VERDICT_SUBJECTS", "EVALUATIVE_WORDS"),
        {"answering.pipeline.find_verdicts": lambda *_: ()},
    ),
    Ablation("pointing words", ("POINTING_WORDS",)),
    Ablation(
        "titles left out",
        ("TITLE_PREPOSITIONS", "TITLE_NOUNS", "WORK_NOUNS", "ADAPTATION_WORDS", "BEFORE_TITLE", "AFTER_TITLE"),
        {"retrieval.query.without_titles": lambda question, _, **__: question},
    ),
    Ablation("sentence before", ("QUOTE_POINTING_WORDS",)),
    Ablation("cast rule", ("CAST_QUESTION", "CAST_SENTENCES")),
    Ablation(
        "attribution verbs and pronouns",
        ("ATTRIBUTION_VERBS", "SENTENCE_PRONOUNS"),
        {"documents.splitter._ATTRIBUTION": NO_MATCH},
        rebuilds=True,
    ),
    Ablation(
        "abbreviations",
        ("LINKING_ABBREVIATIONS", "COUNTING_ABBREVIATIONS"),
        {"documents.splitter._LINKING": NO_MATCH, "documents.splitter._COUNTING": NO_MATCH},
        rebuilds=True,
    ),
)
"""Every list of the lexicon is in at least one of these."""


def ablate(
    shared: Annotated[Path, typer.Argument(metavar="SHARED", help="The folder with reader-data/ and shelf/.")],
    questions: Annotated[int, typer.Option(help="The number of questions of each held-out data set.")] = 300,
    data: Annotated[Path, typer.Option(help="The data folder with the reviews and their questions.")] = Path("data"),
) -> None:
    """Print what each word list is worth on each set of questions."""
    columns = {}
    with TemporaryDirectory() as folder:
        encoder = prepare_encoder(None, Path(folder) / "encoder", notify=_console.print)
        models = Models(encoder, reranker=SHIPPED, calibration=load_calibration(data, encoder.identity))
        for number, task in enumerate(_tasks(shared, data, questions)):
            columns[task.name] = compare_ablations(task, models, Path(folder) / str(number))
    print(table(columns))  # noqa: T201 - the table is the output


def compare_ablations(task: Task, models: Models, folder: Path) -> tuple[Run, dict[str, RunComparison]]:
    """Return the run of a task with all lists, and each ablated run compared with it."""

    def run(name: str, index: Path) -> Run:
        with closing(Library.of(task.reviews, index, models)) as library:
            return evaluate(library, task, name=name).run

    full = run("full", folder / "full")
    compared = {}
    for ablation in ABLATIONS:
        with ablation.applied():
            ablated = run(ablation.name, folder / (ablation.name if ablation.rebuilds else "full"))
        compared[ablation.name] = compare_runs(ablated, full)
        _console.print(f"{task.name}: {ablation.name}")
    return full, compared


def table(columns: Mapping[str, tuple[Run, Mapping[str, RunComparison]]]) -> str:
    """Return the results as a Markdown table, with a column for each task and a row for each ablation."""
    rows = [["", *columns], ["---"] * (1 + len(columns))]
    rows.append(["all lists", *(_values(full) for full, _ in columns.values())])
    rows.extend(
        [ablation.name, *(_differences(compared[ablation.name]) for _, compared in columns.values())]
        for ablation in ABLATIONS
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _values(run: Run) -> str:
    estimates = summarise(run.results).estimates
    return ", ".join(f"{name} {figure_text(estimates[measure].value)}" for measure, name in MEASURES.items())


def _differences(compared: RunComparison) -> str:
    """Return the measures that differ, or `same` if no question changes."""
    changed = [(name, compared.measures[measure]) for measure, name in MEASURES.items() if measure in compared.measures]
    return (
        ", ".join(f"{name} {difference_text(found.difference)}" for name, found in changed if found.changes) or "same"
    )


def difference_text(difference: Difference) -> str:
    """Return a difference with its interval, such as `+.013 [-.002, .028]`."""
    low, high = figure_text(difference.low), figure_text(difference.high)
    return f"{difference.value:+.3f}".replace("0.", ".", 1) + f" [{low}, {high}]"


def figure_text(value: float) -> str:
    """Return a figure with three decimals and no zero before the point."""
    return f"{round(value, 3) + 0.0:.3f}".replace("0.", ".", 1)


def _tasks(shared: Path, data: Path, questions: int) -> Iterator[Task]:
    own = data / "questions" / "never-let-me-go.jsonl"
    yield _question_task(own, data / REVIEWS, "dev", "development")
    yield _question_task(own, data / REVIEWS, "held-out", "held out")
    yield _question_task(Path(__file__).with_name("dickens.jsonl"), shared / "shelf" / "dickens", None, "Dickens shelf")
    for name in HELD_OUT:
        yield held_out_task(read_set(name, shared), questions, 1, Removal.ANSWERS)


def _question_task(file: Path, folder: Path, split: str | None, name: str) -> Task:
    reviews = tuple(read_review(path) for path in review_files(folder))
    questions = [question for question in read_questions(file) if split is None or question.split == split]
    return Task(name, reviews, locate_quotes(questions, reviews, file), paragraph_of_hit)


if __name__ == "__main__":
    typer.run(ablate)
