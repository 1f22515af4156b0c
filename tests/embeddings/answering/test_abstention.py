from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.abstention import asks_unmentioned_fact, names_unmentioned
from embeddings.documents.analyzer import terms

ESSAY = (
    "The film follows Kathy, who was told by the director of her school that the others have a long time to live. "
    "It makes much of money, and of old times."
)


def _asked(question: str, text: str) -> bool:
    return asks_unmentioned_fact(question, set(terms(text)).__contains__)


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


@pytest.mark.parametrize(("question", "answering"), FACTS)
def test_a_fact_is_unmentioned_if_the_review_has_no_word_of_it(question: str, answering: str) -> None:
    assert _asked(question, "")
    assert not _asked(question, answering)


@pytest.mark.parametrize("question", [question for question, _ in FACTS])
def test_words_of_any_review_do_not_mention_a_fact(question: str) -> None:
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


def test_a_question_about_the_story_finds_its_own_words() -> None:
    assert not _asked("Who shot the sheriff?", "The deputy was shot, but who shot him?")


TEXT = "Kathy and Ruth, played by Carey Mulligan and Keira Knightley, leave Hailsham in Romanek’s story of love."


def _names_unmentioned(question: str) -> bool:
    return names_unmentioned(question, set(terms(TEXT)).__contains__)


@pytest.mark.parametrize(
    "question",
    [
        "Who plays Gandalf?",
        "Is Blade Runner sadder?",
        "what did the reviewer think of atonement",
        "what happens in casablanca",
        "who directed jaws",
        "have you seen inception",
        "who voices woody in toy story",
        "who played the butler in remains of the day",
        "is the godfather any good",
        "Does Kathy meet Miriam?",
        "What about “Solaris”?",
        "whats parasite about",
        "what's the shining about?",
        "is the truman show a tragedy",
        "how does fight club end",
        "how scary is hereditary",
        "is inception confusing",
        "who is the villain in skyfall",
        "what's the twist in the sixth sense",
        "what about casablanca, any good?",
    ],
)
def test_a_name_that_the_reviews_never_mention_is_found(question: str) -> None:
    assert _names_unmentioned(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who plays Kathy?",
        "Does Carey Mulligan leave Hailsham?",
        "what did the reviewer think of the acting",
        "what happens in hailsham",
        "Who lies? Everybody does.",
        "Is the CGI on TV good?",
        "Who Are Ruth And Kathy In This Movie",
        "who plays ruth in it",
        "who played kathy in the film",
        "WHO ARE THE DONORS",
        "who is kathy",
        "what's the film about",
        "what does it say about love",
        "how does the film end",
        "how sad is it",
        "how good is carey mulligan",
        "is everyone resigned",
        "is the pacing a problem",
        "is the love triangle a cliché",
        "what about the pacing, any good?",
        "",
        "映画 ФИЛЬМ 🎬",
    ],
)
def test_a_question_without_such_a_name_has_none(question: str) -> None:
    assert not _names_unmentioned(question)


@given(st.text(max_size=60))
def test_no_name_is_unmentioned_if_every_word_is_mentioned(question: str) -> None:
    assert not names_unmentioned(question, lambda _: True)
