"""Misspelt words of a question, put right by the words that the reviews use.

A wrong letter in a name costs more than any ranking can win back: the encoder cuts an unknown word into pieces that
mean something else. Only words that neither the reviews nor the encoder's vocabulary know are touched, and only where
the reviews hold a word that is close.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from embeddings.lexical import fold, terms

SHORTEST = 4
"""How many letters a word has at least to be put right; shorter ones are close to too many others."""

LIKENESS = 0.72
"""How alike (1 less the share of letters to change) a word and its correction are at least."""

LIKENESS_ELSEWHERE = 0.85
"""The same where the first letter differs, which people seldom get wrong."""

CONSIDERED = 3
"""How many of the closest words may be the correction."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NAME_PAIR = re.compile(r"(?<![.!?…:“\"\n] )(?<!^)\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)")
# Short forms written without their apostrophe: meant as they stand.
_SHORT_FORMS = frozenset(
    "arent cant couldnt didnt doesnt dont hadnt hasnt havent hows isnt itll ive shes shouldnt thats theres theyre "
    "theyve wasnt werent whats whens wheres whos whys wont wouldnt youre youve".split()
)


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of a collection.

    Attributes:
        words: every word of at least `SHORTEST` letters, folded.
        names: the words that follow a capitalised word as the second part of a name, by the first; folded.
    """

    words: frozenset[str]
    names: dict[str, tuple[str, ...]]

    @classmethod
    def build(cls, texts: Iterable[str]) -> WordList:
        """Collect the words and two-part names of texts."""
        found: set[str] = set()
        names: dict[str, set[str]] = {}
        for text in texts:
            found.update(_bare(word) for word in _WORD.findall(text))
            for first, second in _NAME_PAIR.findall(text):
                names.setdefault(fold(first), set()).add(_bare(second))
        return cls(
            words=frozenset(word for word in found if len(word) >= SHORTEST),
            names={first: tuple(sorted(seconds)) for first, seconds in names.items()},
        )

    def save(self, file: Path) -> None:
        """Write the list to a file."""
        content = {"words": sorted(self.words), "names": dict(sorted(self.names.items()))}
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, file: Path) -> WordList:
        """Read what `save` wrote.

        Raises:
            OSError: the file is missing.
            ValueError: the file is not what `save` wrote.
        """
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            words=frozenset(content["words"]),
            names={first: tuple(seconds) for first, seconds in content["names"].items()},
        )


def correct(question: str, lists: Sequence[WordList], known: Callable[[str], bool]) -> str:
    """Replace the misspelt words of a question.

    Args:
        question: as it was asked.
        lists: the words of the collections that the asker sees.
        known: whether the encoder has a word whole in its vocabulary.
    """
    corrections: dict[int, str] = {}
    before = ""
    for match in _WORD.finditer(question):
        word = _bare(match.group())
        closest = _second_name(before, word, lists)
        if closest is None and _misspelt(word, lists, known):
            closest = _closest(word, lists)
        if closest is not None:
            corrections[match.start()] = closest
        before = word
    return _WORD.sub(lambda match: corrections.get(match.start(), match.group()), question)


def _second_name(first: str, word: str, lists: Sequence[WordList]) -> str | None:
    """The second part of a name whose first part stands before `word`: *keira nightly* means *knightley*."""
    seconds = [second for names in lists for second in names.names.get(first, ())]
    if not seconds or any(word in names.words for names in lists):
        return None
    found = process.extractOne(word, seconds, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=LIKENESS)
    return str(found[0]) if found else None


def _bare(word: str) -> str:
    return fold(word).removesuffix("'s")


def _misspelt(word: str, lists: Sequence[WordList], known: Callable[[str], bool]) -> bool:
    if len(word) < SHORTEST or "'" in word or word in _SHORT_FORMS or known(word) or known(word.removesuffix("s")):
        return False
    return not any(word in names.words for names in lists)


def _closest(word: str, lists: Sequence[WordList]) -> str | None:
    others = set[str]().union(*(names.words for names in lists))
    scorer = DamerauLevenshtein.normalized_similarity
    found = process.extract(word, others, scorer=scorer, limit=None, score_cutoff=LIKENESS)
    # Of words that are as close the first by alphabet: a set has another order in each process.
    for other, likeness, _ in sorted(found, key=lambda match: (-match[1], match[0]))[:CONSIDERED]:
        if terms(other) == terms(word):
            # Another form of a word that the reviews have.
            return None
        if len(word) == SHORTEST and sorted(word) != sorted(other):
            # Of four letters, one wrong makes another word; two that changed places are a slip.
            continue
        if other[0] == word[0] or likeness >= LIKENESS_ELSEWHERE:
            return str(other)
    return None
