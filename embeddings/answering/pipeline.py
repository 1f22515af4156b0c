"""TBD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from embeddings.answering.abstention import asks_missing_fact, names_unknown
from embeddings.answering.cast import asks_cast, names_performer
from embeddings.config import CAST_BONUS
from embeddings.index.collection import CollectionIndex
from embeddings.retrieval.fusion import RankedSentence
from embeddings.retrieval.retriever import Scope


def _tidy(context: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(turn.split()) for turn in context if turn.strip())


def _with_performers(
    sentences: Sequence[RankedSentence], question: str, context: Sequence[str]
) -> Sequence[RankedSentence]:
    """The same sentences, those first that name a role's performer, where the question asks for one."""
    if not asks_cast(question):
        return sentences
    asked = " ".join((*context[-1:], question))
    raised = (
        replace(sentence, score=sentence.score + CAST_BONUS)
        if names_performer(sentence.index.sentence(sentence.row), asked)
        else sentence
        for sentence in sentences
    )
    return sorted(raised, key=lambda sentence: -sentence.score)


def _doubtful(question: str, scopes: Sequence[Scope]) -> bool:
    """Whether a question asks for a fact, or names something, that what is in scope has no word of."""

    @cache
    def tells(term: str) -> bool:
        return any(scope.holds(term) for scope in scopes)

    return asks_missing_fact(question, tells) or names_unknown(question, tells)


def _within(index: CollectionIndex, slug: str) -> Scope:
    entry = index.entry_of(slug)
    if entry is None:
        raise KeyError(slug)
    return Scope(index, entry.passages, entry.sentences)
