"""Whether a question leans on the one before it, or stands by itself."""

from __future__ import annotations

from embeddings.lexical import words

# What stands for something said before.
_POINTING = frozenset(
    """
    he her hers herself him himself his it it's its itself one ones she that that's thats their theirs them themselves
    then there these they they're this those
    """.split()
)
_OPENING = frozenset("also and but or so".split())

SHORT = 3
"""A question of at most so many words is seldom one by itself."""


def leans_back(question: str) -> bool:
    """Whether a question has a word that points back ("and who plays her?"), or is too short to stand alone."""
    asked = words(question)
    return len(asked) <= SHORT or asked[0] in _OPENING or not _POINTING.isdisjoint(asked)
