"""A library of made titles."""

from __future__ import annotations

from embeddings.training import titled_library as module
from embeddings.training.datasets import SETS
from embeddings.training.examples import Example, Paragraph, QuestionSet
from embeddings.training.titled_library import made_titles, titled_library, ways

PLACES = 40
SET = QuestionSet(
    "made",
    tuple(Paragraph((f"The lamp {place} is red.", f"It cost {place} pounds.")) for place in range(PLACES)),
    tuple(map(str, range(PLACES))),
    tuple(Example(f"What colour is lamp {place}?", place, (0,), answers=("red",)) for place in range(PLACES)),
)


def test_the_reviews_are_of_a_set_that_can_be_read() -> None:
    assert module.SET in SETS


def test_titles_differ_are_the_same_each_time_and_some_contain_others() -> None:
    titles = made_titles(1000)
    assert len(set(titles)) == 1000
    assert titles == made_titles(1000)
    assert 50 < sum(title.rsplit(" ", 1)[0] in titles for title in titles) < 500


def test_each_question_is_asked_scoped_titled_and_pooled() -> None:
    task = titled_library(SET, reviews=10, questions=8)
    assert len(task.reviews) == 10
    assert [question.answerable for question in task.questions].count(True) in range(1, 8)
    title = {review.slug: review.title for review in task.reviews}
    asked = {way: each.questions for way, each in ways(task)}
    assert list(asked) == ["scoped", "titled", "pooled"]
    assert {question.review for question in asked["scoped"]} <= set(title)
    assert {question.review for way in ("titled", "pooled") for question in asked[way]} == {None}
    assert [question.text for question in asked["titled"]] == [
        f"{question.text.removesuffix('?')} in {title[question.review or '']}?" for question in asked["scoped"]
    ]
