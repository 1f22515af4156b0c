"""Rankings that are worth comparing with, by name."""

from __future__ import annotations

from embeddings.errors import LibraryError
from embeddings.ranking import RankingSettings

NAMED_RANKINGS = {
    "default": RankingSettings(),
    "dense": RankingSettings(passage_lexical=0, sentence_lexical=0),
    "bm25": RankingSettings(passage_lexical=1, sentence_lexical=1),
}
"""The one that answers; without BM25; BM25 alone. The states come from raw scores, whatever the weights."""


class UnknownRankingError(LibraryError):
    """No ranking of that name."""


def named_ranking(name: str) -> RankingSettings:
    """The ranking of that name.

    Raises:
        UnknownRankingError: there is none; the message names those that there are.
    """
    if name not in NAMED_RANKINGS:
        raise UnknownRankingError(f"there is no ranking {name!r}; there are: {', '.join(NAMED_RANKINGS)}")
    return NAMED_RANKINGS[name]
