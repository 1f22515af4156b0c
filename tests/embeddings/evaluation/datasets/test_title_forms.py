"""Questions in the forms in which people name a work."""

from __future__ import annotations

import pytest

from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    SectionText,
    Span,
    Task,
    build_review,
    paragraph_judgements,
    paragraph_of_hit,
)
from embeddings.evaluation.datasets.title_forms import TitleForm, with_title_forms
from embeddings.records import Review

CLOCK = build_review("clock", "The Clock Factory", [SectionText("a", "A", ("Its owner asked for no rent.",))])
TIDES = build_review("tides", "Tide Tables", [SectionText("a", "A", ("The sea is calm.",))])
RENT = Span("clock", 0, 10)


def question(text: str, *spans: Span, kind: str | None = None, review: str | None = None) -> JudgedQuestion:
    judged = paragraph_judgements(spans, {"clock": CLOCK, "tides": TIDES})
    return JudgedQuestion("q1", text, spans, judged, ("Before?",), review, kind)


def texts(asked: JudgedQuestion, *reviews: Review) -> list[str]:
    task = with_title_forms(Task("club", reviews or (CLOCK,), (asked,), paragraph_of_hit))
    return [each.text for each in task.questions]


def test_a_question_is_asked_in_every_form_and_keeps_its_answer() -> None:
    asked = question("What did Ann's owner ask for?", RENT)
    first, *forms = with_title_forms(Task("club", (CLOCK, TIDES), (asked,), paragraph_of_hit)).questions
    assert first == asked
    assert [(each.id, each.form) for each in forms] == [(f"q1.{form}", form) for form in TitleForm]
    assert {(each.spans, each.judgements, each.context) for each in forms} == {
        (asked.spans, asked.judgements, asked.context)
    }
    assert [each.text for each in forms] == [
        "What did Ann's owner ask for in The Clock Factory?",
        "In The Clock Factory, what did Ann's owner ask for?",
        "The Clock Factory: What did Ann's owner ask for?",
        "what did ann's owner ask for in the clock factory",
        "What did Ann's owner ask for in the film?",
    ]


def test_a_name_that_begins_a_question_keeps_its_capital() -> None:
    assert texts(question("Ann asked for rent, right?", RENT))[2] == "In The Clock Factory, Ann asked for rent, right?"
    assert texts(question("I wonder who owns it", RENT))[2] == "In The Clock Factory, I wonder who owns it"


@pytest.mark.parametrize(
    ("asked", "reviews"),
    [
        (question("Who owns the clock factory?", RENT), (CLOCK,)),
        (question("How do I cook rice?", kind="off-topic"), (CLOCK,)),
        (question("Who runs it?", kind="plot-left-out"), (CLOCK, TIDES)),
        (question("Which is calm?", RENT, Span("tides", 0, 5)), (CLOCK, TIDES)),
    ],
)
def test_a_question_that_names_its_work_or_is_about_no_one_review_has_no_forms(
    asked: JudgedQuestion, reviews: tuple[Review, ...]
) -> None:
    assert texts(asked, *reviews) == [asked.text]


def test_an_unanswerable_question_about_the_only_review_or_a_set_one_has_every_form() -> None:
    assert len(texts(question("Who runs it?", kind="plot-left-out"))) == 6
    assert len(texts(question("Who runs it?", kind="plot-left-out", review="tides"), CLOCK, TIDES)) == 6
