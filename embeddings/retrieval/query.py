"""A question, and what was asked before it, to a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_QUESTION_CHARACTERS, SHORT_QUESTION_WORDS
from embeddings.documents.analyzer import terms, words
from embeddings.encoders.base import Encoder
from embeddings.errors import QuestionError
from embeddings.index.vectors import normalize
from embeddings.index.vocabulary import Vocabulary
from embeddings.lexicon import FILLING, GIST, OPENING, POINTING, STOP_WORDS, VERDICT
from embeddings.retrieval.retriever import SearchQuery
from embeddings.retrieval.spelling import correct


class Intent(Enum):
    """What is asked of the work as a whole, and what an answer would say."""

    VERDICT = "It is one of the best films, beautifully made and deeply moving."
    GIST = "The story follows the characters; it is a film about their lives."


def intent(question: str) -> Intent | None:
    """What a question asks of the work as a whole, or None where it asks for anything of its own.

    Every word must belong: "is it any good?" asks for the verdict, "is the music any good?" for the music.
    """
    asked = [word.removesuffix("'s") for word in words(question)]
    telling = {word for word in asked if word not in STOP_WORDS and word not in FILLING}
    if telling <= GIST and GIST.intersection(asked):
        return Intent.GIST
    # "Like" fills many a sentence, and is the verdict where nothing else is asked: "did she like it?"
    if telling <= VERDICT and (telling or "like" in asked):
        return Intent.VERDICT
    return None


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is looked for.

    Attributes:
        text: the question, misspellings put right.
        query: what is ranked by: the question, read with the one before it.
        alone: the question by itself, where that is another query and it has a topic of its own.
    """

    text: str
    query: SearchQuery
    alone: SearchQuery | None


def check_question(question: str) -> str:
    """The question with its white space put in order.

    Raises:
        QuestionError: it is empty, too long, or has no word in it.
    """
    tidy = " ".join(question.split())
    if not tidy:
        raise QuestionError("the question is empty; ask in a few words, for example: What is a deferral?")
    if len(tidy) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(f"the question has {len(tidy)} characters; ask in at most {MAX_QUESTION_CHARACTERS}")
    if not words(tidy):
        raise QuestionError("there are no words in the question; ask in a few words")
    return tidy


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """The words that a question is looked for by, before there are vectors of them.

    Attributes:
        text: the question, misspellings put right.
        texts: what is encoded: what is ranked by first, the question itself last.
        mixed: whether what is ranked by is the mean of them all.
    """

    text: str
    texts: tuple[str, ...]
    mixed: bool

    def asked(self, vectors: NDArray[np.float32]) -> Query:
        """The question as it is looked for; `vectors` are those of `texts`, shape (len(texts), d)."""
        own = _terms(self.text)
        if self.mixed:
            return Query(
                self.text, SearchQuery(normalize(normalize(vectors).mean(axis=0, keepdims=True))[0], own), None
            )
        rows = normalize(vectors)
        if len(rows) == 1:
            return Query(self.text, SearchQuery(rows[0], own), None)
        return Query(
            self.text, SearchQuery(rows[0], _terms(self.texts[0])), SearchQuery(rows[-1], own) if own else None
        )


def rewrite(question: str, context: Sequence[str], encoder: Encoder, lists: Sequence[Vocabulary]) -> RewrittenQuestion:
    """Put a checked question into the words that it is looked for by.

    A follow-up is read with the turn before it, so that "and who plays her?" knows who she is. A question about the
    work as a whole is looked for by what an answer would say as well, and needs no turn before it.
    """
    whole = encoder.count_tokens([""])[0]

    def known(word: str) -> bool:
        return encoder.count_tokens([word])[0] - whole == 1

    text = correct(question, lists, known)
    sought = intent(text)
    if sought is not None:
        return RewrittenQuestion(text, (sought.value, text), mixed=True)
    if not context:
        return RewrittenQuestion(text, (text,), mixed=False)
    return RewrittenQuestion(
        text,
        (_together(correct(context[-1][-MAX_QUESTION_CHARACTERS:], lists, known), text, encoder), text),
        mixed=False,
    )


def encode_queries(wordings: Sequence[RewrittenQuestion], encoder: Encoder) -> tuple[Query, ...]:
    """Make of questions what is looked for, all of them encoded together."""
    if not wordings:
        return ()
    vectors = encoder.encode([text for wording in wordings for text in wording.texts])
    ends = np.cumsum([len(wording.texts) for wording in wordings])
    return tuple(
        wording.asked(vectors[end - len(wording.texts) : end]) for wording, end in zip(wordings, ends, strict=True)
    )


def _together(before: str, question: str, encoder: Encoder) -> str:
    """A follow-up after as much of the end of the turn before it as the encoder reads with it."""
    kept = before.split()
    while kept and encoder.count_tokens([" ".join((*kept, question))])[0] > encoder.identity.max_tokens:
        kept = kept[len(kept) // 2 + 1 :]
    return " ".join((*kept, question))


def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))


def is_follow_up(question: str) -> bool:
    """Whether a question has a word that points back ("and who plays her?"), or is too short to stand alone."""
    asked = words(question)
    return len(asked) <= SHORT_QUESTION_WORDS or asked[0] in OPENING or not POINTING.isdisjoint(asked)
