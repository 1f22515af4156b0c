"""A question and the questions before it to a query: rewritten, encoded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_QUESTION_CHARACTERS
from embeddings.documents.analyzer import term_forms
from embeddings.encoders.base import Encoder
from embeddings.index.collection import CollectionIndex
from embeddings.index.vectors import normalize
from embeddings.retrieval.intent import find_intent
from embeddings.retrieval.retriever import SearchQuery, languages_of
from embeddings.retrieval.spelling import correct
from embeddings.retrieval.title_mentions import without_titles

# More than any model adds to a text.
_SPECIAL_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to be searched."""

    text: str  # the question with corrected spelling
    search: SearchQuery  # what the ranking uses: the question with the one before it
    standalone: SearchQuery | None  # the question alone, if that is another query and has terms; else None
    is_readable: bool = True  # False if the encoder can't read the question, so that only its terms can be searched
    untitled: Query | None = None  # the same question without titles, to search the review that they name
    before: str = ""  # the question before it as the search uses it, or ""


@dataclass(frozen=True, slots=True)
class RewrittenQuestion:
    """The texts that a question is searched by, before they are encoded."""

    text: str  # the question with corrected spelling
    texts: tuple[str, ...]  # what to encode; the first is what the ranking uses, the last is the question alone
    averaged: bool = False  # True if the ranking uses the mean of all the vectors
    languages: tuple[str, ...] = ()  # those of the reviews but English
    untitled: RewrittenQuestion | None = None  # the same question without the titles in it; None if it has none
    before: str = ""  # the question before it as the search uses it, or ""

    def query(self, vectors: NDArray[np.float32]) -> Query:
        """Return the query; `vectors` are those of `texts`, shape (len(texts), d)."""
        own = term_forms(self.text, self.languages)
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
        return Query(self.text, SearchQuery(together, term_forms(self.texts[0], self.languages)), standalone)


def rewrite(
    question: str,
    context: Sequence[str],
    encoder: Encoder,
    indexes: Sequence[CollectionIndex],
    titles_in: Callable[[str], Collection[tuple[int, int]]],
) -> RewrittenQuestion:
    """Return the texts that a checked question is searched by, given the earlier questions, oldest first.

    A question about the work as a whole is searched by a model answer too. Any other question is searched with the
    question before it, so that "and who plays her?" finds whom "her" means.

    Args:
        question: as `check_question` returns it.
        context: the earlier questions of the conversation, oldest first.
        encoder: counts tokens, and has a vocabulary of its own.
        indexes: the collections that the asker sees.
        titles_in: returns where a text has titles, `[start, end)`.
    """
    is_known = word_check(encoder)
    languages = languages_of(indexes)
    vocabularies = [index.vocabulary for index in indexes]

    def has_term(term: str) -> bool:
        return any(index.passage_terms.contains(term, 0, len(index.passage_table)) for index in indexes)

    def corrected(asked: str) -> str:
        found = correct(asked, vocabularies, is_known, languages, has_term)
        # The words of a title need not be in any review's text.
        return (
            found if found == asked else correct(asked, vocabularies, is_known, languages, has_term, titles_in(asked))
        )

    text = _as_question(corrected(question))
    before = _as_question(corrected("".join(context[-1:])[-MAX_QUESTION_CHARACTERS:]))
    short_before = without_titles(before, titles_in(before))
    short = without_titles(text, titles_in(text), is_alone=not before)
    rewritten = _rewritten(text, before, encoder, languages)
    if (short, short_before) == (text, before):
        return rewritten
    # Once the review is settled, "is it any good?" says nothing about the question after it.
    is_general = find_intent(short_before) is not None
    return replace(rewritten, untitled=_rewritten(short, "" if is_general else short_before, encoder, languages))


def word_check(encoder: Encoder) -> Callable[[str], bool]:
    """Return a function that returns True if a word is a single token of the encoder, as ordinary words are."""
    special_tokens = encoder.count_tokens([""])[0]
    return lambda word: encoder.count_tokens([word])[0] - special_tokens == 1


def _as_question(text: str) -> str:
    """Return a text with the mark that people leave out: without it, the models read a question otherwise."""
    return f"{text}?" if text[-1:].isalnum() else text


def _rewritten(text: str, before: str, encoder: Encoder, languages: tuple[str, ...]) -> RewrittenQuestion:
    intent = find_intent(text)
    if intent is not None:
        return RewrittenQuestion(text, (intent.value, text), averaged=True, languages=languages, before=before)
    alone = _end_of(text, encoder)
    texts = (_end_of(f"{before} {text}", encoder), alone) if before else (alone,)
    return RewrittenQuestion(text, texts, languages=languages, before=before)


def encode_queries(rewritten: Sequence[RewrittenQuestion], encoder: Encoder) -> tuple[Query, ...]:
    """Return the query of each question. All texts are encoded together, which is faster than one by one."""
    if not rewritten:
        return ()
    every = [each for question in rewritten for each in (question, question.untitled) if each is not None]
    vectors = encoder.encode([text for each in every for text in each.texts])
    ends = np.cumsum([len(each.texts) for each in every])
    queries = iter([each.query(vectors[end - len(each.texts) : end]) for each, end in zip(every, ends, strict=True)])
    return tuple(
        replace(
            next(queries),
            before=question.before,
            untitled=None if question.untitled is None else replace(next(queries), before=question.untitled.before),
        )
        for question in rewritten
    )


def _end_of(text: str, encoder: Encoder) -> str:
    """Return as much of the end of a text as the encoder reads, because people ask at the end of what they write."""
    limit = encoder.identity.max_tokens
    # A token has a byte at least, so most questions need no counting.
    if len(text.encode(errors="replace")) + _SPECIAL_TOKENS <= limit:
        return text
    while (count := encoder.count_tokens([text])[0]) > limit:
        text = text[len(text) - len(text) * limit // count :]
    return text
