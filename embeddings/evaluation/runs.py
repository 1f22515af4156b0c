"""A run: what a set of questions came to, with a fingerprint of what it was made of, kept for `compare`.

On disk a run is the JSON object that `review-bot evaluate --json` prints, of which only `fingerprint` and the
figures under `per_question` are read back; `save_run` leaves the rest out.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.task import JudgedQuestion, Task
from embeddings.evaluation.metrics import Measure, Outcome, measure
from embeddings.records import SHARED, Review, State


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a run was made of.

    Attributes:
        corpus: SHA-256 (hex) of the reviews.
        questions: SHA-256 (hex) of the questions and what answers them.
        model: the encoder's identity.
        settings: whatever else decides the figures, by name.
        version: this program's.
    """

    corpus: str
    questions: str
    model: Mapping[str, object]
    settings: Mapping[str, object]
    version: str


@dataclass(frozen=True, slots=True)
class Result:
    """A question's figures.

    `review` is the one that the search was narrowed to, or else the one that answers. `seconds` is wall clock;
    0 where nothing was timed. `state` and `confidence` are None where only a ranking is known.
    """

    id: str
    question: str
    kind: str | None
    review: str | None
    answerable: bool
    state: State | None
    confidence: float | None
    seconds: float
    values: Mapping[Measure, float]


@dataclass(frozen=True, slots=True)
class Run:
    """A set of questions' figures under one name; `fingerprint` is None where it isn't known (a TREC run)."""

    name: str
    fingerprint: Fingerprint | None
    results: tuple[Result, ...]


def fingerprint(task: Task, encoder: EncoderIdentity, settings: Mapping[str, object]) -> Fingerprint:
    """The fingerprint of a task asked with that encoder and those settings."""
    return Fingerprint(
        corpus=corpus_digest(task.reviews),
        questions=questions_digest(task.questions),
        model=asdict(encoder),
        settings=settings,
        version=_version(),
    )


def corpus_digest(reviews: Iterable[Review]) -> str:
    """SHA-256 (hex) of what can be quoted: slugs, titles, sections and texts."""
    return _digest(sorted(json.dumps(asdict(review), sort_keys=True) for review in reviews))


def questions_digest(questions: Iterable[JudgedQuestion]) -> str:
    """SHA-256 (hex) of the questions with what answers them."""
    return _digest(json.dumps(_distinguishing(question), sort_keys=True) for question in questions)


def results(outcomes: Sequence[Outcome]) -> tuple[Result, ...]:
    """The figures of each outcome."""
    return tuple(
        Result(
            id=outcome.question.id,
            question=outcome.question.text,
            kind=outcome.question.kind,
            review=_review_of(outcome.question),
            answerable=outcome.question.answerable,
            state=outcome.answer.state,
            confidence=outcome.answer.confidence,
            seconds=outcome.seconds,
            values=values,
        )
        for outcome, values in zip(outcomes, measure(outcomes), strict=True)
    )


def run_record(run: Run) -> dict[str, object]:
    """The run as a JSON object."""
    return {
        "name": run.name,
        "fingerprint": asdict(run.fingerprint) if run.fingerprint is not None else None,
        "per_question": [result_record(result) for result in run.results],
    }


def result_record(result: Result) -> dict[str, object]:
    """A question's figures as a JSON object."""
    return {
        "id": result.id,
        "question": result.question,
        "kind": result.kind,
        "review": result.review,
        "answerable": result.answerable,
        "state": result.state,
        "confidence": result.confidence,
        "seconds": round(result.seconds, 6),
        "measures": grouped(result.values),
    }


def grouped(values: Mapping[Measure, object]) -> dict[str, dict[str, object]]:
    """The values by group and name, as they stand in JSON."""
    groups: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        groups.setdefault(name.group, {})[name.label] = value
    return groups


def save_run(run: Run, file: Path) -> None:
    """Write a run, one question a line, in one step."""
    record = run_record(run)
    lines = ",\n".join(json.dumps(result_record(result), ensure_ascii=False) for result in run.results)
    head = json.dumps({key: record[key] for key in ("name", "fingerprint")}, ensure_ascii=False)
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(f'{head[:-1]}, "per_question": [\n{lines}\n]}}\n', encoding="utf-8")
    partial.replace(file)


def load_run(file: Path) -> Run:
    """Read a run, as `save_run` or `review-bot evaluate --json` wrote it; it is named for its file.

    Raises:
        QuestionFileError: the file can't be read, or is not a run.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        loaded = tuple(_result(entry) for entry in record["per_question"])
        if len({result.id for result in loaded}) < len(loaded):
            raise ValueError("two questions have one id")
        return Run(
            name=file.stem,
            fingerprint=Fingerprint(**record["fingerprint"]) if record["fingerprint"] is not None else None,
            results=loaded,
        )
    except OSError as error:
        raise QuestionFileError(file, None, f"can't be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionFileError(
            file, None, f"not a run ({error!r}): write one with `review-bot evaluate --save`"
        ) from error


def _result(entry: Mapping[str, object]) -> Result:
    measures, confidence = entry["measures"], entry["confidence"]
    if not isinstance(measures, dict) or not isinstance(entry["answerable"], bool):
        raise TypeError("a question's figures are missing")
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
    )


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _review_of(question: JudgedQuestion) -> str | None:
    return question.review or (question.spans[0].review if question.spans else None)


def _distinguishing(question: JudgedQuestion) -> dict[str, object]:
    """What makes a question what it is; that all see the shared reviews goes without saying."""
    record = asdict(question)
    if question.collections == (SHARED,):
        del record["collections"]
    return record


def _version() -> str:
    try:
        return metadata.version("review-bot")
    except metadata.PackageNotFoundError:
        return "not installed"


def _digest(records: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.encode())
        digest.update(b"\n")
    return digest.hexdigest()
