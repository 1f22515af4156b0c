"""A question, and what was asked before it, to a query."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings.encoding import Encoder
from embeddings.errors import QuestionError
from embeddings.lexical import terms, words
from embeddings.ranking import Query

LONGEST = 1000
"""How many characters a question may have."""


def checked(question: str) -> str:
    """The question with its white space put in order.

    Raises:
        QuestionError: it is empty, too long, or has no word in it.
    """
    tidy = " ".join(question.split())
    if not tidy:
        raise QuestionError("the question is empty; ask in a few words, for example: What is a deferral?")
    if len(tidy) > LONGEST:
        raise QuestionError(f"the question has {len(tidy)} characters; ask in at most {LONGEST}")
    if not words(tidy):
        raise QuestionError("there are no words in the question; ask in a few words")
    return tidy


def form_query(question: str, context: Sequence[str], encoder: Encoder) -> Query:
    """Encode a question with the turn before it, so that "and who plays her?" knows who she is."""
    text = f"{context[-1]} {question}" if context else question
    return Query(encoder.encode([text])[0], tuple(dict.fromkeys(terms(text))))
