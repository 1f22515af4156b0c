"""What a review's header says of its work answers who made it and how it is rated; nothing else does."""

from __future__ import annotations

import pytest

from embeddings.library import Library

MARSH = "The director of “Copper Road” is Elena Marsh."


def _heading(club: Library, question: str, context: tuple[str, ...] = (), review: str | None = None) -> str | None:
    listing = club.ask(question, context=context, review=review).listing
    return None if listing is None else listing.heading


@pytest.mark.parametrize(
    "question",
    [
        "who directed Copper Road?",
        "who is the director of copper road",
        "Who was Copper Road directed by?",
        "copper road's director?",
        "who is copper road's director",
    ],
)
def test_a_question_about_a_fact_is_answered_from_the_header(club: Library, question: str) -> None:
    assert _heading(club, question) == MARSH


def test_a_pronoun_stands_for_the_review_that_was_chosen_or_named_before(club: Library) -> None:
    assert _heading(club, "who directed it?", review="copper-road") == MARSH
    assert _heading(club, "who directed it?", ("what is Copper Road about?",)) == MARSH
    assert _heading(club, "and who directed the film?", ("what is Copper Road about?", "who directed it?")) == MARSH
    assert _heading(club, "who directed it?") is None


def test_a_fact_that_the_header_lacks_is_left_to_the_search(club: Library) -> None:
    assert _heading(club, "who illustrated Copper Road?") is None
    assert _heading(club, "who directed The Island?") is None
    assert _heading(club, "who directed it?", review="salt-house") is None


def test_a_fact_of_another_review_never_answers_about_the_one_that_was_chosen(club: Library) -> None:
    assert _heading(club, "who directed Copper Road?", review="night-ferry") is None
