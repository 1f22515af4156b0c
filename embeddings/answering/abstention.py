"""Rules that lower the confidence: the question asks for something that the reviews never mention.

An encoder finds the sentence about the film for "what was its budget?"; whether money is mentioned at all is a matter
of words. A question asks for a fact by the patterns of `FACT_GROUPS`, or names something by a capital letter or by the
place of a work's name ("what did they think of atonement?").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from embeddings.config import TITLE_CASE_WORDS
from embeddings.documents.analyzer import fold, term_forms, terms, words
from embeddings.lexicon import COMMON_FACT_WORDS, FACT_GROUPS, NAMED_WORK, STOP_WORDS, WORK_PARTS
from embeddings.retrieval.retriever import Scope, languages_of

Mentions = Callable[[str], bool]
"""Returns True if the reviews in scope have a stemmed term."""

_FACTS = tuple((re.compile(pattern), frozenset(terms(answers))) for pattern, answers in FACT_GROUPS)
_COMMON_TERMS = frozenset(terms(COMMON_FACT_WORDS))
_PART_TERMS = frozenset(terms(" ".join(WORK_PARTS)))
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]\s*)[^\w]*$")


def asks_for_unmentioned(question: str, scopes: Sequence[Scope]) -> bool:
    """Return True if a question, with corrected spelling, asks for a fact or names something that no scope mentions."""
    languages = languages_of(scope.index for scope in scopes)
    forms = {word[0]: word for word in term_forms(question, languages)}

    @cache
    def mentions(term: str) -> bool:
        return any(scope.mentions(form) for scope in scopes for form in forms.get(term, (term,)))

    return asks_unmentioned_fact(question, mentions) or names_unmentioned(question, mentions)


def asks_unmentioned_fact(question: str, mentions: Mentions) -> bool:
    """Return True if a question asks for a fact of `FACT_GROUPS` and the reviews have no word of it."""
    folded = fold(question)
    for pattern, answers in _FACTS:
        found = pattern.search(folded)
        if found and not any(map(mentions, answers.union(terms(found.group())) - _COMMON_TERMS)):
            return True
    return False


def names_unmentioned(question: str, mentions: Mentions) -> bool:
    """Return True if a question has a name that the reviews never mention.

    Abbreviations in capitals (CGI, TV) are no names, nor are the words of a question in title case.
    """
    found = [match for match in _WORD.finditer(question) if fold(match.group()) not in STOP_WORDS]
    capitalised = [match for match in found if match.group()[0].isupper()]
    if len(capitalised) == len(found) >= TITLE_CASE_WORDS:
        return False
    return _names_other_work(question, mentions) or any(
        not match.group().isupper()
        and not _SENTENCE_START.search(question[: match.start()])
        and not all(term in _PART_TERMS or mentions(term) for term in terms(match.group()))
        for match in capitalised
    )


def _names_other_work(question: str, mentions: Mentions) -> bool:
    found = NAMED_WORK.search(fold(question))
    if found is None:
        return False
    name = next(group for group in found.groups() if group is not None)
    name_terms = set(terms(name))
    parts = name_terms & _PART_TERMS
    # "The last scene" is a part of the film. "Toy story" is a name, although "story" is a part.
    if parts and (parts == name_terms or words(name)[0] in STOP_WORDS):
        return False
    return bool(name_terms) and not any(map(mentions, name_terms - parts))
