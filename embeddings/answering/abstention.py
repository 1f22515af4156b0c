"""Facts that reviews seldom tell: asked for by a word that the reviews at hand never use.

An embedding finds the sentence that is about the film for "what was its budget?"; whether money is mentioned at all is
a matter of words. Each group names one fact: a question that uses a word of the group asks for it, and only reviews
that use one too can tell it. Measured on private questions, such a list refused 12 of 36 that the review doesn't
answer and 1 of 56 that it does (the lab's figure, with a list of its own).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from embeddings.config import TITLE_CASE_WORDS
from embeddings.documents.analyzer import fold, terms, words
from embeddings.lexicon import GROUPS, PARTS, STOP_WORDS

_PATTERNS = tuple((re.compile(asks), frozenset(terms(tells))) for asks, tells in GROUPS)
# Words of these questions that any review of a film has: they tell nothing of the fact.
_COMMON = frozenset(terms("director film long make money movie much old picture time"))


def asks_missing_fact(question: str, tells: Callable[[str], bool]) -> bool:
    """Whether a question asks for a fact that the reviews have no word of.

    Args:
        question: as it was asked.
        tells: whether a stemmed term occurs in the reviews at hand.
    """
    folded = fold(question)
    for pattern, stems in _PATTERNS:
        found = pattern.search(folded)
        if found and not any(map(tells, stems.union(terms(found.group())) - _COMMON)):
            return True
    return False


_WORD = re.compile(r"[^\W\d_]+")


_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]\s*)[^\w]*$")


# What is asked of a work by its name: the name follows, in whatever case it was typed.
_NAMED_WORK = re.compile(
    r"\b(?:think|thought|opinion|review|verdict|say|said|plot|story|end|ending|cast|happens)s? (?:of|about|in|to) (.+)"
    r"|\b(?:villain|hero|heroine|twist|theme|score|soundtrack|sequel|remake)s? (?:in|of|to|from) (.+)"
    r"|\b(?:play|voice)(?:s|d|ed)? .*?\bin (.+)"
    r"|\b(?:directed|starred in|stars in|(?:seen|watch|watched|recommend|reviewed)) (.+)"
    r"|^(?:is|was) (?:the )?(.+?),? (?:any good|worth .+)"
    r"|^what(?:['’]?s| is| was| about) (.+?),? (?:about|any good)\W*$"
    # "Is the truman show a tragedy": of what has an article, two words at least, for one is most often a part.
    r"|^(?:is|was) the (\w+ \w.*?) an? \w+"
    # "How does fight club end", "how scary is hereditary", "is inception confusing".
    r"|^how (?:does|did) (\w.+) ends?\W*$"
    r"|^how \w+ (?:is|was) (\w+)\W*$"
    r"|^(?:is|was) (\w+) (?:too )?\w+\W*$"
)


_PARTS_STEMMED = frozenset(terms(" ".join(PARTS)))


def names_unknown(question: str, tells: Callable[[str], bool]) -> bool:
    """Whether a question names something that the reviews have no word of.

    A name is a word with a capital letter within a sentence, or what stands where a work's name does ("what did they
    think of atonement?"). Abbreviations in capitals (CGI, TV) are no names, nor are words in a question that is
    capitalised throughout.

    Args:
        question: as it was asked, misspellings put right.
        tells: whether a stemmed term occurs in the reviews at hand.
    """
    found = [match for match in _WORD.finditer(question) if fold(match.group()) not in STOP_WORDS]
    capitalised = [match for match in found if match.group()[0].isupper()]
    if len(capitalised) == len(found) >= TITLE_CASE_WORDS:
        return False
    return _another_work(question, tells) or any(
        not match.group().isupper()
        and not _SENTENCE_START.search(question[: match.start()])
        and not all(term in _PARTS_STEMMED or tells(term) for term in terms(match.group()))
        for match in capitalised
    )


def _another_work(question: str, tells: Callable[[str], bool]) -> bool:
    found = _NAMED_WORK.search(fold(question))
    if found is None:
        return False
    named = next(group for group in found.groups() if group is not None)
    sought = set(terms(named))
    parts = sought & _PARTS_STEMMED
    # "The last scene" is a part of the film; "toy story" is not, though it holds the name of one.
    if parts and (parts == sought or words(named)[0] in STOP_WORDS):
        return False
    return bool(sought) and not any(map(tells, sought - parts))
