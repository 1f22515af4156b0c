"""Which reviews a question is about: those whose title or alias it names.

The words of a title may be ordinary words ("Does she love him?"), so a title is a preference: it narrows the search
unless the other reviews match the question clearly better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from embeddings.config import TITLE_MARGIN
from embeddings.documents.analyzer import normalise, terms, words
from embeddings.index.titles import TitleEntry, TitleTable, title_key
from embeddings.lexicon import STOP_WORDS
from embeddings.retrieval.query import Query, find_intent
from embeddings.retrieval.retriever import Candidates, Scope, best_cosine

TitleSource = tuple[TitleTable, Callable[[int, int], TitleEntry]]
"""A table of titles, and a function from a review's number and a title's number to the title."""

_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


class Router:
    """Finds the reviews that a question names. The time depends on the question's length, not on the reviews."""

    def __init__(self, sources: Sequence[TitleSource]) -> None:
        self._sources = sources
        self._longest = max((table.longest for table, _ in sources), default=0)

    def route(self, question: str, context: Sequence[str]) -> tuple[str, tuple[TitleEntry, ...]]:
        """Return the latest question that has titles, with these; the question and none if there is none."""
        for turn in (question, *reversed(context)):
            if titles := self.titles_in(turn):
                return turn, titles
        return question, ()

    def titles_in(self, question: str) -> tuple[TitleEntry, ...]:
        """Return the titles in a question in their order, and the longest of those that overlap.

        A title of function words alone (*It*, *Us*, *Her*) counts only where it is written like the title and doesn't
        begin a sentence, because most questions have such words.
        """
        key = title_key(question)
        spans = [
            (start, length)
            for start in range(len(key))
            for length in range(min(self._longest, len(key) - start), 0, -1)
        ]
        # One look-up for all spans: each look-up costs much more than the spans in it.
        entries = self._find([" ".join(key[start : start + length]) for start, length in spans])
        found: list[TitleEntry] = []
        end = 0
        for (start, length), named in zip(spans, entries, strict=True):
            meant = [title for title in named if start >= end and _is_meant(title.text, question)]
            if meant:
                found.extend(meant)
                end = start + length
        return tuple(dict.fromkeys(found))

    def _find(self, keys: Sequence[str]) -> list[list[TitleEntry]]:
        found: list[list[TitleEntry]] = [[] for _ in keys]
        for table, title_of in self._sources:
            for titles, places in zip(found, table.find(keys), strict=True):
                titles.extend(title_of(*place) for place in places)
        return found


def prefers_named(
    query: Query, turn: str, titles: Sequence[TitleEntry], named: Sequence[Candidates], everything: Sequence[Candidates]
) -> bool:
    """Return True if the reviews that a question names are those to search, not all that are visible.

    `turn` is the question that has the titles, or an earlier one. `named` are the candidates of their reviews.
    """
    rest = [scope for candidates in everything for scope in candidates.scope.without([part.scope for part in named])]
    if not rest or _asks_about_whole(query.text, titles):
        return True

    def missing(scopes: Sequence[Scope]) -> int:
        return sum(not any(scope.mentions(term) for scope in scopes) for term in query.search.terms)

    signs = max(_signs(title.text, turn, rest) for title in titles)
    ahead = best_cosine(everything) - best_cosine(named)
    # Reviews that lack a word of the question, such as the title, are no better for being close to the rest of it.
    return ahead <= TITLE_MARGIN * signs or 0 < missing(rest) >= missing([part.scope for part in named])


def _asks_about_whole(question: str, titles: Sequence[TitleEntry]) -> bool:
    """Return True if a question asks about a work as a whole once its titles are left out."""
    left = " ".join(title_key(question))
    for title in titles:
        # "What is Love about?" asks for the gist, "What does it say about love?" for a theme.
        left = re.sub(rf"\b(?:about )?{re.escape(' '.join(title_key(title.text)))}\b", "", left)
    return find_intent(left) is not None


def _signs(title: str, question: str, rest: Sequence[Scope]) -> float:
    """Return how many signs there are that a question has a title, not ordinary words."""
    content = terms(title)
    if not content:
        return math.inf
    is_only_here = not all(any(scope.has_in_text(term) for scope in rest) for term in content)
    return len(content) + _is_written(title, question) + is_only_here


def _is_meant(title: str, question: str) -> bool:
    return not STOP_WORDS.issuperset(words(title)) or _is_written(title, question)


def _is_written(title: str, question: str) -> bool:
    """Return True if a question has a title as it is written, not at the beginning of a sentence."""
    written = re.finditer(rf"(?<!\w){re.escape(normalise(title))}(?![\w'’])", question)
    return any(_WITHIN_SENTENCE.search(question[: match.start()]) for match in written)
