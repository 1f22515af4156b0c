"""Titles and aliases by the words that they are compared by, to find which review a question names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.config import SHORTEST_INITIALS
from embeddings.documents.analyzer import normalise, words
from embeddings.index.string_table import StringTable
from embeddings.lexicon import NUMBER_WORDS, STOP_WORDS

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_YEAR = re.compile(r" \((?:18|19|20)\d\d\)$")
_SUBTITLE = re.compile(r": | [-–—] ")
_LAST_ARTICLE = re.compile(r", (?:the|an?)$", re.IGNORECASE)
_ARTICLES = (("the",), ("a",), ("an",))


@dataclass(frozen=True, slots=True)
class TitleEntry:
    """A title or alias of a review."""

    collection: str
    review: str
    text: str


@dataclass(frozen=True, slots=True)
class TitleWord:
    """A word by which titles are compared, with its place in the text: `[start, end)`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TitleTable:
    """The titles of a collection's reviews, mapped from disk so that opening takes no time."""

    keys: StringTable  # the keys of the titles: their words, joined by spaces
    starts: NDArray[np.int32]  # (keys + 1,) where each key's titles begin in the two arrays below
    owners: NDArray[np.int32]  # (titles,) the number of the review
    numbers: NDArray[np.int32]  # (titles,) which of the review's titles it is
    longest: int  # how many words the longest key has

    @classmethod
    def build(cls, titles: Iterable[Sequence[str]]) -> TitleTable:
        """Make the table of each review's titles."""
        by_key: dict[str, list[tuple[int, int]]] = {}
        for owner, texts in enumerate(titles):
            for number, text in enumerate(texts):
                for key in title_forms(text):
                    by_key.setdefault(" ".join(key), []).append((owner, number))
        keys = StringTable.build(by_key)
        entries = np.array([entry for key in keys for entry in by_key[key]], np.int32).reshape(-1, 2)
        return cls(
            keys=keys,
            starts=np.cumsum([0, *(len(by_key[key]) for key in keys)], dtype=np.int32),
            owners=entries[:, 0],
            numbers=entries[:, 1],
            longest=max((key.count(" ") + 1 for key in by_key), default=0),
        )

    def find(self, keys: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
        """Return, for each key, the review's number and the title's number of each title that has it."""
        found = []
        for position in self.keys.find(keys):
            span = slice(0, 0) if position is None else slice(*self.starts[position : position + 2].tolist())
            found.append(tuple(zip(self.owners[span].tolist(), self.numbers[span].tolist(), strict=True)))
        return found


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


def title_key(text: str) -> tuple[str, ...]:
    """Return the words by which a title is compared; see `title_words`."""
    return tuple(word.text for word in title_words(normalise(text)))


def title_forms(title: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of the forms in which people write a title, each once, that of the title itself first.

    *The Lord of the Rings: The Two Towers (2002)* is also *The Lord of the Rings*, *LOTR* and *Two Towers*.
    """
    whole = _YEAR.sub("", title)
    parts = [title, whole, *_SUBTITLE.split(whole)]
    keys: dict[tuple[str, ...], None] = {}
    for number, part in enumerate(parts):
        key = title_key(_LAST_ARTICLE.sub("", part))
        short = key[1:] if key[:1] in _ARTICLES and not STOP_WORDS.issuperset(key[1:]) else key
        # "A novel" is a part of many titles and questions. The part before the colon is how people call a work.
        if number > 2 and len(short) < 2:
            continue
        keys |= dict.fromkeys((title_key(part), key, short))
        if len(short) >= SHORTEST_INITIALS:
            keys["".join(word[0] for word in short),] = None
    return iter(key for key in keys if key)
