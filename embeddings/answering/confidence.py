"""How sure an answer is: from raw scores, never normalised by rank, and so comparable across questions.

The closest sentence's cosine tells what the reviews are about; the reranker, whether a sentence answers. What neither
can tell is known from the question's words: a fact that reviews seldom give and these never mention, or a name that
stands in none of them.
"""

from __future__ import annotations

import math

from embeddings.answering.calibration import RerankerCalibration
from embeddings.config import DOUBT_FACTOR, OFF_TOPIC_COSINE, OFF_TOPIC_STANDALONE_COSINE, RERANKER_CONFIDENCE_SHARE


def reranker_factor(best: float | None, reranker: RerankerCalibration) -> float:
    """What the confidence is multiplied by, for how sure the reranker is of the sentence it is surest of.

    Args:
        best: the reranker's highest score; None where it has read nothing.
        reranker: what its scores mean.
    """
    return (
        1.0 if best is None else 1.0 + RERANKER_CONFIDENCE_SHARE * math.tanh((best - reranker.middle) / reranker.spread)
    )


def confidence(
    cosine: float,
    *,
    alone: float | None = None,
    leaning: bool = True,
    doubtful: bool = False,
    reading: float = 1.0,
) -> float:
    """The confidence that the closest sentences answer a question, in [0, 1].

    Args:
        cosine: of the closest sentence with the question, read with what was asked before it.
        alone: of the closest sentence with a follow-up by itself; None where the follow-up has no topic of its own
            ("why?"), or there is no context.
        leaning: whether the follow-up points back at what was asked before.
        doubtful: whether the question asks for a fact, or names something, that the reviews have no word of.
        reading: what the reranker multiplies it by; see `reranker_factor`.
    """
    # What was asked before can't lend a question the words that the reviews lack, nor a topic that is not theirs.
    if alone is not None and (doubtful or alone < (OFF_TOPIC_COSINE if leaning else OFF_TOPIC_STANDALONE_COSINE)):
        cosine = min(cosine, alone)
    return min(1.0, max(0.0, cosine * reading * (DOUBT_FACTOR if doubtful else 1.0)))
