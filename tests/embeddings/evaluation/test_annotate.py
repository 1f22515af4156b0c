"""Labelling new questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import QuestionFileError
from embeddings.evaluation.annotate import (
    CandidateSentence,
    UnlabelledQuestion,
    add_question,
    candidate_sentences,
    labelled_questions,
    not_yet_labelled,
    read_unlabelled,
)
from embeddings.evaluation.datasets.questions import Label, Question, locate_quotes, read_questions
from embeddings.evaluation.datasets.task import SectionText, build_review
from embeddings.evaluation.evaluator import evaluate, open_task
from embeddings.library import Library
from tests.embeddings.evaluation.conftest import WriteLines

HAILSHAM = UnlabelledQuestion("Why was Hailsham shut down?")


def test_each_line_of_a_text_file_is_a_question(tmp_path: Path) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("Who plays Kathy?\n\n  Is it sad? \n", encoding="utf-8")
    assert read_unlabelled(file) == (UnlabelledQuestion("Who plays Kathy?"), UnlabelledQuestion("Is it sad?"))


def test_an_exported_question_needs_no_labels(write_lines: WriteLines) -> None:
    file = write_lines({"question": "and why?", "context": ["Is it sad?"], "review": None, "kind": "gap"})
    assert read_unlabelled(file) == (UnlabelledQuestion("and why?", ("Is it sad?",), None, "gap"),)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"id": "q1"}, '"question" is missing'),
        ({"question": "Why?", "context": "Who?"}, '"context" is a string'),
        ({"question": "Why?", "collections": "shared"}, '"collections" is a string'),
    ],
)
def test_a_broken_line_is_an_error(write_lines: WriteLines, line: object, reason: str) -> None:
    with pytest.raises(QuestionFileError, match=f", line 1: {reason}"):
        read_unlabelled(write_lines(line))


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_bytes(b"caf\xe9")
    with pytest.raises(QuestionFileError, match="not UTF-8"):
        read_unlabelled(tmp_path / "asked.txt")
    with pytest.raises(QuestionFileError, match="can't be read"):
        read_unlabelled(tmp_path / "absent.txt")


def test_labelled_questions_and_duplicates_are_skipped() -> None:
    known = [Question("q1", "Is it sad?", ())]
    asked = [
        UnlabelledQuestion("Is it sad?"),
        UnlabelledQuestion("Why?"),
        UnlabelledQuestion("Why?"),
        UnlabelledQuestion("Is it sad?", ("Who?",)),
    ]
    assert not_yet_labelled(asked, known) == (UnlabelledQuestion("Why?"), UnlabelledQuestion("Is it sad?", ("Who?",)))


def test_the_sentences_of_the_five_closest_passages_are_candidates(library: Library) -> None:
    found = candidate_sentences(library, HAILSHAM)
    review = library.review("never-let-me-go")
    assert any(choice.text.startswith("Hailsham, she explains, was shut down") for choice in found)
    assert all(choice.text in review.text for choice in found)
    assert len({(choice.heading, choice.paragraph) for choice in found}) == 5


def test_a_labelled_question_is_added_as_a_valid_line(library: Library, write_lines: WriteLines) -> None:
    file = write_lines(
        {"id": "q041", "question": "Is it sad?", "relevant": []}, {"id": "x", "question": "?", "relevant": []}
    )
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    answer = next(
        choice for choice in candidate_sentences(library, HAILSHAM) if choice.text.startswith("Hailsham, she explains")
    )

    added = add_question(file, HAILSHAM, [answer], kind="who", split="dev")

    assert added == Question("q042", HAILSHAM.text, (Label(answer.review, answer.text),), kind="who", split="dev")
    assert file.read_text(encoding="utf-8").startswith(before + "\n")
    located = locate_quotes(read_questions(file), library.reviews(), file)
    assert [question.answerable for question in located] == [False, False, True]


def test_a_question_of_a_server_keeps_its_collections(
    library: Library, tmp_path: Path, write_lines: WriteLines
) -> None:
    lamp = build_review(
        "lamp", "Night Watch", [SectionText("a", "A", ("The lamp is cleaned every evening by the keeper.",))]
    )
    tides = build_review("tides", "Low Water", [SectionText("a", "A", ("The sea is filmed from a rowing boat.",))])
    club = Library.of([tides, replace(lamp, collection="7")], tmp_path / "index", library.models.encoder)
    (asked,) = read_unlabelled(write_lines({"question": "Who cleans the lamp?", "collections": ["7", "shared"]}))
    file = tmp_path / "labelled.jsonl"

    found = candidate_sentences(club, asked)
    added = add_question(file, asked, found[:1])
    with open_task(file, club) as (task, library_asked):
        (outcome,) = evaluate(library_asked, task).outcomes
    club.close()

    assert [choice.review for choice in found] == ["lamp", "tides"]
    assert labelled_questions(file) == (replace(added, line=1),)
    assert added.collections == ("7", "shared")
    assert (outcome.question.answerable, outcome.ranking[0].document) == (True, "lamp/a/1")


def test_the_same_text_in_another_server_is_another_question() -> None:
    known = [Question("q1", "Is it sad?", ())]
    assert not_yet_labelled([UnlabelledQuestion("Is it sad?", collections=("7",))], known) == (
        UnlabelledQuestion("Is it sad?", collections=("7",)),
    )


def test_the_file_is_created_for_the_first_question(tmp_path: Path) -> None:
    file = tmp_path / "new" / "questions.jsonl"
    assert labelled_questions(file) == ()
    add_question(file, UnlabelledQuestion("How do I cook rice?", kind="off-topic"), [], kind="gap")
    assert labelled_questions(file) == (Question("q001", "How do I cook rice?", (), kind="off-topic", line=1),)


def test_a_broken_file_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(QuestionFileError, match="not JSON"):
        add_question(file, HAILSHAM, [CandidateSentence("a", "b", "c", 1)])
    assert file.read_text(encoding="utf-8") == "{"
    assert [path.name for path in tmp_path.iterdir()] == ["questions.jsonl"]


def test_an_unwritable_path_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(QuestionFileError, match=r"questions\.jsonl: The file can't be written"):
        add_question(tmp_path / "file" / "questions.jsonl", HAILSHAM, [])
