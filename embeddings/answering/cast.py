"""Who plays whom: sentences that name a role with its performer go first where that is asked.

Reviews say it in passing, "Ruth (Keira Knightley)", in sentences that are about something else; so neither vectors
nor terms find them best.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from embeddings.documents.analyzer import fold, words
from embeddings.lexicon import STOP_WORDS

_ASKS = re.compile(
    r"\bwho(?:'s| is| was)? (?:(?:does|did) .+ )?(?:play|plays|played|playing|portray|portrays|portrayed"
    r"|perform|performs|performed|voices|voiced|acts as)\b"
    r"|\b(?:actor|actress|cast) (?:is|was|as|for|of|who|that|plays|behind)\b"
    r"|^(?:and )?(?:the )?(?:actor|actress)\W*$|\bplayed by (?:who|whom|which)\b|\bin the (?:role|part) of\b"
)
_NAME = r"[A-Z][^\W\d_]+"
_PERFORMER = rf"{_NAME}(?:[ -]{_NAME})+"
_PAIRS = (
    re.compile(rf"(?P<role>{_NAME}(?: {_NAME})*) \((?P<performer>{_PERFORMER})\)"),
    re.compile(rf"(?P<performer>{_PERFORMER})['’]s (?:[^\W\d_]+ (?:of|as) )?(?P<role>{_NAME})\b"),
    re.compile(rf"(?P<performer>{_PERFORMER})\b[^.;:]{{0,60}}? (?:as|plays|played|portrays) (?P<role>{_NAME})\b"),
    re.compile(rf"(?P<role>{_NAME})\b[^.;:]{{0,30}}? (?:played|portrayed|voiced) by (?P<performer>{_PERFORMER})"),
)


def asks_cast(question: str) -> bool:
    """Whether a question asks who plays a role, or which role somebody plays."""
    return _ASKS.search(fold(question)) is not None


def names_performer(sentence: str, asked: str) -> bool:
    """Whether a sentence gives a role with its performer, one of whom the question (with its context) names."""
    wanted = {word.removesuffix("'s") for word in words(asked)} - STOP_WORDS
    return any(not wanted.isdisjoint(words(pair)) for pair in _pairs(sentence))


def _pairs(sentence: str) -> Iterator[str]:
    for pattern in _PAIRS:
        for match in pattern.finditer(sentence):
            yield f"{match['role']} {match['performer']}"
