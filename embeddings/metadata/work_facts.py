"""Questions about a fact of one work, such as who directed it or how it is rated, and what its header answers.

Only a fact that a header has answers. All else is left to the search, because a review may say it in its text.
"""

from __future__ import annotations

import re

import numpy as np

from embeddings.index.facts import CREATORS, RATING, REVIEWER
from embeddings.lexicon import CREATOR_VERBS, NAMED_ROLES, POINTING_WORDS, RATING_NOUNS, WORK_NOUNS
from embeddings.metadata.entries import listing_of
from embeddings.metadata.headings import listed
from embeddings.metadata.phrase import alternatives
from embeddings.metadata.table import ReviewTable
from embeddings.records import Listing

ROLE_KINDS = {
    "author": frozenset({"author", "writer"}),
    "creator": CREATORS - {"cast", "translator", "narrator", "illustrator"},
}
"""The kinds of labels that a role stands for, where they are others than the role itself."""

_TITLE = r"(?P<title>.+?)"
_VERBS = {verb: role for role, verbs in CREATOR_VERBS.items() for verb in verbs.split()}
# The grammar puts "director" right as a slip of "directors", so both are read.
_NOUNS = {
    noun: role
    for role, names in NAMED_ROLES.items()
    for plural in names.split()
    for noun in (plural, plural.removesuffix("s"))
}
_VERB = rf"(?P<verb>{alternatives(_VERBS)})"
_NOUN = rf"(?P<noun>{alternatives(_NOUNS)}|cast)"
_RATING = rf"(?:(?:{alternatives(RATING_NOUNS)})s?|how many stars)"
_ASKS = tuple(
    map(
        re.compile,
        (
            rf"who(?:m|se)? {_VERB} {_TITLE}",
            rf"(?:by )?who(?:m)? (?:is|was) {_TITLE} {_VERB}(?: by)?",
            rf"{_TITLE} (?:is|was) {_VERB} by (?:who|whom)",
            rf"(?:who|what) (?:is|was|are|were) (?:the )?{_NOUN} (?:of|behind|for|in) {_TITLE}",
            rf"(?:(?:who|what) (?:is|was) )?{_TITLE}'s {_NOUN}",
            rf"(?:the )?{_NOUN} of {_TITLE}",
            rf"(?:who|which actors?) (?P<cast>is|are|was|were|acts|acted|plays|played|stars|starred) in {_TITLE}",
            rf"(?:(?:what|which) )?(?P<rating>{_RATING}) (?:(?:did|does|has|was) )?{_TITLE} "
            r"(?:get|got|have|has|receive|received|given|gets)",
            rf"(?:what (?:is|was) )?(?:the |your )?(?P<rating>{_RATING}) (?:of|for) {_TITLE}",
            rf"(?:what (?:is|was) )?{_TITLE}'s (?P<rating>{_RATING})",
            rf"(?:how|what) (?:is|was) {_TITLE} (?P<rating>rated|scored)",
        ),
    )
)
_OPENERS = re.compile("(?:and|so|but|then) ")
_THE_WORK = re.compile(rf"(?:{alternatives(POINTING_WORDS)})|(?:the|this|that) (?:{alternatives(WORK_NOUNS)})")


def asked_fact(text: str, start: int, end: int) -> tuple[str, tuple[int, int] | None] | None:
    """Return the fact that `text[start:end]`, folded, asks for and where it has the title; None if it asks otherwise.

    The fact is a role or `RATING`. There is no title where a pronoun or "the film" stands for the work.
    """
    if opened := _OPENERS.match(text, start, end):
        start = opened.end()
    for pattern in _ASKS:
        if found := pattern.fullmatch(text, start, end):
            parts = found.groupdict()
            if parts.get("rating"):
                fact = RATING
            elif parts.get("cast") or parts.get("noun") == "cast":
                fact = "cast"
            else:
                fact = _VERBS[parts["verb"]] if parts.get("verb") else _NOUNS[parts["noun"]]
            if fact == REVIEWER:
                continue
            return fact, None if _THE_WORK.fullmatch(found["title"]) else found.span("title")
    return None


def answer_fact(table: ReviewTable, fact: str, title: str) -> Listing | None:
    """Return the fact of the reviews of a title, or None if no header has it."""
    kinds = ROLE_KINDS.get(fact, frozenset({fact}))
    found = {
        number: names
        for number in np.flatnonzero(table.titled(title).rows).tolist()
        if (names := tuple(dict.fromkeys(text for kind, text in table.labels(number) if kind in kinds)))
    }
    if not found:
        return None
    sentences = " ".join(_sentence(table.entry(number).title, fact, names) for number, names in found.items())
    return listing_of(table, sentences, list(found))


def _sentence(title: str, fact: str, names: tuple[str, ...]) -> str:
    people = listed(names, "and")
    if fact == RATING:
        return f"“{title}” is rated {people}."
    if fact == "creator":
        return f"“{title}” is by {people}."
    if fact == "cast":
        return f"The cast of “{title}”: {people}."
    return f"The {fact}{'s' if len(names) > 1 else ''} of “{title}” {'are' if len(names) > 1 else 'is'} {people}."
