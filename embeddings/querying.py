"""A question, and what was asked before it, to a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.encoding import Encoder
from embeddings.errors import QuestionError
from embeddings.intents import intent
from embeddings.lexical import terms, words
from embeddings.ranking import Query
from embeddings.spelling import WordList, correct
from embeddings.vectors import unit

LONGEST = 1000
"""How many characters a question may have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is looked for.

    Attributes:
        text: the question, misspellings put right.
        query: what is ranked by: the question, read with the one before it.
        alone: the question by itself, where that is another query and it has a topic of its own.
    """

    text: str
    query: Query
    alone: Query | None


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


def understand(question: str, context: Sequence[str], encoder: Encoder, lists: Sequence[WordList]) -> Asked:
    """Make of a checked question what is looked for.

    A follow-up is read with the turn before it, so that "and who plays her?" knows who she is. A question about the
    work as a whole is looked for by what an answer would say as well, and needs no turn before it.
    """
    whole = encoder.count_tokens([""])[0]

    def known(word: str) -> bool:
        return encoder.count_tokens([word])[0] - whole == 1

    text = correct(question, lists, known)
    sought = intent(text)
    if sought is not None:
        (vector,) = unit(unit(encoder.encode([text, sought.value])).mean(axis=0, keepdims=True))
        return Asked(text, Query(vector, _terms(text)), None)
    if not context:
        return Asked(text, Query(unit(encoder.encode([text]))[0], _terms(text)), None)
    together = _together(correct(context[-1][-LONGEST:], lists, known), text, encoder)
    vectors = unit(encoder.encode([together, text]))
    own = _terms(text)
    return Asked(text, Query(vectors[0], _terms(together)), Query(vectors[1], own) if own else None)


def _together(before: str, question: str, encoder: Encoder) -> str:
    """A follow-up after as much of the end of the turn before it as the encoder reads with it."""
    kept = before.split()
    while kept and encoder.count_tokens([" ".join((*kept, question))])[0] > encoder.identity.max_tokens:
        kept = kept[len(kept) // 2 + 1 :]
    return " ".join((*kept, question))


def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))
