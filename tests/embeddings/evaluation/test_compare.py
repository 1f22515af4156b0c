"""Runs: comparing them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import QuestionFileError
from embeddings.evaluation.compare import (
    IncomparableRunsError,
    QuestionChange,
    check_comparable,
    compare_all,
    compare_runs,
    comparison_record,
    load_runs,
    on_shared_questions,
)
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Fingerprint, save_run
from tests.embeddings.evaluation.conftest import FINGERPRINT, result, run, scored


def test_runs_with_the_same_file_name_are_named_by_path(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_run(scored("run", 0.5), tmp_path / folder / "run.json")
    names = [loaded.name for loaded in load_runs([tmp_path / "a" / "run.json", tmp_path / "b" / "run.json"])]
    assert names == [str(tmp_path / "a" / "run.json"), str(tmp_path / "b" / "run.json")]


def test_a_run_compared_with_itself_has_no_difference() -> None:
    one = run(
        "one",
        result("q1", confidence=0.9, values={Measure.NDCG: 0.3}),
        result("q2", confidence=0.2, values={Measure.NDCG: 0.8}),
        result("q3", answerable=False, confidence=0.4, values={Measure.REFUSED: 1.0}),
    )
    pair = compare_runs(one, replace(one, name="again"))
    assert set(pair.measures) == {Measure.NDCG, Measure.AUROC, Measure.REFUSED}
    for found in pair.measures.values():
        assert (found.difference.value, found.difference.p, found.won, found.lost, found.changes) == (0, 1, 0, 0, ())


def test_changed_questions_are_sorted_by_loss() -> None:
    found = compare_runs(scored("a", 1.0, 0.5, 0.0, 0.5), scored("b", 0.5, 0.5, 1.0, 0.25)).measures[Measure.NDCG]
    assert (found.won, found.lost) == (1, 2)
    assert found.changes == (
        QuestionChange("q0", "What of q0?", 1.0, 0.5),
        QuestionChange("q3", "What of q3?", 0.5, 0.25),
        QuestionChange("q2", "What of q2?", 0.0, 1.0),
    )


def test_only_a_significant_loss_is_a_regression() -> None:
    before = scored("a", *[1.0] * 20)
    assert not compare_runs(before, scored("b", *[1.0] * 19, 0.0)).measures[Measure.NDCG].regressed
    assert compare_runs(before, scored("b", *[1.0] * 10, *[0.0] * 10)).measures[Measure.NDCG].regressed
    assert not compare_runs(scored("b", *[0.0] * 20), before).measures[Measure.NDCG].regressed


def test_a_higher_confidence_of_an_unanswerable_question_lowers_auroc() -> None:
    before = run("a", result("q1", confidence=0.9), result("q2", answerable=False, confidence=0.1))
    after = run("b", result("q1", confidence=0.9), result("q2", answerable=False, confidence=0.95))
    found = compare_runs(before, after).measures[Measure.AUROC]
    assert found.difference.value == -1
    assert found.changes == (
        QuestionChange("q1", "What of q1?", 1.0, 0.0),
        QuestionChange("q2", "What of q2?", 1.0, 0.0),
    )


@pytest.mark.parametrize(
    ("different", "words"),
    [
        (replace(FINGERPRINT, questions="91"), "different questions"),
        (replace(FINGERPRINT, corpus="c1"), "different reviews"),
    ],
)
def test_runs_over_different_questions_or_reviews_are_an_error(different: Fingerprint, words: str) -> None:
    one, other = scored("one", 0.5), scored("other", 0.5)
    check_comparable([one, other])
    with pytest.raises(IncomparableRunsError, match=f"one and other are over {words}.*--anyway"):
        check_comparable([one, replace(other, fingerprint=different)])


def test_runs_are_compared_over_the_questions_that_both_have() -> None:
    found = compare_runs(scored("a", 1.0, 0.5), scored("b", 0.5, 0.5, 0.0)).measures[Measure.NDCG]
    assert (found.difference.questions, found.difference.value) == (2, -0.25)


def test_shared_questions_are_those_of_all_runs() -> None:
    assert on_shared_questions([scored("a", 1.0, 0.5, 0.5), scored("b", 0.5), scored("c", 0.5, 0.0)]) == (
        scored("a", 1.0),
        scored("b", 0.5),
        scored("c", 0.5),
    )


def test_runs_without_a_shared_question_are_an_error() -> None:
    other = run("other", result("x1", values={Measure.NDCG: 1.0}))
    with pytest.raises(IncomparableRunsError, match=r"^one, other: The runs share no question\. Compare other runs\.$"):
        on_shared_questions([scored("one", 0.5), other])


def test_a_trec_run_without_qrels_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "other.run").write_text("q0 Q0 b 1 0.9 x\n", encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r"other\.run: The file is not a run .*--qrels FILE"):
        load_runs([tmp_path / "other.run"])
    with pytest.raises(QuestionFileError, match=r"absent\.run: The file can't be read"):
        load_runs([tmp_path / "absent.run"])


def test_p_is_adjusted_for_the_number_of_pairs() -> None:
    runs = [scored("a", *[0.0] * 8), scored("b", *[1.0] * 8), scored("c", *[1.0] * 8)]
    pairs = compare_all(runs)
    assert [(pair.before, pair.after) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    alone = compare_runs(runs[0], runs[1]).measures[Measure.NDCG].difference.p
    assert pairs[0].measures[Measure.NDCG].difference.p == pytest.approx(3 * alone)
    assert pairs[2].measures[Measure.NDCG].difference.p == 1
    record = comparison_record(runs, pairs)
    assert json.loads(json.dumps(record)) == record


def test_a_trec_run_is_compared_by_its_passage_measures(tmp_path: Path) -> None:
    (tmp_path / "judged.qrels").write_text("q0 0 a 1\nq1 0 b 1\nq2 0 c 0\n", encoding="utf-8")
    (tmp_path / "other.run").write_text("q0 Q0 b 1 0.9 x\nq0 Q0 a 2 0.5 x\nq2 Q0 c 1 0.5 x\n", encoding="utf-8")
    save_run(scored("mine", 1.0, 1.0), tmp_path / "mine.json")
    runs = load_runs([tmp_path / "mine.json", tmp_path / "other.run"], tmp_path / "judged.qrels")
    check_comparable(runs)
    found = compare_runs(*runs).measures[Measure.NDCG]
    assert [(move.id, move.after) for move in found.changes] == [("q1", 0.0), ("q0", pytest.approx(0.6309297))]


def test_a_trec_run_over_other_questions_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "judged.qrels").write_text("q7 0 a 1\n", encoding="utf-8")
    (tmp_path / "other.run").write_text("q7 Q0 a 1 0.9 x\n", encoding="utf-8")
    save_run(scored("mine", 1.0), tmp_path / "mine.json")
    with pytest.raises(IncomparableRunsError, match="different questions"):
        check_comparable(load_runs([tmp_path / "mine.json", tmp_path / "other.run"], tmp_path / "judged.qrels"))
