"""TBD."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from embeddings.config import SPELLING_MIN_LETTERS, SPELLING_SIMILARITY
from embeddings.documents.analyzer import fold
from embeddings.index.arrays import Arrays, open_arrays, save_arrays, with_prefix, without_prefix
from embeddings.index.string_table import StringTable

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


_NAME_PAIR = re.compile(r"(?<![.!?…:“\"\n] )(?<!^)\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)")


_Key = TypeVar("_Key")


class WordCounts:
    """Counts the words and the two-part names of texts."""

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.names: Counter[tuple[str, str]] = Counter()

    def add(self, text: str) -> None:
        """Count those of a further text."""
        # As they are written: each way of writing is folded once, at the end.
        self.words.update(WORD.findall(text))
        self.names.update(_NAME_PAIR.findall(text))

    def change(self, more: WordCounts, fewer: WordCounts) -> None:
        """Add the counts of some texts and take away those of others."""
        _change(self.words, more.words, fewer.words)
        _change(self.names, more.names, fewer.names)

    def folded(self) -> WordCounts:
        """The same counts by folded words, those of fewer than `SPELLING_MIN_LETTERS` letters left out."""
        folded = WordCounts()
        for word, count in self.words.items():
            bare = fold_word(word)
            if len(bare) >= SPELLING_MIN_LETTERS:
                folded.words[bare] += count
        for (first, second), count in self.names.items():
            folded.names[fold(first), fold_word(second)] += count
        return folded


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a collection.

    Attributes:
        words: every word of at least `SPELLING_MIN_LETTERS` letters, folded.
        counts: (words,) how often each is written.
        lengths: (words,) how many letters each has.
        letters: (words,) which letters each has: a bit for each, by code point modulo 64.
        names: two-part names, folded: the first part, a line feed, the second part.
        name_counts: (names,) how often each is written.
        firsts: the first parts, each with the ranges of `seconds` that go with it by `second_starts`.
        second_starts: (firsts + 1,).
        seconds: (names,) places in `names`, by first part, then by the second part's alphabet.
    """

    words: StringTable
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    letters: NDArray[np.uint64]
    names: StringTable
    name_counts: NDArray[np.int32]
    firsts: StringTable
    second_starts: NDArray[np.int32]
    seconds: NDArray[np.int32]

    @classmethod
    def build(cls, texts: Iterable[str]) -> Vocabulary:
        """Collect the words and two-part names of texts."""
        counted = WordCounts()
        for text in texts:
            counted.add(text)
        return cls.of(counted.folded())

    @classmethod
    def of(cls, folded: WordCounts) -> Vocabulary:
        """The list of folded words that have been counted."""
        words = StringTable.build(folded.words)
        found = list(words)
        names = StringTable.build("\n".join(pair) for pair in folded.names)
        pairs = [_pair(name) for name in names]
        firsts = StringTable.build(first for first, _ in pairs)
        first_of = firsts.places([first for first, _ in pairs])
        by_first = sorted(range(len(pairs)), key=lambda place: (first_of[place] or 0, pairs[place][1]))
        return cls(
            words=words,
            counts=np.array([folded.words[word] for word in found], np.int32),
            lengths=np.array([len(word) for word in found], np.int32),
            letters=np.array([_letters(word) for word in found], np.uint64),
            names=names,
            name_counts=np.array([folded.names[pair] for pair in pairs], np.int32),
            firsts=firsts,
            second_starts=np.searchsorted(
                [first_of[place] or 0 for place in by_first], np.arange(len(firsts) + 1)
            ).astype(np.int32),
            seconds=np.array(by_first, np.int32),
        )

    def to_counts(self) -> WordCounts:
        """What the list was made of."""
        counted = WordCounts()
        counted.words.update(dict(zip(self.words, self.counts.tolist(), strict=True)))
        counted.names.update(dict(zip(map(_pair, self.names), self.name_counts.tolist(), strict=True)))
        return counted

    def save(self, file: Path) -> None:
        """Write the list to a file.

        Raises:
            OSError: it can't be written.
        """
        arrays: Arrays = {part: getattr(self, part) for part in _ARRAYS}
        for part in _TABLES:
            arrays |= with_prefix(part, getattr(self, part).arrays())
        save_arrays(file, arrays)

    @classmethod
    def open(cls, file: Path) -> Vocabulary:
        """Open what `save` wrote; it is mapped, not read.

        Raises:
            OSError: the file is missing.
            LookupError, ValueError: it is not what `save` wrote.
        """
        arrays = open_arrays(file)
        words, names, firsts = (StringTable.of(without_prefix(part, arrays)) for part in _TABLES)
        counts, lengths, letters, name_counts, second_starts, seconds = (arrays[part] for part in _ARRAYS)
        return cls(words, counts, lengths, letters, names, name_counts, firsts, second_starts, seconds)

    def __contains__(self, word: str) -> bool:
        return self.words.place(word) is not None

    def seconds_after(self, first: str) -> tuple[str, ...]:
        """The words that follow a capitalised word as the second part of a name."""
        place = self.firsts.place(first)
        if place is None:
            return ()
        low, high = int(self.second_starts[place]), int(self.second_starts[place + 1])
        return tuple(_pair(self.names.key(int(name)))[1] for name in self.seconds[low:high])

    def candidates(self, word: str) -> Iterator[str]:
        """Every word that may be as like `word` as `SPELLING_SIMILARITY` asks for; few others.

        Each change of a letter changes at most two of the letters that a word has. So nothing is lost by leaving out
        the words that have more other letters than so many changes make.
        """
        changes = np.maximum(self.lengths, len(word)) * (1 - SPELLING_SIMILARITY) + _ROUNDING
        others = np.bitwise_count(self.letters ^ np.uint64(_letters(word)))
        likely = (others <= 2 * np.floor(changes)) & (np.abs(self.lengths - len(word)) <= changes)
        return (self.words.key(int(place)) for place in np.flatnonzero(likely))


_TABLES = ("words", "names", "firsts")


_ARRAYS = ("counts", "lengths", "letters", "name_counts", "second_starts", "seconds")


# What a share of letters may differ by from the number that it was made of.
_ROUNDING = 1e-6


def _change(counts: Counter[_Key], more: Counter[_Key], fewer: Counter[_Key]) -> None:
    counts.update(more)
    counts.subtract(fewer)
    for key in fewer:
        if counts[key] <= 0:
            del counts[key]


def fold_word(word: str) -> str:
    """Return a word folded, without a possessive `'s`."""
    return fold(word).removesuffix("'s")


def _pair(name: str) -> tuple[str, str]:
    first, _, second = name.partition("\n")
    return first, second


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << ord(letter) % 64
    return bits
