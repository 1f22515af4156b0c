from __future__ import annotations

import pytest

from embeddings.answering.abstention import asks_missing_fact
from embeddings.documents.analyzer import terms

ESSAY = (
    "The film follows Kathy, who was told by the director of her school that the others have a long time to live. "
    "It makes much of money, and of old times."
)


def _asked(question: str, text: str) -> bool:
    return asks_missing_fact(question, set(terms(text)).__contains__)


FACTS = [
    ("How long is the film?", "Its 103 minutes fly by."),
    ("What's the running time?", "The runtime is two hours."),
    ("how much did the movie make?", "It grossed nine million dollars."),
    ("What was the budget?", "Made on a small budget, it looks rich."),
    ("what is it rated", "Rated R, it is no film for children."),
    ("Which certificate does it have?", "The BBFC gave it a 12A certificate."),
    ("What's its score on Rotten Tomatoes?", "On Rotten Tomatoes the critics agree."),
    ("Is it on Netflix?", "It is streaming on Netflix."),
    ("Did it win any Oscars?", "The Academy gave it an Oscar."),
    ("Who was the cinematographer?", "The cinematography by Adam Kimmel is muted."),
    ("Who was the director of photography?", "Adam Kimmel’s photography is muted."),
    ("Who wrote the screenplay?", "Alex Garland’s script is faithful."),
    ("Who edited it?", "Barney Pilling’s editing is patient."),
    ("Who produced the film?", "It was produced by DNA Films."),
    ("Who made the costumes?", "The costumes are grey."),
    ("Where was the film shot?", "Shot on location in Norfolk."),
    ("Is there a sequel?", "No sequel follows."),
    ("How old is Ruth?", "Ruth is of the age of thirty."),
    ("What's the release date?", "It was released in September."),
    ("when did it premiere", "It premiered at Telluride."),
]


@pytest.mark.parametrize(("question", "telling"), FACTS)
def test_a_fact_is_missing_where_the_review_has_no_word_of_it(question: str, telling: str) -> None:
    assert _asked(question, "")
    assert not _asked(question, telling)


@pytest.mark.parametrize("question", [question for question, _ in FACTS])
def test_a_fact_is_not_told_by_words_that_any_review_has(question: str) -> None:
    assert _asked(question, ESSAY)


@pytest.mark.parametrize(
    "question",
    [
        "What is a deferral?",
        "Why do they accept it?",
        "how does Kathy feel about Ruth",
        "",
        "🎬 映画?",
        "who directed it",
    ],
)
def test_other_questions_ask_for_no_such_fact(question: str) -> None:
    assert not _asked(question, "")


def test_what_happens_in_a_story_is_told_by_its_own_words() -> None:
    assert not _asked("Who shot the sheriff?", "The deputy was shot, but who shot him?")
