"""How likely the closest sentences answer a question, from raw scores that compare across questions.

The closest sentence's cosine shows what the reviews are about, the reranker whether a sentence answers. What neither
can tell, the rules of `abstention` add.
"""

from __future__ import annotations

import math

from embeddings.answering.calibration import RerankerCalibration
from embeddings.config import (
    OFF_TOPIC_COSINE,
    OFF_TOPIC_STANDALONE_COSINE,
    RERANKER_CONFIDENCE_SHARE,
    UNMENTIONED_FACTOR,
)


def reranker_factor(best: float | None, calibration: RerankerCalibration) -> float:
    """Return what the reranker multiplies the confidence by, from its highest score; None if it scored nothing."""
    if best is None:
        return 1.0
    return 1.0 + RERANKER_CONFIDENCE_SHARE * math.tanh((best - calibration.middle) / calibration.spread)


def raw_confidence(
    cosine: float,
    *,
    standalone: float | None = None,
    is_follow_up: bool = True,
    unmentioned: bool = False,
    factor: float = 1.0,
) -> float:
    """Return a score in [0, 1] of how likely the closest sentences answer a question.

    `calibration` makes a probability of it. One scale serves questions of one review and of all.

    Args:
        cosine: of the closest sentence with the question, together with the question before it.
        standalone: of the closest sentence with the question alone; None if nothing is before it, or it has no terms.
        is_follow_up: whether the question points back at the one before it.
        unmentioned: whether the question asks for something that the reviews never mention.
        factor: what the reranker multiplies the confidence by; see `reranker_factor`.
    """
    # The question before can't lend this one the words that the reviews lack, nor a topic that they lack.
    limit = OFF_TOPIC_COSINE if is_follow_up else OFF_TOPIC_STANDALONE_COSINE
    if standalone is not None and (unmentioned or standalone < limit):
        cosine = min(cosine, standalone)
    return min(1.0, max(0.0, cosine * factor * (UNMENTIONED_FACTOR if unmentioned else 1.0)))
