"""Which reviews a question is about: those whose title or alias it names.

The words of a title may be ordinary words ("Does she love him?"), so a title is a preference: it narrows the search
unless the other reviews match the question clearly better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from embeddings.config import NEAR_TITLE_SIMILARITY, SHORTEST_NEAR_WORD, SPELLING_SIMILARITY, TITLE_MARGIN
from embeddings.documents.analyzer import term_forms, terms
from embeddings.index.titles import WHOLE, WORD, TitleEntry, TitleTable, TitleWord, title_key, title_words, work_name
from embeddings.lexicon import FILLER_WORDS, STOP_WORDS
from embeddings.retrieval.intent import find_intent
from embeddings.retrieval.query import Query
from embeddings.retrieval.retriever import Candidates, Scope, best_cosine, languages_of
from embeddings.retrieval.title_mentions import is_in_title_phrase, is_in_title_place

_Named = tuple[TitleEntry, int]
"""A title or person, and how much of it: `WHOLE`, `PART`, `WORD` or `PERSON`."""

TitleSource = tuple[TitleTable, Callable[[int, int], TitleEntry]]
"""A table of titles, and a function from a review's number and a title's number to the title."""

_YEAR_DIGITS = 4
_NEXT_NAME = re.compile(r" ([A-Z][a-z][^\W\d_]+)")
_QUOTE_BEFORE = re.compile(r"[“\"]([^“”\"]*)$")
_QUOTE_AFTER = re.compile(r"([^“”\"]*)[”\"]")
_WITHIN_SENTENCE = re.compile(r"\w[^\w.!?…]*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A title or a person in a question, in one of the forms of the name.

    Attributes:
        title: the title or person.
        text: the form, as the question has it.
        start: where it begins in the question.
        is_written: whether it is written as a title, with a capital that begins no sentence.
        extent: how much of the title it is: `WHOLE`, `PART`, `WORD` or `PERSON`.
    """

    title: TitleEntry
    text: str
    start: int
    is_written: bool
    extent: int = WHOLE

    @property
    def span(self) -> tuple[int, int]:
        """The place in the question."""
        return self.start, self.start + len(self.text)


