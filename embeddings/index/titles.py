"""Titles, aliases and people by the words that they are compared by, to find which review a question names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_NEAR_TITLES, SHORTEST_INITIALS, SHORTEST_NEAR_WORD, SHORTEST_TITLE_PART
from embeddings.documents.analyzer import normalise, words
from embeddings.documents.formats.headers.titles import read_title
from embeddings.index.string_table import StringTable
from embeddings.lexicon import CREATOR_ROLES, NUMBER_WORDS, STOP_WORDS, VOLUME_WORDS
from embeddings.records import Fact, Review

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_YEAR = re.compile(r" \((?:18|19|20)\d\d\)$")
_SUBTITLE = re.compile(r": | [-–—] |,? (?=part (?:\d+|[ivx]+|one|two|three)\b)|,? in (?=\w+ parts$)", re.IGNORECASE)
_LAST_ARTICLE = re.compile(r", (?:the|an?)$", re.IGNORECASE)
# "Wall-E" is also "WALLE", and "Love's Labour's Lost" also "Loves Labours Lost".
_JOINED = re.compile(r"(?<=\w)[-·*'](?=\w)")
_CREATORS = ("author", *sorted(set(CREATOR_ROLES.values())))
_ARTICLES = (("the",), ("a",), ("an",))

WHOLE, PART, WORD, PERSON = range(4)
"""How much of a title a question has: all, what is before or after its colon, one word, or only who made the work."""

Key = tuple[str, ...]
"""The words by which a title is compared."""


@dataclass(frozen=True, slots=True)
class TitleEntry:
    """A title or alias of a review, or somebody who made the work or wrote the review."""

    collection: str
    review: str
    text: str
    year: int | None = None  # the work's
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class TitleWord:
    """A word by which titles are compared, with its place in the text: `[start, end)`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A title of a table: the review's number, which of its titles and people it is, and how much of it was found."""

    owner: int
    number: int
    extent: int = WHOLE


@dataclass(frozen=True, slots=True)
class Groups:
    """The numbers that belong to each string."""

    strings: StringTable
    starts: NDArray[np.int32]  # (strings + 1,) where each string's numbers begin
    numbers: NDArray[np.int32]

    @classmethod
    def build(cls, numbers: Mapping[str, Sequence[int]]) -> Self:
        """Make the groups of each string's numbers."""
        strings = StringTable.build(numbers)
        ordered = [numbers[string] for string in strings]
        return cls(
            strings,
            np.cumsum([0, *map(len, ordered)], dtype=np.int32),
            np.array([number for group in ordered for number in group], np.int32),
        )

    def find(self, strings: Sequence[str]) -> list[list[int]]:
        """Return each string's numbers."""
        return [
            [] if position is None else self.numbers[slice(*self.starts[position : position + 2].tolist())].tolist()
            for position in self.strings.find(strings)
        ]


@dataclass(frozen=True, slots=True)
class TitleTable:
    """The titles of a collection's reviews, mapped from disk so that opening takes no time."""

    owners: NDArray[np.int32]  # (entries,) the number of the review
    numbers: NDArray[np.int32]  # (entries,) which of the review's titles and people it is
    extents: NDArray[np.int8]  # (entries,) `WHOLE`, `PART`, `WORD` or `PERSON`
    keys: Groups  # the entries of each key: its words, joined by spaces
    near: Groups  # whole titles by their two rarest words, and by these without one letter: positions in `keys`
    longest: int  # how many words the longest key has

    @classmethod
    def build(cls, titles: Iterable[Sequence[str]], people: Iterable[Sequence[str]] = ()) -> TitleTable:
        """Make the table of each review's titles, and of the people of each review, who count after its titles."""
        entries: list[Found] = []
        by_key: dict[str, list[int]] = {}
        whole: dict[str, Key] = {}
        counts: Counter[str] = Counter()

        def add(key: Key, entry: Found) -> None:
            by_key.setdefault(" ".join(key), []).append(len(entries))
            entries.append(entry)

        titles = [tuple(texts) for texts in titles]
        for owner, texts in enumerate(titles):
            of_review: set[str] = set()
            for number, text in enumerate(texts):
                forms = title_forms(text)
                for key, extent in forms.items():
                    add(key, Found(owner, number, extent))
                # The name with its article, and without.
                names = [key for key, extent in forms.items() if extent == WHOLE]
                whole |= {" ".join(key): key for key in names[:2]}
                of_review.update(*list(forms)[:1])
            counts.update(of_review)
        for owner, texts in enumerate(people):
            for number, text in enumerate(texts, start=len(titles[owner])):
                for key in person_forms(text):
                    add(key, Found(owner, number, PERSON))
        # A word that only one review's titles have may stand for it: "Pickwick".
        for joined, key in whole.items():
            for word in key if len(key) > 1 else ():
                if counts[word] == 1 and len(word) >= SHORTEST_TITLE_PART and word not in STOP_WORDS:
                    owner_numbers = [(entries[place].owner, entries[place].number) for place in by_key[joined]]
                    for owner, number in owner_numbers:
                        add((word,), Found(owner, number, WORD))
        keys = Groups.build(by_key)
        return cls(
            owners=np.array([entry.owner for entry in entries], np.int32),
            numbers=np.array([entry.number for entry in entries], np.int32),
            extents=np.array([entry.extent for entry in entries], np.int8),
            keys=keys,
            near=_near_titles(keys.strings, whole, counts),
            longest=max((key.count(" ") + 1 for key in by_key), default=0),
        )

    def find(self, keys: Sequence[str]) -> list[list[Found]]:
        """Return the titles and people of each key."""
        return [
            [Found(int(self.owners[place]), int(self.numbers[place]), int(self.extents[place])) for place in places]
            for places in self.keys.find(keys)
        ]

    def find_near(self, words: Sequence[str]) -> list[list[str]]:
        """Return, for each word, the keys of whole titles that have it, or a word one letter from it, as a rare word.

        A word that is rare in too many titles tells none of them, and finds none.
        """
        variants = [near_spellings(word) for word in words]
        found = iter(self.near.find([variant for each in variants for variant in each]))
        places = [{place for _ in each for place in next(found)} for each in variants]
        return [
            [self.keys.strings[place] for place in sorted(each)] if len(each) <= MAX_NEAR_TITLES else []
            for each in places
        ]


