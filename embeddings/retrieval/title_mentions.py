"""A question without the title of the review that it is about.

The title says which review to search. Within that review it only draws the vector of the question to the sentences
that repeat the title, and its words to the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

from embeddings.config import LONGEST_NAME
from embeddings.documents.analyzer import terms, words
from embeddings.lexicon import (
    ADAPTATION_WORDS,
    AFTER_TITLE,
    BEFORE_TITLE,
    STOP_WORDS,
    TITLE_NOUNS,
    TITLE_PREPOSITIONS,
    WORK_NOUNS,
)
from embeddings.retrieval.intent import find_intent

_NOUN = "|".join(WORK_NOUNS)
_PREPOSITION = "|".join(TITLE_PREPOSITIONS)
_NAME = "|".join(TITLE_NOUNS)
_THE_WORK = rf"(?:the|this|that) (?:\d{{4}} )?(?:{_NOUN})"

# These signs enclose each title until what is around it has been seen.
_BEGIN, _END = "\x00", "\x01"
_ENCLOSED = re.compile(rf"{_BEGIN}([^{_END}]*){_END}")
_TITLE = rf"(?:{_THE_WORK},? )?(?:\b(?:the|an?) )?[\"'“*_(]*{_ENCLOSED.pattern}[\"”*_)]*(?: \(?\d{{4}}\)?(?!\w))?"
_NAMED = re.compile(rf"\b(?:{_NAME}) (?:of |is )?{_TITLE}|{_TITLE},? (?:the )?(?:{_NAME})\b", re.IGNORECASE)
_OPENING = re.compile(
    rf"^(?:(?:{_PREPOSITION}|about|regarding|according to) {_TITLE},? |{_TITLE} ?[,:-] ?)", re.IGNORECASE
)
# "What do you think of Hard Times?" is a question about "it".
_PHRASE = re.compile(rf"(?<!think)(?<!thought),? (?:{_PREPOSITION}) {_TITLE}(?!')", re.IGNORECASE)
_ABOUT = re.compile(rf"\babout {_TITLE}", re.IGNORECASE)
_POSSESSIVE = re.compile(rf"{_TITLE}'s?(?!\w)", re.IGNORECASE)
_IN_PLACE = re.compile(rf"({BEFORE_TITLE}){_TITLE}(?!')|{_TITLE}(?={AFTER_TITLE})", re.IGNORECASE)
_MENTION = re.compile(_TITLE, re.IGNORECASE)
_AT_END = re.compile(rf"\b(?:{_PREPOSITION}) {_TITLE}\W*$", re.IGNORECASE)
_WORK_AT_START = re.compile(rf"^(?:{_PREPOSITION}|according to) {_THE_WORK}\b,? ?", re.IGNORECASE)
_WORK_AT_END = re.compile(rf",? (?:{_PREPOSITION}) {_THE_WORK}(?=\W*$)", re.IGNORECASE)


def without_titles(question: str, mentions: Collection[tuple[int, int]], *, is_alone: bool = True) -> str:
    """Return a question without the titles, and without "in the film" at either end.

    "What is the ending of Hard Times like?" becomes "What is the ending like?", "Who wrote Never Let Me Go?" becomes
    "Who wrote it?". A title that may be somebody's name stays in "Does David Copperfield marry?". A question about a
    title ("the song Hard Times") stays as it is, and so does one that has no other words, if it is alone.

    Args:
        question: normalised, with single spaces.
        mentions: where it has titles, `[start, end)`; no two overlap.
        is_alone: False if it is searched with the question before it, which says what "what did she do?" is about.
    """
    enclosed = _enclose(question, mentions)
    if _NAMED.search(enclosed):
        return question
    short = _IN_PLACE.sub(r"\1it", _PHRASE.sub("", _OPENING.sub("", enclosed)))
    # A review of a film may compare it with the book.
    if ADAPTATION_WORDS.isdisjoint(words(question)):
        short = _WORK_AT_END.sub("", _WORK_AT_START.sub("", short))
    with_pronouns = _MENTION.sub("it", _POSSESSIVE.sub("its", short))
    # "What is Emma about?" asks for the gist, "What does the critic say about Emma?" for a person.
    if find_intent(_MENTION.sub("it", _ABOUT.sub("", short))) is None:
        with_pronouns = _MENTION.sub(partial(_unless_name, "it"), _POSSESSIVE.sub(partial(_unless_name, "its"), short))
        with_pronouns = _ENCLOSED.sub(r"\1", with_pronouns)
        if not terms(with_pronouns) and (is_alone or not words(with_pronouns)):
            return question
    return with_pronouns


def is_in_title_place(question: str, span: tuple[int, int]) -> bool:
    """Return True if a name in a normalised question, `[start, end)`, is where questions name a work."""
    return _IN_PLACE.search(_enclose(question, [span])) is not None


def is_in_title_phrase(question: str, span: tuple[int, int]) -> bool:
    """Return True if a name in a normalised question is at either end as titles are: "in X?", "In X, …" or "X: …"."""
    enclosed = _enclose(question, [span])
    return _AT_END.search(enclosed) is not None or _OPENING.search(enclosed) is not None


def _enclose(question: str, mentions: Collection[tuple[int, int]]) -> str:
    for start, end in sorted(mentions, reverse=True):
        question = f"{question[:start]}{_BEGIN}{question[start:end]}{_END}{question[end:]}"
    return question


def _unless_name(pronoun: str, mention: re.Match[str]) -> str:
    """Return the pronoun for a title, or the mention itself if the title may be a name: short, without stop words."""
    title = words(mention[1])
    return mention[0] if len(title) <= LONGEST_NAME and STOP_WORDS.isdisjoint(title) else pronoun
