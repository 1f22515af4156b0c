"""How sure an answer is, from raw scores: comparable across questions, never normalised by rank."""

from __future__ import annotations

from embeddings.ranking import Ranking


def confidence(ranking: Ranking) -> float:
    """The confidence of answering from a ranking, in [0, 1]: the closest sentence's cosine with the question."""
    return min(1.0, max(0.0, ranking.best_cosine))
