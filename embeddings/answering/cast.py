"""Who plays whom: sentences that name a role with its performer come first where a question asks for one.

Reviews mention it in passing, "Ruth (Keira Knightley)", in sentences about something else, so that neither vectors nor
terms rank them high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from embeddings.config import CAST_BONUS
from embeddings.documents.analyzer import fold, normalise, words
from embeddings.lexicon import CAST_QUESTION, CAST_SENTENCES, STOP_WORDS
from embeddings.retrieval.fusion import RankedSentence


def raise_performers(sentences: Sequence[RankedSentence], question: str, before: str) -> Sequence[RankedSentence]:
    """Return the sentences, best first, with `CAST_BONUS` for those that name a performer the question asks for.

    A question, with corrected spelling, that asks for no performer changes nothing. The question `before` it, or "",
    may name the role.
    """
    if not asks_cast(question):
        return sentences
    raised = (
        replace(sentence, score=sentence.score + CAST_BONUS)
        if names_performer(sentence.index.sentence(sentence.row), f"{before} {question}")
        else sentence
        for sentence in sentences
    )
    return sorted(raised, key=lambda sentence: -sentence.score)


def asks_cast(question: str) -> bool:
    """Return True if a question asks who plays a role, or which role somebody plays."""
    return CAST_QUESTION.search(fold(question)) is not None


def names_performer(sentence: str, asked: str) -> bool:
    """Return True if a sentence gives a role with its performer, and `asked` names one of the two."""
    wanted = {word.removesuffix("'s") for word in words(asked)} - STOP_WORDS
    return any(
        not wanted.isdisjoint(words(f"{match['role']} {match['performer']}"))
        for pattern in CAST_SENTENCES
        for match in pattern.finditer(normalise(sentence))
    )
