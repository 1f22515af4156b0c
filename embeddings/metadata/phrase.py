"""A question as the grammar of questions about the collection reads it: folded, beside the words as typed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from embeddings.config import SLIP_LETTERS
from embeddings.documents.analyzer import fold
from embeddings.lexicon import CLOSERS, LISTING_OPENERS, OPENERS, TYPED_AS

_TOKEN = re.compile(r"[“\"][^”\"]+[”\"]|\S+")
_MARKS = ' .,;:!?()[]*_…"“”'


def alternatives(phrases: Iterable[str]) -> str:
    """Return a pattern of any of some phrases, whose words hyphens may join, the longest first."""
    ordered = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(each).replace(r"\-", "[ -]") for each in ordered)


_OPENER = re.compile(rf"(?:{alternatives(OPENERS)})(?: |$)")
_LISTING_OPENER = re.compile(rf"(?:{alternatives(LISTING_OPENERS)})(?: |$)")
_CLOSER = re.compile(rf"(?: |^)(?:{alternatives(CLOSERS)})$")


class Phrase:
    """A question's words.

    Attributes:
        text: the folded words, with single spaces and without marks.
        start: where what is asked begins in `text`.
        end: where it ends.
        asks_for_list: whether the question begins like "list" or "show me".
    """

    def __init__(self, question: str, known: frozenset[str]) -> None:
        self._typed: list[str] = []
        self._starts: list[int] = []
        parts: list[str] = []
        at = 0
        for token in _TOKEN.findall(question.replace("’", "'")):
            typed = token.strip(_MARKS)
            for word in _put_right(fold(typed), known).split():
                self._typed.append(typed)
                self._starts.append(at)
                parts.append(word)
                at += len(word) + 1
        self.text = " ".join(parts)
        self.start, self.end = 0, len(self.text)
        self.asks_for_list = False
        while found := _OPENER.match(self.text, self.start, self.end):
            self.asks_for_list |= bool(_LISTING_OPENER.match(self.text, self.start, self.end))
            self.start = found.end()
        while found := _CLOSER.search(self.text[self.start : self.end]):
            self.end = self.start + found.start()

    @property
    def core(self) -> str:
        """What is asked, without what says nothing at both ends."""
        return self.text[self.start : self.end]

    def typed(self, start: int, end: int) -> str:
        """Return the words of a range of `text` as they were typed."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, max(start, end - 1))
        return " ".join(self._typed[first:last])


def _put_right(word: str, known: frozenset[str]) -> str:
    if word in TYPED_AS:
        return TYPED_AS[word]
    if len(word) < SLIP_LETTERS or word in known or not word.isalpha():
        return word
    # A letter left out, doubled or swapped. Other letters make other words: "wrote" is no slip of "write".
    near = [
        each
        for each in known
        if (abs(len(each) - len(word)) == 1 or (len(each) == len(word) and sorted(each) == sorted(word)))
        and OSA.distance(word, each, score_cutoff=1) == 1
    ]
    return min(near, default=word)
