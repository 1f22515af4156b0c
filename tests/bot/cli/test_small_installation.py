"""The small installation can do everything but measure and load other models, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.doctor.installation import OPTIONAL
from tests.bot.cli.conftest import QUESTION, SHORT, SHORT_QUESTION, Run, Session
from tests.project import furnish

# As modules, with packages that only they depend on, or only parts of packages that nothing here imports.
LEFT_OUT = (*(name.replace("-", "_") for name in OPTIONAL), "safetensors", "tqdm", "google", "flatbuffers", "pygments")


@pytest.fixture(scope="module")
def small() -> Iterator[Session]:
    """A process without the packages that the small installation leaves out."""
    with Session(without=LEFT_OUT) as session:
        yield session


def test_a_small_installation_answers_and_indexes_changed_reviews(small: Session, data: Path) -> None:
    assert "deferrals" in small.run("ask", QUESTION, "--data", data).out
    (data / "reviews" / "whales.md").write_text(
        "---\ntitle: The Whale Song\n---\nThe cook of the whaler sings to his kettle every morning.\n", encoding="utf-8"
    )
    indexed = small.run("index", "--data", data)
    assert (indexed.code, indexed.err) == (0, "")
    assert indexed.out.startswith("The index is up to date: 2 reviews, ")
    asked = small.run("ask", "What does the cook of the whaler sing to?", "--json", "--data", data)
    assert "kettle" in asked.json["quotes"][0]["text"]


def test_a_small_installation_builds_its_index_from_nothing(
    small: Session, run: Run, short: Path, tmp_path: Path
) -> None:
    furnish(tmp_path, reviews=SHORT)
    asked = small.run("ask", SHORT_QUESTION, "--json", "--data", tmp_path)
    assert asked.err == "Building the index of 1 review. This happens only once…\n"
    assert asked.json == run("ask", SHORT_QUESTION, "--json", "--data", short).json


@pytest.mark.slow
def test_another_model_in_a_small_installation_names_the_missing_package(
    small: Session, fresh: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    refused = small.run("index", "--model", tmp_path / "model", "--data", fresh)
    assert "needs the package sentence_transformers, which is not installed. Run `pip install .`" in refused.complaint
