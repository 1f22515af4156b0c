"""Fixtures of the evaluation tests: two short reviews, and a writer of question files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embeddings.evaluation.datasets.review_builder import SectionText, build_review
from embeddings.library import Library
from embeddings.records import Review
from tests.project import furnish

CLOCKS = (
    "The film was shot in a disused clock factory. Its owner asked for no rent.",
    "Nobody in the film owns a watch. The critic thinks that this is a joke, and not a good one.",
)
TIDES = (
    "The tide tables are wrong on purpose.",
    "The sea is filmed in one take, at dawn, from a rowing boat.",
)

WriteLines = Callable[..., Path]


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
def data(tmp_path_factory: pytest.TempPathFactory, encoder_directory: Path) -> Path:
    """An indexed data directory with the owner's review. Tests must not change it."""
    directory = tmp_path_factory.mktemp("data")
    furnish(directory)
    shutil.copytree(encoder_directory, directory / ".index" / "encoders" / encoder_directory.name)
    Library.build(directory).close()
    return directory


@pytest.fixture(scope="session")
def library(data: Path) -> Iterator[Library]:
    opened = Library.open(data)
    yield opened
    opened.close()
