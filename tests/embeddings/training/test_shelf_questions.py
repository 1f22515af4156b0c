"""The questions about the two shelves: Chesterton's reviews of Dickens, and a made club's twelve reviews."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embeddings.documents.files import review_files
from embeddings.documents.parser import read_review
from embeddings.evaluation.datasets.questions import locate_quotes, question_line, read_questions
from embeddings.records import Rating, Review
from embeddings.training import held_out
from tests.project import ROOT

TRAINING = Path(held_out.__file__).parent
SHELF = ROOT.parent / "shared" / "shelf" / "dickens"
CLUB = Path(__file__).parents[1] / "fixtures" / "club"
COLLECTIONS = {"dickens": TRAINING / "dickens-collection.jsonl", "club": CLUB / "collection.jsonl"}

needs_shelf = pytest.mark.skipif(not SHELF.is_dir(), reason="the shelf of Dickens reviews isn't beside the project")


def _reviews(folder: Path) -> dict[str, Review]:
    return {review.slug: review for review in map(read_review, review_files(folder))}


def _collection(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in COLLECTIONS[name].read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["dickens.jsonl", "dickens-shelf.jsonl"])
def test_the_questions_about_the_shelf_are_a_valid_question_file(name: str) -> None:
    file = TRAINING / name
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [json.loads(question_line(question)) for question in read_questions(file)] == lines


def test_a_third_of_the_questions_of_each_group_is_held_out() -> None:
    questions = read_questions(TRAINING / "dickens-shelf.jsonl")
    alone = {"character": "character", "follow-up": "follow-up", "other-work": "absent"}
    alone |= {"left-out": "left out", "missing-fact": "left out"}
    groups = Counter(alone.get(question.kind or "", "named") for question in questions)
    held_out = Counter(
        alone.get(question.kind or "", "named") for question in questions if question.split == "held-out"
    )
    assert groups == {"named": 100, "character": 20, "follow-up": 12, "left out": 28, "absent": 12}
    assert held_out == {name: round(count / 3) for name, count in groups.items()}


@needs_shelf
def test_what_answers_a_question_is_in_one_place_of_the_review() -> None:
    file = TRAINING / "dickens-shelf.jsonl"
    questions = read_questions(file)
    judged = locate_quotes(questions, _reviews(SHELF).values(), file)
    assert [len(each.spans) for each in judged] == [len(each.relevant) for each in questions]


@pytest.mark.parametrize("name", ["club", pytest.param("dickens", marks=needs_shelf)])
def test_a_question_about_the_collection_expects_reviews_that_are_there(name: str) -> None:
    reviews = _reviews(SHELF if name == "dickens" else CLUB / "reviews")
    questions = _collection(name)
    listed = [slug for each in questions if isinstance(each["expected"], list) for slug in each["expected"]]
    assert set(listed) <= set(reviews)
    assert len({each["id"] for each in questions}) == len(questions) == {"dickens": 16, "club": 24}[name]
    assert {each["question"]: each["expected"] for each in questions if each["kind"] == "which"} == {
        {"dickens": "Which reviews are there?", "club": "Which films and books have been reviewed?"}[name]: sorted(
            reviews
        )
    }


def _is_by(name: str) -> Callable[[Review], bool]:
    return lambda review: (
        review.author == name or any(name in names for names in review.facts.values() if isinstance(names, tuple))
    )


@pytest.mark.parametrize(
    ("question", "belongs"),
    [
        ("Which reviews are by Tom Feld?", _is_by("Tom Feld")),
        ("Which films by Ines Calder have been reviewed?", _is_by("Ines Calder")),
        ("books by lena holt", _is_by("Lena Holt")),
        ("reviews from the 1990s", lambda review: review.year in range(1990, 2000)),
        ("Which reviews are tagged sea?", _is_by("sea")),
        ("Which comedies are there?", _is_by("comedy")),
        ("What got five stars?", lambda review: review.facts.get("rating") == Rating("5/5", 5.0, 5.0)),
        ("Which reviews mention a lighthouse?", lambda review: "lighthouse" in review.text),
    ],
)
def test_what_a_question_about_the_collection_expects_follows_from_the_facts(
    question: str, belongs: Callable[[Review], bool]
) -> None:
    expected = {each["question"]: each["expected"] for each in _collection("club")}
    reviews = _reviews(CLUB / "reviews").values()
    assert expected[question] == sorted(review.slug for review in reviews if belongs(review))
