"""Tasks of held-out sets, and the removal of their texts from the training data."""

from __future__ import annotations

import pytest

from embeddings.training.decontaminate import ngrams_and_questions, without_overlap
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.held_out import PARAGRAPHS, Removal, held_out_task, kind_of


def test_overlap_with_the_evaluation_data_is_removed_from_training() -> None:
    long = " ".join(f"word{number}" for number in range(20))
    training = QuestionSet(
        "training",
        (Paragraph((f"Before. {long} after.",)), Paragraph(("Something else.",))),
        ("one", "two"),
        (Example("Which words?", 0, (0,)), Example("What else?", 1, (0,)), Example("Asked of both?", 1, (0,))),
    )
    test = QuestionSet("test", (Paragraph((long,)),), ("t",), (Example("asked of BOTH", 0, (0,)),))
    seen, asked = ngrams_and_questions([test])
    kept, overlap = without_overlap(training, seen, asked)
    assert (overlap.paragraphs, overlap.questions, overlap.dropped) == (1, 1, 2)
    assert [example.question for example in kept.examples] == ["What else?"]


@pytest.mark.parametrize("removal", Removal)
def test_half_of_the_held_out_questions_are_unanswerable(removal: Removal) -> None:
    paragraphs = tuple(Paragraph((f"Paragraph {number} begins.", f"It is about {number}.")) for number in range(45))
    examples = tuple(Example(f"What is paragraph {number} about?", number, (1,)) for number in range(45))
    question_set = QuestionSet("held out", paragraphs, tuple(map(str, range(45))), examples)
    task = held_out_task(question_set, 100, 1, removal)
    assert [len(review.sections[0].paragraphs) for review in task.reviews] == [PARAGRAPHS] * len(task.reviews)
    assert len(task.questions) == 40
    assert sum(question.answerable for question in task.questions) == 20
    texts = {review.slug: review.text for review in task.reviews}
    for question in task.questions:
        number = question.text.split()[3]
        answer = f"It is about {number}."
        text = texts[str(question.review)]
        assert [texts[span.review][span.start : span.end] for span in question.spans] == [answer] * question.answerable
        assert (answer in text) is question.answerable
        assert (f"Paragraph {number} begins." in text) is (question.answerable or removal is Removal.ANSWERS)


def test_a_question_with_another_answer_in_its_paragraph_is_not_unanswerable() -> None:
    paragraphs = tuple(Paragraph(("It was red.", f"Number {number} was red.")) for number in range(20))
    examples = tuple(
        Example(f"What colour was {number}?", number, (1,), Answer(1, 0, 3), ("Red",)) for number in range(20)
    )
    question_set = QuestionSet("held out", paragraphs, tuple(map(str, range(20))), examples)
    task = held_out_task(question_set, 100, 1, Removal.ANSWERS)
    assert [question.answerable for question in task.questions] == [True] * 10


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Would you recommend it?", "opinion"),
        ("How good is the picture?", "opinion"),
        ("To whom was it given?", "who"),
        ("Which year was it?", "which"),
        ("Is there a hole?", "yes or no"),
    ],
)
def test_the_words_of_a_question_decide_its_kind(question: str, kind: str) -> None:
    assert kind_of(question) == kind
