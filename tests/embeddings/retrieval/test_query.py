from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.records import State
from embeddings.retrieval.query import Intent, intent


@pytest.mark.parametrize(
    "question",
    [
        "Is it any good?",
        "is it worth watching",
        "did the critic like the film?",
        "would you recommend it",
        "THOUGHTS??",
    ],
)
def test_a_question_for_the_verdict_is_known(question: str) -> None:
    assert intent(question) is Intent.VERDICT


@pytest.mark.parametrize("question", ["What's it about?", "what is the plot", "Summarize the film please", "plot?"])
def test_a_question_for_the_gist_is_known(question: str) -> None:
    assert intent(question) is Intent.GIST


@pytest.mark.parametrize(
    "question",
    [
        "Is the music any good?",
        "what is the Greek chorus like",
        "What is a deferral about?",
        "who likes Tommy",
        "film",
        "what?",
        "ok",
        "映画",
    ],
)
def test_a_question_with_a_topic_of_its_own_is_neither(question: str) -> None:
    assert intent(question) is None


def test_a_question_about_the_whole_film_is_answered(library: Library) -> None:
    assert library.ask("is it any good?").state is State.ANSWERED
    assert library.ask("ok but what's it about").state is State.ANSWERED
