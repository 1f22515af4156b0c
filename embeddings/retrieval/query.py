"""A question and the questions before it to a query: checked, rewritten, encoded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_QUESTION_CHARACTERS, SHORT_QUESTION_WORDS
from embeddings.documents.analyzer import normalise, terms, words
from embeddings.encoders.base import Encoder
from embeddings.errors import QuestionError
from embeddings.index.vectors import normalize
from embeddings.index.vocabulary import Vocabulary
from embeddings.lexicon import (
    FILLER_WORDS,
    GIST_ANSWER,
    GIST_WORDS,
    POINTING_WORDS,
    STOP_WORDS,
    VERDICT_ANSWER,
    VERDICT_WORDS,
)
from embeddings.retrieval.retriever import SearchQuery
from embeddings.retrieval.spelling import correct

# More than any model adds to a text.
_SPECIAL_TOKENS = 8
# "What is a deferral?????": each mark would be a token, as if it were a word.
_REPEATED_MARK = re.compile(r"([^\w\s.])\1{2,}")


class Intent(Enum):
    """What a question asks about the work as a whole, and a model answer to it."""

    VERDICT = VERDICT_ANSWER
    GIST = GIST_ANSWER


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to be searched."""

    text: str  # the question with corrected spelling
    search: SearchQuery  # what the ranking uses: the question with the one before it
    standalone: SearchQuery | None  # the question alone, if that is another query and has terms; else None
    is_readable: bool = True  # False if the encoder can't read the question, so that only its terms can be searched


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """The texts that a question is searched by, before they are encoded."""

    text: str  # the question with corrected spelling
    texts: tuple[str, ...]  # what to encode; the first is what the ranking uses, the last is the question alone
    averaged: bool = False  # True if the ranking uses the mean of all the vectors

    def query(self, vectors: NDArray[np.float32]) -> Query:
        """Return the query; `vectors` are those of `texts`, shape (len(texts), d)."""
        own = _distinct_terms(self.text)
        rows = normalize(vectors)
        if not rows[-1].any():
            return Query(self.text, SearchQuery(rows[-1], own), None, is_readable=False)
        if self.averaged:
            return Query(self.text, SearchQuery(normalize(rows.mean(axis=0, keepdims=True))[0], own), None)
        if len(rows) == 1:
            return Query(self.text, SearchQuery(rows[0], own), None)
        standalone = SearchQuery(rows[-1], own) if own else None
        # The question before may be what the encoder can't read.
        together = rows[0] if rows[0].any() else rows[-1]
        return Query(self.text, SearchQuery(together, _distinct_terms(self.texts[0])), standalone)


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


def rewrite(
    question: str, context: Sequence[str], encoder: Encoder, vocabularies: Sequence[Vocabulary]
) -> RewrittenQuestion:
    """Return the texts that a checked question is searched by, given the earlier questions, oldest first.

    A question about the work as a whole is searched by a model answer too. Any other question is searched with the
    question before it, so that "and who plays her?" finds whom "her" means.
    """
    special_tokens = encoder.count_tokens([""])[0]

    def is_known(word: str) -> bool:
        return encoder.count_tokens([word])[0] - special_tokens == 1

    text = correct(question, vocabularies, is_known)
    intent = find_intent(text)
    if intent is not None:
        return RewrittenQuestion(text, (intent.value, text), averaged=True)
    if not context:
        return RewrittenQuestion(text, (_end_of(text, encoder),))
    before = correct(context[-1][-MAX_QUESTION_CHARACTERS:], vocabularies, is_known)
    return RewrittenQuestion(text, (_end_of(f"{before} {text}", encoder), _end_of(text, encoder)))


def encode_queries(rewritten: Sequence[RewrittenQuestion], encoder: Encoder) -> tuple[Query, ...]:
    """Return the query of each question. All texts are encoded together, which is faster than one by one."""
    if not rewritten:
        return ()
    vectors = encoder.encode([text for question in rewritten for text in question.texts])
    ends = np.cumsum([len(question.texts) for question in rewritten])
    return tuple(
        question.query(vectors[end - len(question.texts) : end]) for question, end in zip(rewritten, ends, strict=True)
    )


def find_intent(question: str) -> Intent | None:
    """Return what a question asks about the work as a whole, or None if it asks for something else.

    Every word must belong: "is it any good?" asks for the verdict, "is the music any good?" for the music.
    """
    asked = [word.removesuffix("'s") for word in words(question)]
    content = {word for word in asked if word not in STOP_WORDS and word not in FILLER_WORDS}
    if content <= GIST_WORDS and GIST_WORDS.intersection(asked):
        return Intent.GIST
    # "Like" is a filler word, but asks for the verdict if nothing else is asked: "did she like it?"
    if content <= VERDICT_WORDS and (content or "like" in asked):
        return Intent.VERDICT
    return None


def is_follow_up(question: str) -> bool:
    """Return True if a question has a word that points back ("and who plays her?") or is too short to be complete."""
    return len(words(question)) <= SHORT_QUESTION_WORDS or points_back(question)


def points_back(question: str) -> bool:
    """Return True if a question has a word that points back, so that it says little by itself."""
    return not POINTING_WORDS.isdisjoint(words(question))


def _end_of(text: str, encoder: Encoder) -> str:
    """Return as much of the end of a text as the encoder reads, because people ask at the end of what they write."""
    limit = encoder.identity.max_tokens
    # A token has a byte at least, so most questions need no counting.
    if len(text.encode(errors="replace")) + _SPECIAL_TOKENS <= limit:
        return text
    while (count := encoder.count_tokens([text])[0]) > limit:
        text = text[len(text) - len(text) * limit // count :]
    return text


def _distinct_terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))
