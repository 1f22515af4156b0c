"""What the evaluation tests share: two short reviews, a writer of question files, and builders of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from embeddings.evaluation.datasets.task import SectionText, build_review
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Fingerprint, Result, Run
from embeddings.library import Library
from embeddings.records import Review, State

CLOCKS = (
    "The film was shot in a disused clock factory. Its owner asked for no rent.",
    "Nobody in the film owns a watch. The critic thinks that this is a joke, and not a good one.",
)
TIDES = ("The tide tables are wrong on purpose.", "The sea is filmed in one take, at dawn, from a rowing boat.")

WriteLines = Callable[..., Path]


FINGERPRINT = Fingerprint(
    corpus="c0", questions="90", model={"model": "m"}, settings={"ranking": {"pair": 0.5}}, version="1"
)


def result(
    identity: str,
    *,
    confidence: float = 0.5,
    answerable: bool = True,
    state: State = State.ANSWERED,
    kind: str | None = None,
    values: Mapping[Measure, float] | None = None,
) -> Result:
    return Result(
        id=identity,
        question=f"What of {identity}?",
        kind=kind,
        review="clocks" if answerable else None,
        answerable=answerable,
        state=state,
        confidence=confidence,
        seconds=0.002,
        values=values or {},
    )


def run(name: str, *results: Result) -> Run:
    return Run(name, FINGERPRINT, results)


def scored(name: str, *figures: float) -> Run:
    return run(name, *(result(f"q{place}", values={Measure.NDCG: value}) for place, value in enumerate(figures)))


@pytest.fixture(scope="session")
def reviews() -> tuple[Review, ...]:
    return (
        build_review("clocks", "The Clock Factory", [SectionText("setting", "Setting", CLOCKS)]),
        build_review("tides", "Tide Tables", [SectionText("sea", "The Sea", TIDES)]),
    )


@pytest.fixture
def write_lines(tmp_path: Path) -> WriteLines:
    def write(*lines: object) -> Path:
        file = tmp_path / "questions.jsonl"
        texts = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def library(owners_data: Path) -> Iterator[Library]:
    opened = Library.open(owners_data)
    yield opened
    opened.close()
