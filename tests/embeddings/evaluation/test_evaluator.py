"""Evaluation with the real library and encoder, and the same measures from other tools."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from embeddings.config import NAMED_RANKINGS, named_ranking
from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    Judgement,
    SectionText,
    Task,
    build_review,
    paragraph_of_hit,
)
from embeddings.evaluation.datasets.trec import write_qrels, write_run
from embeddings.evaluation.evaluator import Evaluation, evaluate, evaluation_record, open_task
from embeddings.evaluation.metrics import PASSAGE_MEASURES, Measure
from embeddings.evaluation.summary import risk_coverage, summarise
from embeddings.library import Library
from embeddings.records import AskResult, State
from tests.embeddings.evaluation.conftest import WriteLines
from tests.embeddings.evaluation.datasets.test_formats import CORPUS, QRELS, QUERIES, SQUAD, write_folder
from tests.project import QUESTIONS


@pytest.fixture(scope="session")
def development(library: Library) -> Evaluation:
    """The evaluation of every third question in the file."""
    with open_task(QUESTIONS, library) as (task, asked):
        return evaluate(asked, replace(task, questions=task.questions[::3]))


@pytest.mark.slow
def test_evaluation_measures_what_ask_and_search_return(development: Evaluation, library: Library) -> None:
    for outcome in development.outcomes[::5]:
        question = outcome.question
        assert outcome.answer == library.ask(question.text, review=question.review, context=question.context)
        assert outcome.hits == library.search(question.text, review=question.review, context=question.context)


def test_only_answerable_questions_have_passage_measures(development: Evaluation) -> None:
    results = development.run.results
    assert [result.id for result in results] == [question.id for question in development.task.questions]
    assert {result.id for result in results if Measure.NDCG in result.values} == {
        result.id for result in results if result.answerable
    }


def test_ir_measures_computes_the_same_from_the_exported_files(development: Evaluation, tmp_path: Path) -> None:
    qrels, run = tmp_path / "questions.qrels", tmp_path / "questions.run"
    write_qrels({question.id: question.judgements for question in development.task.questions}, qrels)
    write_run({outcome.question.id: outcome.ranking for outcome in development.outcomes}, "default", run)

    figures = ir_measures.calc_aggregate(
        list(PASSAGE_MEASURES),
        ir_measures.read_trec_qrels(str(qrels)),  # type: ignore[no-untyped-call]  # it has no annotations
        ir_measures.read_trec_run(str(run)),  # type: ignore[no-untyped-call]  # nor has this
    )

    estimates = summarise(development.run.results).estimates
    assert {PASSAGE_MEASURES[name]: value for name, value in figures.items()} == pytest.approx(
        {name: estimates[name].value for name in PASSAGE_MEASURES.values()}, abs=1e-6
    )


def test_the_json_has_the_documented_keys_and_is_consistent(development: Evaluation) -> None:
    record = json.loads(json.dumps(evaluation_record(development)))

    assert record["questions"] == len(record["per_question"]) == len(development.outcomes)
    assert list(record["passages"]) == ["nDCG@10", "R@5", "RR@10", "Success@1"]
    assert {"Success@1", "Success@3"} <= set(record["quotes"])
    assert {"AUROC", "kept", "refused", "ECE", "states"} == set(record["abstention"])
    first = record["per_question"][0]
    assert {"id", "state", "confidence", "quotes", "passages"} <= set(first)
    assert set(first["passages"][0]) == {"review", "section", "paragraph", "start", "end", "score"}
    assert len(first["passages"]) == 10
    answerable = [entry for entry in record["per_question"] if entry["answerable"]]
    assert record["abstention"]["kept"] == pytest.approx(
        sum(entry["state"] == "answered" for entry in answerable) / len(answerable)
    )
    assert sum(kind["questions"] for kind in record["by_kind"].values()) == record["questions"]
    assert len(record["risk_coverage"]["points"]) <= 100


def test_the_risk_at_the_threshold_is_the_share_of_wrong_answers(development: Evaluation, library: Library) -> None:
    results = development.run.results
    answered = [result for result in results if result.state is State.ANSWERED]
    right = sum(result.values.get(Measure.FIRST_QUOTE, 0.0) for result in answered)
    point = [point for point in risk_coverage(results) if point.confidence >= library.models.thresholds.answered][-1]
    assert (point.coverage, point.risk) == pytest.approx((len(answered) / len(results), 1 - right / len(answered)))


def test_every_quote_is_a_slice_of_its_review(development: Evaluation, library: Library) -> None:
    quotes = [quote for outcome in development.outcomes for quote in outcome.answer.quotes]
    assert quotes
    assert all(quote.text == library.review(quote.review).text[quote.start : quote.end] for quote in quotes)


def test_a_question_that_fails_counts_as_unanswered_and_is_named(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = library.run

    def fail_once(question: str, **options: Any) -> AskResult:  # noqa: ANN401 - passed through
        if question == "Fail.":
            raise RuntimeError("no room\nat all")
        return asked(question, **options)

    monkeypatch.setattr(library, "run", fail_once)
    questions = tuple(JudgedQuestion(text, text, (), ()) for text in ("Fail.", "What is a deferral?"))
    evaluation = evaluate(library, Task("two", library.reviews(), questions, paragraph_of_hit))

    assert evaluation.failures == {"Fail.": "no room"}
    assert [outcome.answer.state for outcome in evaluation.outcomes] == [State.UNANSWERED, State.ANSWERED]


def test_a_split_has_only_its_questions(library: Library) -> None:
    with open_task(QUESTIONS, library, split="held-out") as (task, _):
        held_out = {question.id for question in task.questions}
    with open_task(QUESTIONS, library, split="dev") as (task, _):
        dev = {question.id for question in task.questions}
    with open_task(QUESTIONS, library) as (task, _):
        assert {question.id for question in task.questions} == held_out | dev
    assert not held_out & dev


@pytest.mark.slow
def test_a_second_run_has_the_same_fingerprint_and_results(development: Evaluation, library: Library) -> None:
    again = evaluate(library, development.task)
    assert again.run.fingerprint == development.run.fingerprint
    assert [replace(result, seconds=0) for result in again.run.results] == [
        replace(result, seconds=0) for result in development.run.results
    ]


def test_another_ranking_changes_only_the_settings_of_the_fingerprint(
    development: Evaluation, owners_data: Path
) -> None:
    lexical = Library.open(owners_data, ranking=named_ranking("bm25"))
    with open_task(QUESTIONS, lexical) as (task, asked):
        run = evaluate(asked, replace(task, questions=task.questions[:3]), name="bm25").run
    lexical.close()
    assert run.fingerprint is not None
    assert development.run.fingerprint is not None
    assert run.name == "bm25"
    assert run.fingerprint.settings != development.run.fingerprint.settings
    assert run.fingerprint.corpus == development.run.fingerprint.corpus


def test_an_unknown_ranking_is_an_error_that_lists_the_names() -> None:
    assert named_ranking("default") == NAMED_RANKINGS["default"]
    with pytest.raises(ValueError, match=r"There is no ranking 'best'\. Use one of these: default, dense, bm25"):
        named_ranking("best")


def test_a_question_without_words_is_unanswered(library: Library, write_lines: WriteLines) -> None:
    file = write_lines({"id": "q1", "question": "🙂🙃", "relevant": []})
    with open_task(file, library) as (task, asked):
        (outcome,) = evaluate(asked, task).outcomes
    assert (outcome.answer.state, outcome.answer.confidence, outcome.hits) == (State.UNANSWERED, 0, ())


def test_squad_questions_are_answered_from_its_own_paragraphs(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "squad.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")
    with open_task(file, library) as (task, asked):
        outcomes = evaluate(asked, task).outcomes
    assert outcomes[0].ranking[0].document == "squad/1-Clocks/1"
    assert [len(outcome.ranking) for outcome in outcomes] == [3, 3]


def test_beir_queries_are_answered_from_its_own_documents(library: Library, tmp_path: Path) -> None:
    with open_task(write_folder(tmp_path, CORPUS, QUERIES, QRELS), library) as (task, asked):
        (outcome,) = evaluate(asked, task).outcomes
    assert [scored.document for scored in outcome.ranking] == ["d 1", "d2"]


def test_a_stored_corpus_index_is_reused(library: Library, tmp_path: Path) -> None:
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps(SQUAD), encoding="utf-8")
    encoded: list[int] = []

    for _ in range(2):
        with open_task(squad, library, directory=tmp_path / "kept", progress=lambda done, _: encoded.append(done)) as (
            task,
            asked,
        ):
            run = evaluate(asked, task).run
            assert run.results[0].values[Measure.FIRST_PASSAGE] == 1

    assert max(encoded) == encoded[-1]
    assert encoded.count(max(encoded)) == 1


def test_a_long_document_is_ranked_once_by_its_best_passage(library: Library, tmp_path: Path) -> None:
    """Otherwise its passages would take all ranks."""
    long = " ".join(["The clock in the tower has four hands, and none of them has moved since the fire."] * 500)
    others = tuple(f"Paragraph {number} is about bread, butter and jam." for number in range(12))
    review = build_review("long", "Long", [SectionText("a", "A", (long, *others))])
    question = JudgedQuestion("q1", "How many hands has the clock in the tower?", (), (Judgement("long/a/1"),))
    indexed = Library.of([review], tmp_path, library.models.encoder)

    (outcome,) = evaluate(indexed, Task("long", (review,), (question,), paragraph_of_hit)).outcomes
    indexed.close()

    documents = [scored.document for scored in outcome.ranking]
    assert documents[0] == "long/a/1"
    assert len(documents) == len(set(documents)) >= 10
    assert len(outcome.hits) == 10
