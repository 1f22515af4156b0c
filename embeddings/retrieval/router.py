"""Which reviews a question is about: those whose title or alias it names.

The words of a title may be ordinary words ("Does she love him?"), so a title is a preference: it narrows the search
unless the other reviews match the question clearly better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embeddings.config import TITLE_MARGIN
from embeddings.documents.analyzer import term_forms, terms
from embeddings.index.titles import TitleEntry, TitleTable, title_words
from embeddings.lexicon import STOP_WORDS
from embeddings.retrieval.intent import find_intent
from embeddings.retrieval.query import Query
from embeddings.retrieval.retriever import Candidates, Scope, best_cosine, languages_of

TitleSource = tuple[TitleTable, Callable[[int, int], TitleEntry]]
"""A table of titles, and a function from a review's number and a title's number to the title."""

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A title in a question, in one of its forms.

    Attributes:
        title: the title.
        text: the form, as the question has it.
        start: where it begins in the question.
        is_written: whether it is written as a title, with a capital that begins no sentence.
    """

    title: TitleEntry
    text: str
    start: int
    is_written: bool

    @property
    def span(self) -> tuple[int, int]:
        """The place in the question."""
        return self.start, self.start + len(self.text)


class Router:
    """Finds the reviews that a question names. The time depends on the question's length, not on the reviews."""

    def __init__(self, sources: Sequence[TitleSource]) -> None:
        self._sources = sources
        self._longest = max((table.longest for table, _ in sources), default=0)

    def route(self, question: str, context: Sequence[str]) -> tuple[str, tuple[Mention, ...]]:
        """Return the latest question that has titles, with these; the question and none if there is none."""
        for turn in (question, *reversed(context)):
            if found := self.mentions_in(turn):
                return turn, found
        return question, ()

    def mentions_in(self, question: str) -> tuple[Mention, ...]:
        """Return the titles in a question in their order, and the longest of those that overlap.

        A title of function words alone (*It*, *Us*, *Her*) counts only where it is written as a title, because most
        questions have such words.
        """
        words = title_words(question)
        spans = [
            (first, length)
            for first in range(len(words))
            for length in range(min(self._longest, len(words) - first), 0, -1)
        ]
        # One look-up for all spans: each look-up costs much more than the spans in it.
        entries = self._find([" ".join(word.text for word in words[first : first + length]) for first, length in spans])
        found: list[Mention] = []
        end = 0
        for (first, length), titles in zip(spans, entries, strict=True):
            if not titles or first < end:
                continue
            start, stop = words[first].start, words[first + length - 1].end
            text = question[start:stop]
            has_content = not all(
                word.text in STOP_WORDS or word.text.isdigit() for word in words[first : first + length]
            )
            mentions = (
                Mention(title, text, start, _is_written(title.text, question, start, stop))
                for title in dict.fromkeys(titles)
            )
            meant = [each for each in mentions if has_content or each.is_written or text.isdigit()]
            if meant:
                found.extend(meant)
                end = first + length
        return tuple(found)

    def _find(self, keys: Sequence[str]) -> list[list[TitleEntry]]:
        found: list[list[TitleEntry]] = [[] for _ in keys]
        for table, title_of in self._sources:
            for titles, places in zip(found, table.find(keys), strict=True):
                titles.extend(title_of(*place) for place in places)
        return found


def is_unambiguous(mention: Mention, is_known: Callable[[str], bool]) -> bool:
    """Return True if a title's words in a question are no ordinary words.

    One word alone needs its capital, unless it is no word that the encoder knows ("nlmg").
    """
    return len(terms(mention.text)) > 1 or mention.is_written or not is_known(mention.text.lower())


def prefers_named(
    query: Query,
    turn: str,
    mentions: Sequence[Mention],
    named: Sequence[Candidates],
    everything: Sequence[Candidates],
) -> bool:
    """Return True if the reviews that a question names are those to search, not all that are visible.

    Args:
        query: the question.
        turn: the question that has the titles: this one, or an earlier one.
        mentions: the titles in it, at least one.
        named: the candidates of their reviews.
        everything: the candidates of all visible reviews.
    """
    rest = [scope for candidates in everything for scope in candidates.scope.without([part.scope for part in named])]
    if not rest or _asks_about_whole(query.text, mentions if turn == query.text else ()):
        return True

    def missing(scopes: Sequence[Scope]) -> int:
        return sum(not any(scope.mentions(form) for scope in scopes for form in word) for word in query.search.words)

    signs = max(_signs(mention, rest) for mention in mentions)
    ahead = best_cosine(everything) - best_cosine(named)
    # Reviews that lack a word of the question, such as the title, are no better for being close to the rest of it.
    return ahead <= TITLE_MARGIN * signs or 0 < missing(rest) >= missing([part.scope for part in named])


def _asks_about_whole(question: str, mentions: Sequence[Mention]) -> bool:
    """Return True if a question asks about a work as a whole once its titles are left out."""
    for mention in sorted(mentions, key=lambda mention: -mention.start):
        start, end = mention.span
        # "What is Love about?" asks for the gist, "What does it say about love?" for a theme.
        before, after = question[:start].rstrip().removesuffix("about"), question[end:].removeprefix("'s")
        question = f"{before} {after}"
    return find_intent(question) is not None


def _signs(mention: Mention, rest: Sequence[Scope]) -> float:
    """Return how many signs there are that a question has a title, not ordinary words."""
    content = term_forms(mention.text, languages_of(scope.index for scope in rest))
    if not content:
        return math.inf
    is_only_here = not all(any(scope.has_in_text(form) for scope in rest for form in word) for word in content)
    return len(content) + mention.is_written + is_only_here


def _is_written(title: str, question: str, start: int, end: int) -> bool:
    """Return True if what is at a place of a question is written as a title, and does not begin a sentence."""
    is_title = question[start:end] in title or (question[start].isupper() and not question.isupper())
    return is_title and _WITHIN_SENTENCE.search(question[:start]) is not None
