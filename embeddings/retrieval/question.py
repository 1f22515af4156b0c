"""Check a question, and tell whether it refers to an earlier one, before anything is opened for it."""

from __future__ import annotations

import re

from embeddings.config import MAX_QUESTION_CHARACTERS, SHORT_QUESTION_WORDS
from embeddings.documents.analyzer import normalise, words
from embeddings.errors import QuestionError
from embeddings.lexicon import POINTING_WORDS

# "What is a deferral?????": each mark would be a token, as if it were a word.
_REPEATED_MARK = re.compile(r"([^\w\s.])\1{2,}")


def check_question(question: str) -> str:
    """Return the question normalised, with single spaces and without repeated marks.

    Raises:
        QuestionError: it is empty, too long, or has no word.
    """
    question = _REPEATED_MARK.sub(r"\1", " ".join(normalise(question).split()))
    if not question:
        raise QuestionError("The question is empty. Please ask in a few words, for example: What is a deferral?")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question has {len(question)} characters. Please ask in at most {MAX_QUESTION_CHARACTERS}."
        )
    if not words(question):
        raise QuestionError("There are no words in the question. Please ask in a few words.")
    return question


def is_follow_up(question: str) -> bool:
    """Return True if a question has a word that points back ("and who plays her?") or is too short to be complete."""
    return len(words(question)) <= SHORT_QUESTION_WORDS or points_back(question)


def points_back(question: str) -> bool:
    """Return True if a question has a word that points back, so that it says little by itself."""
    return not POINTING_WORDS.isdisjoint(words(question))
