"""The mixture of training windows, and the file that keeps it."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import LibraryError
from embeddings.training.datasets import TRAINED_ON
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.mixture import MIXTURE, Mix, is_validation, mix_windows
from embeddings.training.model_card import LICENCES
from embeddings.training.preparation import WINDOWS, stored_windows
from embeddings.training.windows_file import WindowsFileError, load_windows, save_windows

PLACES = range(48)
ROOMS = "kitchen attic cellar hall parlour library garden stable".split()
MIX = Mix(windows=40, library=0.5, opinions=0.25, pairs=0.05, seed=3)


def _set(name: str, thing: str) -> QuestionSet:
    return QuestionSet(
        name,
        tuple(
            Paragraph(
                (
                    f"The {thing} of Anna {place} is loud.",
                    "It rained.",
                    f"It cost Tom {place} pounds in the {ROOMS[place % 8]}.",
                )
            )
            for place in PLACES
        ),
        tuple(f"{thing} {place}" for place in PLACES),
        tuple(
            Example(f"How much was the {thing} of Anna {place}?", place, (2,), Answer(2, 12, 14), (f"{place} pounds",))
            for place in PLACES
        ),
    )


SETS = (_set("SQuADShifts reddit", "radio"), _set("FairytaleQA", "drum"))


def test_every_training_set_has_a_mixture_and_a_licence() -> None:
    assert set(MIXTURE) == set(TRAINED_ON)
    assert set(MIXTURE) <= set(LICENCES)


@pytest.mark.slow
def test_a_mix_has_its_shares_and_is_stored_as_it_is(encoder: OnnxEncoder, tmp_path: Path) -> None:
    windows = mix_windows(SETS, MIX, encoder, tmp_path)

    assert Counter(name for name, _ in windows.training) == {"FairytaleQA": 30, "SQuADShifts reddit": 10}
    assert sum(window.perturbed is not None for _, window in windows.training) == 2
    documents = {window.document for _, window in windows.training}
    assert documents
    assert not any(map(is_validation, documents))
    assert all(is_validation(window.document) for window in windows.validation)
    assert all(is_validation(window.document) for asked in windows.asked for window in asked)
    assert windows.validation
    assert windows.asked

    file = tmp_path / WINDOWS
    save_windows(windows, MIX, file)
    assert stored_windows(tmp_path, MIX) == load_windows(file) == windows
    with pytest.raises(WindowsFileError, match=r"There are no windows of this mixture\. Make them with --prepare-only"):
        stored_windows(tmp_path, replace(MIX, seed=4))


def test_no_file_holds_no_windows_and_a_broken_one_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "windows.jsonl.gz"
    assert load_windows(file) is None
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        stream.write('{"windows": 1}\n{"set": "SelQA"}\n')
    with pytest.raises(WindowsFileError, match=r"windows\.jsonl\.gz: The windows can't be read .* Remove the file\."):
        load_windows(file)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": 0.2}, r"--pairs must be from 0 to 0\.05, not 0\.2\."),
        ({"library": 1.5}, r"--library must be from 0 to 1, not 1\.5\."),
        ({"opinions": -1}, r"--opinions must be from 0 to 1, not -1\."),
        ({"windows": 0}, r"Give --windows at least 1\."),
    ],
)
def test_a_share_out_of_its_range_is_an_error(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(LibraryError, match=message):
        Mix(**wrong)  # type: ignore[arg-type]
