"""The small installation can do everything but measure and load other models, and says so."""

from __future__ import annotations

from pathlib import Path

from bot.cli.doctor.installation import OPTIONAL
from tests.bot.cli.conftest import QUESTION, Outcome, process
from tests.embeddings.fixtures.tiny_models import save_model
from tests.project import furnish

# As modules, with packages that only they depend on.
LEFT_OUT = (*(name.replace("-", "_") for name in OPTIONAL), "safetensors", "tqdm")


def small(*arguments: str | Path) -> Outcome:
    """Run the command without the packages that the small installation leaves out."""
    return process(*arguments, without=LEFT_OUT)


def test_a_small_installation_answers_and_indexes_changed_reviews(data: Path) -> None:
    assert "deferrals" in small("ask", QUESTION, "--data", data).out
    (data / "reviews" / "whales.md").write_text(
        "---\ntitle: The Whale Song\n---\nThe cook of the whaler sings to his kettle every morning.\n", encoding="utf-8"
    )
    indexed = small("index", "--data", data)
    assert (indexed.code, indexed.err) == (0, "")
    assert indexed.out.startswith("The index is up to date: 2 reviews, ")
    asked = small("ask", "What does the cook of the whaler sing to?", "--json", "--data", data)
    assert "kettle" in asked.json["quotes"][0]["text"]


def test_a_small_installation_builds_its_index_from_nothing(tmp_path: Path, indexed: Path) -> None:
    furnish(tmp_path)
    asked = small("ask", QUESTION, "--json", "--data", tmp_path)
    assert asked.err == "Building the index of 1 review. This happens only once…\n"
    assert asked.json == process("ask", QUESTION, "--json", "--data", indexed).json


def test_another_model_without_torch_names_the_missing_package(fresh: Path, tmp_path: Path) -> None:
    model = save_model(tmp_path / "model")
    refused = process("index", "--model", model, "--data", fresh, without=("torch",))
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert "needs the package torch, which is not installed. Run `pip install .` in the clone" in refused.err