class Router:
    """Finds the reviews that a question names. The time depends on the question's length, not on the reviews.

    `is_known` returns True if a word is an ordinary word, which is no misspelt title and no part of one. `has_word`
    returns True if the review of a title has a word.
    """

    def __init__(
        self,
        sources: Sequence[TitleSource],
        is_known: Callable[[str], bool] = lambda _: True,
        has_word: Callable[[TitleEntry, str], bool] = lambda *_: True,
    ) -> None:
        self._sources = sources
        self._is_known = is_known
        self._has_word = has_word
        self._longest = max((table.longest for table, _ in sources), default=0)

    def route(self, question: str, context: Sequence[str]) -> tuple[str, tuple[Mention, ...]]:
        """Return the latest question that has titles, with these; the question and none if there is none."""
        for turn in (question, *reversed(context)):
            if found := self.mentions_in(turn):
                return turn, found
        return question, ()

    def mentions_in(self, question: str) -> tuple[Mention, ...]:
        """Return the titles in a question in their order, the longest of those that overlap; if none, the people.

        A title of function words alone (*It*, *Us*, *Her*) counts only where it is written as a title, because most
        questions have such words. A year in the question chooses among works of one title.
        """
        words = title_words(question)
        years = {int(word.text) for word in words if len(word.text) == _YEAR_DIGITS and word.text.isdigit()}
        found: list[list[Mention]] = []
        end = 0
        for first, length, entries in self._titles_at(words):
            if first < end:
                continue
            start, stop = words[first].start, words[first + length - 1].end
            text = question[start:stop]
            has_content = not all(
                word.text in STOP_WORDS or word.text.isdigit() for word in words[first : first + length]
            )
            mentions = [
                Mention(title, text, start, _is_written(title.text, question, start, stop), extent)
                for title, extent in dict.fromkeys(entries)
            ]
            meant = [
                each
                for each in mentions
                if (
                    each.is_written
                    or text.isdigit()
                    or (has_content and not (each.extent == WORD and self._is_known(text)))
                )
                and not self._is_longer_name(each, question)
                and not (each.extent == WORD and _is_in_other_quote(question, start, stop))
            ]
            if meant:
                found.append(meant)
                end = first + length
        return _without_words(question, _meant(question, found, years))

    def _is_longer_name(self, mention: Mention, question: str) -> bool:
        """Return True if a name goes on with a word that the review doesn't have: *Martin Luther* King."""
        after = _NEXT_NAME.match(question, mention.span[1])
        return after is not None and not question.istitle() and not self._has_word(mention.title, after[1])

    def _titles_at(self, words: Sequence[TitleWord]) -> list[tuple[int, int, list[_Named]]]:
        """Return the first word and the length of each run of words that is a title; a longer run comes first."""
        spans = [
            (first, length)
            for first in range(len(words))
            for length in range(min(self._longest, len(words) - first), 0, -1)
        ]
        # One look-up for all spans: each look-up costs much more than the spans in it.
        keys = [" ".join(word.text for word in words[first : first + length]) for first, length in spans]
        places = [(*span, entries) for span, entries in zip(spans, self._find(keys), strict=True) if entries]
        covered = {
            word
            for first, length, entries in places
            if any(extent != WORD for _, extent in entries)
            for word in range(first, first + length)
        }
        near = self._near(words, covered)
        misspelt = [(*span, entries) for span, entries in zip(near, self._find(list(near.values())), strict=True)]
        # The sort is stable: at the same words a title as it is written comes before a misspelt one.
        return sorted(places + misspelt, key=lambda place: (place[0], -place[1])) if misspelt else places

    def _find(self, keys: Sequence[str]) -> list[list[_Named]]:
        found: list[list[_Named]] = [[] for _ in keys]
        for table, title_of in self._sources:
            for titles, places in zip(found, table.find(keys), strict=True):
                titles.extend((title_of(place.owner, place.number), place.extent) for place in places)
        return found

    def _near(self, words: Sequence[TitleWord], covered: set[int]) -> dict[tuple[int, int], str]:
        """Return the runs of words that misspell a title, by first word and length, each with the closest title's key.

        A title is misspelt in one or more words of the same number, of which a rare one is right or has one wrong
        letter, and another may be of a title that is written as it should be, `covered`.
        """
        texts = [word.text for word in words]
        rare = [place for place, text in enumerate(texts) if text not in STOP_WORDS and text not in FILLER_WORDS]
        if covered.issuperset(rare):
            return {}
        found: dict[tuple[int, int], tuple[float, str]] = {}
        for table, _ in self._sources:
            for place, keys in zip(rare, table.find_near([texts[place] for place in rare]), strict=True):
                for key in keys:
                    right = key.split()
                    for first in (
                        place - offset for offset, other in enumerate(right) if _is_near(texts[place], other)
                    ):
                        if first < 0 or covered.issuperset(range(first, first + len(right))):
                            continue
                        closeness = self._closeness(texts[first : first + len(right)], right)
                        if closeness > found.get((first, len(right)), (0.0, ""))[0]:
                            found[first, len(right)] = closeness, key
        return {place: key for place, (_, key) in found.items()}

    def _closeness(self, asked: Sequence[str], right: Sequence[str]) -> float:
        """Return the similarity of a run of a question's words to a title's, 0 if it doesn't misspell it."""
        cutoff = NEAR_TITLE_SIMILARITY if len(right) > 1 else SPELLING_SIMILARITY
        closeness: float = DamerauLevenshtein.normalized_similarity(
            " ".join(asked), " ".join(right), score_cutoff=cutoff
        )
        if not closeness or len(asked) != len(right) or (len(asked) == 1 and self._is_known(asked[0])):
            return 0.0
        wrong = [pair for pair in zip(asked, right, strict=True) if pair[0] != pair[1]]
        is_misspelt = all(
            min(len(word), len(other)) >= SHORTEST_NEAR_WORD and not word.isdigit() for word, other in wrong
        )
        return closeness if wrong and is_misspelt else 0.0


def _is_in_other_quote(question: str, start: int, end: int) -> bool:
    """Return True if quotation marks enclose more than a place of a question: “The Lamp” is not part of *Lamp Man*."""
    before, after = _QUOTE_BEFORE.search(question[:start]), _QUOTE_AFTER.match(question, end)
    return before is not None and after is not None and bool(before[1] or after[1])


