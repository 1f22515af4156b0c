"""Names in a question that the reviews never mention: another film, another person."""

from __future__ import annotations

import re
from collections.abc import Callable

from embeddings.lexical import STOP_WORDS, fold, terms

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]\s*)[^\w]*$")
# From this share of capitalised words on, capitals are the writer's style and tell nothing.
_TITLE_CASE = 0.7


def names_unknown(question: str, tells: Callable[[str], bool]) -> bool:
    """Whether a question names something, by a capital letter within a sentence, that the reviews have no word of.

    Abbreviations in capitals (CGI, TV) are no names, nor are words in a question that is capitalised throughout.

    Args:
        question: as it was asked, misspellings put right.
        tells: whether a stemmed term occurs in the reviews at hand.
    """
    found = [match for match in _WORD.finditer(question) if fold(match.group()) not in STOP_WORDS]
    capitalised = [match for match in found if match.group()[0].isupper()]
    if len(found) >= 3 and len(capitalised) >= _TITLE_CASE * len(found):
        return False
    return any(
        not match.group().isupper()
        and not _SENTENCE_START.search(question[: match.start()])
        and not all(map(tells, terms(match.group())))
        for match in capitalised
    )
