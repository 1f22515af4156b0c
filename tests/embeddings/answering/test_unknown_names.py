from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.abstention import names_unknown
from embeddings.documents.analyzer import terms

TEXT = "Kathy and Ruth, played by Carey Mulligan and Keira Knightley, leave Hailsham in Romanek’s story of love."


def _unknown(question: str) -> bool:
    return names_unknown(question, set(terms(TEXT)).__contains__)


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
def test_a_name_that_the_reviews_never_mention_is_unknown(question: str) -> None:
    assert _unknown(question)


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
def test_a_question_without_a_foreign_name_is_not_doubted(question: str) -> None:
    assert not _unknown(question)


@given(st.text(max_size=60))
def test_no_name_is_unknown_where_every_word_is_told(question: str) -> None:
    assert not names_unknown(question, lambda _: True)
