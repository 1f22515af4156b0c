"""The name of a work that a question asks about and no review is of.

Precision comes first: a name that the reviews mention, such as a character's, is no absent work.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from embeddings.config import LONGEST_ABSENT_NAME
from embeddings.documents.analyzer import terms, words
from embeddings.lexicon import (
    AFTER_TITLE,
    BEFORE_TITLE,
    NAMED_WORK,
    NO_TITLE_WORDS,
    PERSON_TITLES,
    STOP_WORDS,
    TITLE_PREPOSITIONS,
    WORK_PARTS,
)

_PREPOSITION = "|".join(TITLE_PREPOSITIONS)
_CAPITALISED = r"[A-Z0-9][\w'’-]*"
_NAME = rf"(?:{_CAPITALISED})(?:,? (?:(?:of|the|and|in|a|an|to|for|on|at|with|&) ){{0,2}}{_CAPITALISED})*"
_BY = r"(?: by [^,:?]+)?"
_JUDGED = re.compile(rf"^(?i:is|was) (?P<name>{_NAME})(?i:{AFTER_TITLE})")
_OPEN = (
    re.compile(rf"^(?i:{_PREPOSITION}) (?P<name>{_NAME}){_BY},? (?=\w)"),
    re.compile(rf"^(?P<name>{_NAME}){_BY}: \S"),
    re.compile(
        r"^(?P<name>[\w'’& -]+?)(?i: by [^,:?]+)?[,:] (?i:how|who|what|why|when|where|is|was|does|did)\b.*\bit\b"
    ),
    re.compile(rf"^(?i:who|whom|whose|what happens|how does|why does|does|did) .*\b(?:in|of) (?P<name>{_NAME})\W*$"),
    re.compile(rf"(?i:{BEFORE_TITLE})(?i:the (?:film|movie|book|novel|play|game|album) )?(?P<name>{_NAME})"),
    _JUDGED,
    # What ends with a comma or a full stop before the closing mark is speech.
    re.compile(r"[\"“*_](?P<name>[^\s\"”*_](?:[^\"”*_]*[^\s\"”*_.,!?…])?)[\"”*_]"),
)
"""Where a question as written names a work: by its place, by capitals, or between marks."""


def absent_work(question: str, mentions: Callable[[str], bool], has_phrase: Callable[[str], bool]) -> str | None:
    """Return the name of the work that a question asks about, if no review has a word of it; else None.

    A name in capitals with several words may have some that the reviews have, if they never have all together.

    Args:
        question: normalised, in which no title is.
        mentions: returns True if the reviews have a stemmed term.
        has_phrase: returns True if the reviews have these words in this order.
    """
    for pattern in _OPEN:
        found = pattern.search(question)
        if found is not None and _is_absent(found["name"], mentions, has_phrase, is_judged=pattern is _JUDGED):
            return found["name"].strip()
    found = NAMED_WORK.search(question.lower())
    if found is None:
        return None
    number = next(number for number, group in enumerate(found.groups(), start=1) if group is not None)
    name = question[slice(*found.span(number))].strip(" ?!.,;:")
    return name if _is_absent(name, mentions, has_phrase) else None


def _is_absent(
    name: str, mentions: Callable[[str], bool], has_phrase: Callable[[str], bool], *, is_judged: bool = False
) -> bool:
    """Return True if a name is of no review. `is_judged` is True where only a work can stand: "is ... any good?"."""
    asked = words(name)
    content = [word for word in asked if word not in STOP_WORDS]
    if not content or len(asked) > LONGEST_ABSENT_NAME or content[0] in PERSON_TITLES or name.isupper():
        return False
    if name == name.lower() and not NO_TITLE_WORDS.isdisjoint(asked):
        return False
    # "The last scene" is a part of any work.
    if content[-1] in WORK_PARTS or has_phrase(name):
        return False
    known = [all(map(mentions, terms(word))) for word in content]
    if name == name.lower() or len(content) == 1:
        return not any(known)
    return is_judged or not all(known) or len(asked) > len(content)