def near_spellings(word: str) -> tuple[str, ...]:
    """Return a word and the words that it is without one letter; none if it is too short to be misspelt.

    Two words one letter apart, or with two letters swapped, share one of these.
    """
    if len(word) < SHORTEST_NEAR_WORD:
        return ()
    return tuple(dict.fromkeys((word, *(word[:place] + word[place + 1 :] for place in range(len(word))))))


def _near_titles(keys: StringTable, whole: Mapping[str, Key], counts: Counter[str]) -> Groups:
    """Return the positions of whole titles among the keys by their two rarest words."""
    by_word: dict[str, list[int]] = {}
    for position, key in zip(keys.find(list(whole)), whole.values(), strict=True):
        content = {word for word in key if word not in STOP_WORDS and len(word) >= SHORTEST_NEAR_WORD}
        for word in sorted(content, key=lambda word: (counts[word], -len(word), word))[:2]:
            by_word.setdefault(word, []).append(position or 0)
    near: dict[str, list[int]] = {}
    for word, positions in by_word.items():
        # To read the numbers of a word that thousands of titles have would take milliseconds.
        if len(positions) <= MAX_NEAR_TITLES:
            for variant in near_spellings(word):
                near.setdefault(variant, []).extend(positions)
    return Groups.build(near)


def title_words(text: str) -> list[TitleWord]:
    """Return the words by which titles are compared, with their places in a normalised text.

    `Her's` is `Her`, "&" and "and" don't count, and numbers compare in any writing: 3, III and three, 12th and twelfth.
    """
    found = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        for word in words(token.group()):
            short = word.removesuffix("'s")
            if short != "and":
                found.append(TitleWord(NUMBER_WORDS.get(short, short), start, end - len(word) + len(short)))
    return found


def title_key(text: str) -> Key:
    """Return the words by which a title is compared; see `title_words`."""
    return tuple(word.text for word in title_words(normalise(text)))


def title_forms(title: str) -> dict[Key, int]:
    """Return the keys of the forms in which people write a title, the work's name first, and how much each has of it.

    *The Lord of the Rings: The Two Towers (2002)* is also *The Lord of the Rings*, *LOTR* and *Two Towers*.
    """
    work = work_name(title)
    name, *subtitles = _SUBTITLE.split(work)
    forms: dict[Key, int] = {}
    # The part before the colon is how people call a work.
    for text, extent in ((work, WHOLE), (title, WHOLE), (name, PART), *((subtitle, PART) for subtitle in subtitles)):
        plain = _LAST_ARTICLE.sub("", text)
        key = title_key(plain)
        short = _without_article(key)
        # "A novel" and "Part Two" are parts of many titles.
        if text in subtitles and (len(short) < 2 or not VOLUME_WORDS.isdisjoint(short)):
            continue
        joined = _without_article(title_key(_JOINED.sub("", normalise(plain))))
        numbered = tuple(
            word
            for place, word in enumerate(short, start=1)
            if not (word in VOLUME_WORDS and "".join(short[place : place + 1]).isdigit())
        )
        for form in (short, key, title_key(text), joined, numbered):
            if form:
                forms.setdefault(form, extent)
        for each in (short, key):
            if len(each) >= SHORTEST_INITIALS:
                # Initials may be a word.
                forms.setdefault(("".join(word[0] for word in each),), WORD)
    return forms


def work_name(title: str) -> str:
    """Return the name of the work in a review's title: *Suspiria* of *Review: Suspiria (2018)*."""
    return _YEAR.sub("", read_title(title).work or title)


def _without_article(key: Key) -> Key:
    return key[1:] if key[:1] in _ARTICLES and not STOP_WORDS.issuperset(key[1:]) else key


def people_of(review: Review) -> tuple[str, ...]:
    """Return who made a review's work, and who wrote the review, each once."""
    names = [name for role in _CREATORS for name in _names(review.facts.get(role))]
    return tuple(dict.fromkeys([*names, *_names(review.author)]))


def _names(fact: Fact | None) -> tuple[str, ...]:
    if isinstance(fact, str):
        return tuple(fact.split(", "))
    return fact if isinstance(fact, tuple) else ()


def person_forms(name: str) -> Iterator[Key]:
    """Yield the keys of somebody's name: the whole, and the last name if it is long enough to be no other word."""
    key = title_key(name)
    if key:
        yield key
    if len(key) > 1 and len(key[-1]) >= SHORTEST_TITLE_PART:
        yield key[-1:]
