"""Names in a question that the reviews never mention: another film, another person."""

from __future__ import annotations

import re
from collections.abc import Callable

from embeddings.lexical import STOP_WORDS, fold, terms, words

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
# Parts that any film has, which reviews tell of in other words as well; and words for nobody in particular.
_PARTS = frozenset(
    """
    acting actor actress adaptation atmosphere bit book camera cast character dialogue director effect ending film hero
    heroine humour idea lead message mood movie music narrator novel one opening pace pacing performance photography
    picture play premise protagonist relationship role romance scene score script set setting shot soundtrack story
    style subplot tension theme thing title tone villain visuals world
    anybody anyone anything everybody everyone everything nobody none nothing somebody someone something
    """.split()
)
_PARTS_STEMMED = frozenset(terms(" ".join(_PARTS)))
# Capitals on every one of so many words are the writer's style and tell nothing.
_TITLE_CASE = 3


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
    if len(capitalised) == len(found) >= _TITLE_CASE:
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
