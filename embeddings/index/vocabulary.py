"""The words and two-part names of a collection, by which misspelt questions are corrected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.config import SPELLING_MIN_LETTERS, SPELLING_SIMILARITY
from embeddings.documents.analyzer import fold, normalise
from embeddings.index.string_table import StringTable

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
"""A word as it is written, without digits."""

_NAME_PAIR = re.compile(r"(?<![.!?…:“\"\n] )(?<!^)\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)")
# The error of a number of letters computed from a share.
_ROUNDING = 1e-6


class WordCounts:
    """How often words and two-part names are written."""

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.names: Counter[tuple[str, str]] = Counter()

    def add(self, text: str) -> None:
        """Count the words and names of a text."""
        text = normalise(text)
        # Unfolded: `folded` folds each spelling once.
        self.words.update(WORD.findall(text))
        self.names.update(_NAME_PAIR.findall(text))

    def change(self, added: WordCounts, removed: WordCounts) -> None:
        """Add the counts of some texts and subtract those of others."""
        self.words = self.words + added.words - removed.words
        self.names = self.names + added.names - removed.names

    def folded(self) -> WordCounts:
        """Return the counts by folded words, without words that are too short to correct."""
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
    """The words of a collection."""

    words: StringTable  # every word of at least `SPELLING_MIN_LETTERS` letters, folded
    counts: NDArray[np.int32]  # (words,) how often each is written
    lengths: NDArray[np.int32]  # (words,) how many letters each has
    letters: NDArray[np.uint64]  # (words,) which letters each has: one bit per letter, by code point modulo 64
    names: StringTable  # two-part names, folded: the first part, a line feed, the second part
    name_counts: NDArray[np.int32]  # (names,) how often each is written
    firsts: StringTable  # the first parts of names
    second_starts: NDArray[np.int32]  # (firsts + 1,) where each first part's names begin in `seconds`
    seconds: NDArray[np.int32]  # (names,) positions in `names`, by first part, then alphabetically by second part

    @classmethod
    def from_counts(cls, folded: WordCounts) -> Vocabulary:
        """Make the vocabulary of folded counts."""
        words = StringTable.build(folded.words)
        spellings = list(words)
        names = StringTable.build("\n".join(pair) for pair in folded.names)
        pairs = [_pair(name) for name in names]
        firsts = StringTable.build(first for first, _ in pairs)
        first_of = firsts.find([first for first, _ in pairs])
        by_first = sorted(range(len(pairs)), key=lambda name: (first_of[name] or 0, pairs[name][1]))
        ordered_firsts = [first_of[name] or 0 for name in by_first]
        return cls(
            words=words,
            counts=np.array([folded.words[word] for word in spellings], np.int32),
            lengths=np.array([len(word) for word in spellings], np.int32),
            letters=np.array([_letters(word) for word in spellings], np.uint64),
            names=names,
            name_counts=np.array([folded.names[pair] for pair in pairs], np.int32),
            firsts=firsts,
            second_starts=np.searchsorted(ordered_firsts, np.arange(len(firsts) + 1)).astype(np.int32),
            seconds=np.array(by_first, np.int32),
        )

    def to_counts(self) -> WordCounts:
        """Return the folded counts that the vocabulary was made from."""
        counts = WordCounts()
        counts.words.update(dict(zip(self.words, self.counts.tolist(), strict=True)))
        counts.names.update(dict(zip(map(_pair, self.names), self.name_counts.tolist(), strict=True)))
        return counts

    def __contains__(self, word: str) -> bool:
        return self.words.find((word,)) != [None]

    def seconds_after(self, first: str) -> tuple[str, ...]:
        """Return the words that follow a capitalized word as the second part of a name."""
        (position,) = self.firsts.find((first,))
        if position is None:
            return ()
        low, high = self.second_starts[position : position + 2].tolist()
        return tuple(_pair(self.names[name])[1] for name in self.seconds[low:high].tolist())

    def candidates(self, word: str) -> Iterator[str]:
        """Yield every word that may be as similar to `word` as `SPELLING_SIMILARITY` requires, and few others.

        Changing a letter changes at most two of the letters that a word has, so a word with more other letters is out.
        """
        changes = np.maximum(self.lengths, len(word)) * (1 - SPELLING_SIMILARITY) + _ROUNDING
        others = np.bitwise_count(self.letters ^ np.uint64(_letters(word)))
        likely = (others <= 2 * np.floor(changes)) & (np.abs(self.lengths - len(word)) <= changes)
        return (self.words[position] for position in np.flatnonzero(likely).tolist())


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
