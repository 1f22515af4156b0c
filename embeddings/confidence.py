"""How sure an answer is: from raw scores, never normalised by rank, and so comparable across questions.

The closest sentence's cosine tells what the reviews are about. What it can't tell is known from the question's words:
a fact that reviews seldom give and these never mention, or a name that stands in none of them.
"""

from __future__ import annotations

DOUBT = 0.7
"""What is left of the confidence where the reviews have no word of what is asked for."""

FOREIGN = 0.18
"""A follow-up whose closest sentence is less alike than this, by itself, is about something else altogether."""


def confidence(cosine: float, *, alone: float | None, doubtful: bool) -> float:
    """The confidence that the closest sentences answer a question, in [0, 1].

    Args:
        cosine: of the closest sentence with the question, read with what was asked before it.
        alone: of the closest sentence with a follow-up by itself; None where the follow-up has no topic of its own
            ("why?"), or there is no context.
        doubtful: whether the question asks for a fact, or names something, that the reviews have no word of.
    """
    # What was asked before can't lend a question the words that the reviews lack, nor a topic that is not theirs.
    by_itself = alone is not None and (doubtful or alone < FOREIGN)
    raw = min(cosine, alone) if alone is not None and by_itself else cosine
    return min(1.0, max(0.0, raw * DOUBT if doubtful else raw))
