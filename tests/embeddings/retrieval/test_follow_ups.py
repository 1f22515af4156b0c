"""Which questions lean on the one before."""

import pytest

from embeddings.retrieval.query import is_follow_up


@pytest.mark.parametrize(
    "question", ["and who plays her?", "why?", "what does it stand for?", "But how did they meet in the first place?"]
)
def test_a_question_that_points_back_leans_on_the_one_before(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize("question", ["what's the weather in Leeds", "Who won the world cup in 2018?"])
def test_a_question_with_a_subject_of_its_own_stands_by_itself(question: str) -> None:
    assert not is_follow_up(question)
