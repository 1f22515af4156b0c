"""Whether a question asks about the work as a whole: for the verdict on it, what it is about, or what it means."""

from __future__ import annotations

from enum import Enum

from embeddings.documents.analyzer import words
from embeddings.lexicon import (
    FILLER_WORDS,
    GIST_ANSWER,
    GIST_WORDS,
    STOP_WORDS,
    THEME_ANSWER,
    THEME_WORDS,
    VERDICT_ANSWER,
    VERDICT_FILLERS,
    VERDICT_WORDS,
)


class Intent(Enum):
    """What a question asks about the work as a whole, and a model answer to it."""

    VERDICT = VERDICT_ANSWER
    GIST = GIST_ANSWER
    THEMES = THEME_ANSWER


def find_intent(question: str) -> Intent | None:
    """Return what a question asks about the work as a whole, or None if it asks for something else.

    Every word must belong: "is it any good?" asks for the verdict, "is the music any good?" for the music.
    """
    asked = [word.removesuffix("'s") for word in words(question)]
    content = {word for word in asked if word not in STOP_WORDS and word not in FILLER_WORDS}
    if content <= GIST_WORDS and GIST_WORDS.intersection(asked):
        return Intent.GIST
    if content and content <= THEME_WORDS:
        return Intent.THEMES
    # These are filler words, but ask for the verdict if nothing else is asked: "did she like it?"
    if content <= VERDICT_WORDS and (content or not VERDICT_FILLERS.isdisjoint(asked)):
        return Intent.VERDICT
    return None
