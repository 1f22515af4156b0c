"""Misspelt words of a question, put right by the words that the reviews use.

A wrong letter in a name costs more than any ranking can win back: the encoder cuts an unknown word into pieces that
mean something else. Only words that neither the reviews nor the encoder's vocabulary know are touched, and only where
the reviews hold a word that is close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from embeddings.config import (
    SPELLING_CANDIDATES,
    SPELLING_FIRST_LETTER_SIMILARITY,
    SPELLING_MIN_LETTERS,
    SPELLING_SIMILARITY,
)
from embeddings.documents.analyzer import terms
from embeddings.index.vocabulary import WORD, Vocabulary, fold_word
from embeddings.lexicon import SHORT_FORMS


def correct(question: str, lists: Sequence[Vocabulary], known: Callable[[str], bool]) -> str:
    """Replace the misspelt words of a question.

    Args:
        question: as it was asked.
        lists: the words of the collections that the asker sees.
        known: whether the encoder has a word whole in its vocabulary.
    """
    corrections: dict[int, str] = {}
    before = ""
    for match in WORD.finditer(question):
        word = fold_word(match.group())
        closest = _second_name(before, word, lists)
        if closest is None and _misspelt(word, lists, known):
            closest = _closest(word, lists)
        if closest is not None:
            corrections[match.start()] = closest
        before = word
    return WORD.sub(lambda match: corrections.get(match.start(), match.group()), question)


def _second_name(first: str, word: str, lists: Sequence[Vocabulary]) -> str | None:
    """The second part of a name whose first part stands before `word`: *keira nightly* means *knightley*."""
    seconds = [second for names in lists for second in names.seconds_after(first)]
    if not seconds or any(word in names for names in lists):
        return None
    found = process.extractOne(
        word, seconds, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=SPELLING_SIMILARITY
    )
    return str(found[0]) if found else None


def _misspelt(word: str, lists: Sequence[Vocabulary], known: Callable[[str], bool]) -> bool:
    if (
        len(word) < SPELLING_MIN_LETTERS
        or "'" in word
        or word in SHORT_FORMS
        or known(word)
        or known(word.removesuffix("s"))
    ):
        return False
    return not any(word in names for names in lists)


def _closest(word: str, lists: Sequence[Vocabulary]) -> str | None:
    others = {other for names in lists for other in names.candidates(word)}
    scorer = DamerauLevenshtein.normalized_similarity
    found = process.extract(word, others, scorer=scorer, limit=None, score_cutoff=SPELLING_SIMILARITY)
    # Of words that are as close the first by alphabet: a set has another order in each process.
    for other, likeness, _ in sorted(found, key=lambda match: (-match[1], match[0]))[:SPELLING_CANDIDATES]:
        if terms(other) == terms(word):
            # Another form of a word that the reviews have.
            return None
        if len(word) == SPELLING_MIN_LETTERS and sorted(word) != sorted(other):
            # Of four letters, one wrong makes another word; two that changed places are a slip.
            continue
        if other[0] == word[0] or likeness >= SPELLING_FIRST_LETTER_SIMILARITY:
            return str(other)
    return None
