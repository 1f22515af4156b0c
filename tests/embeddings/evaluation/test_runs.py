"""Runs: saving and loading them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.task import Task, paragraph_of_hit
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import fingerprint, load_run, save_run
from embeddings.records import Facts, Paragraph, Rating, Review, Section, State
from tests.embeddings.evaluation.conftest import result, run, scored


def test_a_saved_run_is_loaded_unchanged(tmp_path: Path) -> None:
    saved = run(
        "mine",
        result("q1", values={Measure.NDCG: 0.25, Measure.FIRST_QUOTE: 1.0}, kind="lexical"),
        result("q2", answerable=False, state=State.UNANSWERED, confidence=0.125, values={Measure.REFUSED: 1.0}),
    )
    save_run(saved, tmp_path / "mine.json")
    assert load_run(tmp_path / "mine.json") == saved
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"fingerprint": null, "per_question": [{"id": "q1"}]}',
        '{"fingerprint": {"corpus": "c"}, "per_question": []}',
    ],
)
def test_a_file_that_is_not_a_run_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r"not a run .*Write one with `review-bot evaluate --save`"):
        load_run(tmp_path / "a.json")


@pytest.mark.parametrize("damage", [{"confidence": "high"}, {"confidence": float("nan")}, {"measures": None}])
def test_a_run_with_an_invalid_number_is_an_error(tmp_path: Path, damage: dict[str, object]) -> None:
    save_run(scored("a", 0.5), tmp_path / "a.json")
    record = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    record["per_question"][0] |= damage
    (tmp_path / "a.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(QuestionFileError, match="not a run"):
        load_run(tmp_path / "a.json")


def test_a_run_with_a_duplicate_question_is_an_error(tmp_path: Path) -> None:
    save_run(run("a", result("q1"), result("q1")), tmp_path / "a.json")
    with pytest.raises(QuestionFileError, match=r"not a run .*two questions have the same id"):
        load_run(tmp_path / "a.json")


def test_facts_and_marked_spoilers_make_no_other_corpus_and_texts_do() -> None:
    review = Review("a", "A", "It rains.", (Section("introduction", "Introduction", (Paragraph(1, 0, 9),)),))
    known = replace(review, facts=Facts({"rating": Rating("4/5", 4.0, 5.0)}), spoilers=((0, 9),), quoted=((0, 9),))
    other = replace(review, text="It pours.")
    identity = EncoderIdentity("model", "ab" * 32, 384, 256, "onnx-fp32")
    first, same, different = (
        fingerprint(Task("task", (each,), (), paragraph_of_hit), identity, {}).corpus for each in (review, known, other)
    )
    assert (same == first, different == first) == (True, False)