def _is_near(word: str, other: str) -> bool:
    return abs(len(word) - len(other)) <= 1 and DamerauLevenshtein.distance(word, other, score_cutoff=1) <= 1


def _meant(question: str, found: Sequence[Sequence[Mention]], years: Collection[int]) -> tuple[Mention, ...]:
    """Return the titles that are meant among those at each place of a question; if there are none, the people."""
    people = {_review_of(mention) for mentions in found for mention in mentions if mention.title.is_person}
    meant: list[Mention] = []
    for mentions in found:
        titles = [mention for mention in mentions if not mention.title.is_person]
        if meant and question[meant[-1].span[1] : mentions[0].start] == " by ":
            # "Persuasion by Jane Austen" is not about *Jane Austen*.
            continue
        least = min((mention.extent for mention in titles), default=WHOLE)
        titles = [mention for mention in titles if mention.extent == least]
        titles = [mention for mention in titles if mention.title.year in years] or titles
        titles = [mention for mention in titles if _review_of(mention) in people] or titles
        if len(titles) > 1:
            closeness = [_likeness(work_name(mention.title.text), mention.text) for mention in titles]
            titles = [mention for mention, own in zip(titles, closeness, strict=True) if own == max(closeness)]
        meant.extend(titles)
    return tuple(meant) or tuple(mention for mentions in found for mention in mentions)


def _without_words(question: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return titles without those that are ordinary words beside a sure one: "Where is the house in Hard Times?"."""
    if not any(is_sure(mention, question) for mention in mentions):
        return tuple(mentions)
    return tuple(
        mention
        for mention in mentions
        if (mention.is_written and mention.text.lower() in mention.title.text.lower())
        or is_in_title_place(question, mention.span)
        or is_in_title_phrase(question, mention.span)
        or (mention.extent != WORD and len(terms(mention.text)) > 1)
    )


def is_sure(mention: Mention, question: str) -> bool:
    """Return True if a title can be nothing else: several words or capitals, where questions name a work."""
    if mention.title.is_person or mention.extent == WORD or not (mention.is_written or len(terms(mention.text)) > 1):
        return False
    return is_in_title_phrase(question, mention.span) or is_in_title_place(question, mention.span)


def _likeness(title: str, text: str) -> float:
    likeness: float = DamerauLevenshtein.normalized_similarity(" ".join(title_key(title)), " ".join(title_key(text)))
    return likeness


def _review_of(mention: Mention) -> tuple[str, str]:
    return mention.title.collection, mention.title.review


def is_unambiguous(mention: Mention, question: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if a title's words in a question are no ordinary words, so that they may be left out.

    One word alone needs its capital, or a place where questions name a work ("who directed inception"), unless it is
    no word that the encoder knows ("nlmg").
    """
    if mention.title.is_person:
        return False
    return (
        len(terms(mention.text)) > 1
        or mention.is_written
        or not is_known(mention.text.lower())
        or is_in_title_place(question, mention.span)
    )


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

    signs = max(_signs(mention, turn, rest) for mention in mentions)
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


def _signs(mention: Mention, turn: str, rest: Sequence[Scope]) -> float:
    """Return how many signs there are that a question has a title, not ordinary words; its place counts for two."""
    content = term_forms(mention.text, languages_of(scope.index for scope in rest))
    # Among many reviews, one is close to any question.
    if not content or (len(content) > 1 and is_sure(mention, turn)):
        return math.inf
    is_only_here = not all(any(scope.has_in_text(form) for scope in rest for form in word) for word in content)
    is_in_place = is_sure(mention, turn) or is_in_title_place(turn, mention.span)
    return len(content) + mention.is_written + is_only_here + 2 * is_in_place


def _is_written(title: str, question: str, start: int, end: int) -> bool:
    """Return True if what is at a place of a question is written as a title, and does not begin a sentence."""
    is_title = question[start:end] in title or (question[start].isupper() and not question.isupper())
    return is_title and _WITHIN_SENTENCE.search(question[:start]) is not None
