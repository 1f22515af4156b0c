"""Runs: the measures of a set of questions, with a fingerprint of the corpus, the questions and the settings.

On disk a run is the JSON object that `review-bot evaluate --json` prints. Only `fingerprint` and the measures under
`per_question` are read back, and `save_run` writes nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from embeddings.documents.outputs import write_output
from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import read_bytes
from embeddings.evaluation.datasets.task import Task
from embeddings.evaluation.metrics import Measure, Outcome, measure
from embeddings.records import SHARED, Review, State, to_plain

LARGEST_FIGURE = 1e9
"""Measures and confidences are at most 1. This leaves room for seconds."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that decides the measures of a run."""

    corpus: str  # SHA-256 (hex) of the reviews
    questions: str  # SHA-256 (hex) of the questions and their judgements
    model: Mapping[str, object]  # the encoder's identity
    settings: Mapping[str, object]  # the other settings, by name
    version: str  # the version of this program


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The measures of a question.

    `review` is the only review that was searched, or else the first relevant one. `seconds` is wall-clock time, 0 where
    it was not measured. `state` and `confidence` are None where only a ranking is known. `values` has the measures.
    `form` is that of a made variant of a question; see `JudgedQuestion`. `review_share` is a factor of the confidence;
    see `AskResult`.
    """

    id: str
    question: str = ""
    kind: str | None = None
    review: str | None = None
    answerable: bool
    state: State | None = None
    confidence: float | None = None
    seconds: float = 0.0
    values: Mapping[Measure, float]
    form: str | None = None
    review_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """The results of a set of questions; `fingerprint` is None where it is unknown (a TREC run)."""

    name: str
    fingerprint: Fingerprint | None
    results: tuple[Result, ...]


def fingerprint(task: Task, encoder: EncoderIdentity, settings: Mapping[str, object]) -> Fingerprint:
    """Return the fingerprint of a task with an encoder and settings."""
    return Fingerprint(
        corpus=_digest(
            sorted(json.dumps(_ranked(review), sort_keys=True, default=to_plain) for review in task.reviews)
        ),
        questions=_digest(_question_lines(task)),
        model=asdict(encoder),
        settings=settings,
        version=_version(),
    )


def results(outcomes: Sequence[Outcome]) -> tuple[Result, ...]:
    """Return the result of each outcome."""
    return tuple(
        Result(
            id=outcome.question.id,
            question=outcome.question.text,
            kind=outcome.question.kind,
            review=outcome.question.review or next((span.review for span in outcome.question.spans), None),
            answerable=outcome.question.answerable,
            state=outcome.answer.state,
            confidence=outcome.answer.confidence,
            seconds=outcome.seconds,
            values=values,
            form=outcome.question.form,
            review_share=outcome.review_share,
        )
        for outcome, values in zip(outcomes, measure(outcomes), strict=True)
    )


def run_record(run: Run) -> dict[str, object]:
    """Return the run as a JSON object."""
    return {
        "name": run.name,
        "fingerprint": asdict(run.fingerprint) if run.fingerprint is not None else None,
        "per_question": [result_record(result) for result in run.results],
    }


def result_record(result: Result) -> dict[str, object]:
    """Return the result as a JSON object."""
    record = asdict(result)
    values = record.pop("values")
    if result.form is None:
        del record["form"]
    if result.review_share == 1:
        del record["review_share"]
    return {**record, "seconds": round(result.seconds, 6), "measures": grouped(values)}


def grouped(values: Mapping[Measure, object]) -> dict[str, dict[str, object]]:
    """Return the values by group and name, as in JSON."""
    groups: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        groups.setdefault(name.group, {})[name.label] = value
    return groups


def save_run(run: Run, file: Path, *, force: bool = False) -> None:
    """Write a run in one step, with one question per line.

    Raises:
        OutputError: there is another file than a run, and not `force`.
    """
    record = run_record(run)
    lines = ",\n".join(json.dumps(result_record(result), ensure_ascii=False) for result in run.results)
    head = json.dumps({key: record[key] for key in ("name", "fingerprint")}, ensure_ascii=False)
    write_output(file, f'{head[:-1]}, "per_question": [\n{lines}\n]}}\n', is_run, force=force)


def load_run(file: Path) -> Run:
    """Read a run that `save_run` or `review-bot evaluate --json` wrote; its name is the name of the file.

    Raises:
        QuestionFileError: the file can't be read, or is not a run.
    """
    content = read_bytes(file)
    try:
        record = json.loads(content)
        loaded = tuple(_result(entry) for entry in record["per_question"])
        if len({result.id for result in loaded}) < len(loaded):
            raise ValueError("two questions have the same id")
        return Run(
            name=file.stem,
            fingerprint=Fingerprint(**record["fingerprint"]) if record["fingerprint"] is not None else None,
            results=loaded,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"The file is not a run ({error!r}). Write one with `review-bot evaluate --save`."
        raise QuestionFileError(file, None, reason) from error


def is_run(file: Path) -> bool:
    """Return True if a file holds a run."""
    try:
        load_run(file)
    except QuestionFileError:
        return False
    return True


def _result(entry: Mapping[str, object]) -> Result:
    measures, confidence = entry["measures"], entry["confidence"]
    if not isinstance(measures, dict) or not isinstance(entry["answerable"], bool):
        raise TypeError("a question has no measures")
    return Result(
        id=str(entry["id"]),
        question=str(entry["question"]),
        kind=_optional(entry["kind"]),
        review=_optional(entry["review"]),
        answerable=entry["answerable"],
        state=State(str(entry["state"])) if entry["state"] is not None else None,
        confidence=_finite(confidence) if confidence is not None else None,
        seconds=_finite(entry["seconds"]),
        values={
            Measure(f"{group}/{name}"): _finite(value)
            for group, named in measures.items()
            for name, value in named.items()
        },
        form=_optional(entry.get("form")),
        review_share=_finite(entry.get("review_share", 1.0)),
    )


def _finite(value: object) -> float:
    # A whole number may be larger than any float.
    if not isinstance(value, int | float) or not abs(value) < LARGEST_FIGURE:
        raise ValueError("a figure is not a number, or is too large")
    return float(value)


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _question_lines(task: Task) -> Iterator[str]:
    """Yield what identifies each question; the shared collection and no form are the defaults and are omitted."""
    for question in task.questions:
        record = asdict(question)
        if question.collections == (SHARED,):
            del record["collections"]
        if question.form is None:
            del record["form"]
        yield json.dumps(record, sort_keys=True)
    if task.own_documents:
        yield json.dumps({"ignore_identical_ids": sorted(task.own_documents)})


def _version() -> str:
    try:
        return metadata.version("review-bot")
    except metadata.PackageNotFoundError:
        return "not installed"


def _ranked(review: Review) -> dict[str, Any]:
    """Return what a ranking depends on: facts, marked spoilers and quotations change no measure."""
    return {name: value for name, value in to_plain(review).items() if name not in ("facts", "spoilers", "quoted")}


def _digest(records: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.encode())
        digest.update(b"\n")
    return digest.hexdigest()
