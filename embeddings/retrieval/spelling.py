"""Correct the misspelt words of a question by the words of the reviews.

No ranking makes up for a wrong letter in a name: the encoder cuts an unknown word into pieces with another meaning.
Only words that neither the reviews nor the encoder know are corrected, and only to a close word of the reviews.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from embeddings.config import (
    SPELLING_CANDIDATES,
    SPELLING_FIRST_LETTER_SIMILARITY,
    SPELLING_MIN_LETTERS,
    SPELLING_SIMILARITY,
)
from embeddings.documents.analyzer import ENGLISH, has_unspaced, likeliest_language, terms
from embeddings.index.vocabulary import WORD, Vocabulary, fold_word
from embeddings.lexicon import STOP_WORDS


def correct(
    question: str,
    vocabularies: Sequence[Vocabulary],
    is_known: Callable[[str], bool],
    languages: Sequence[str] = (),
    has_term: Callable[[str], bool] = lambda _: True,
    titles: Collection[tuple[int, int]] = (),
) -> str:
    """Return a question with its misspelt words replaced by words of the visible collections.

    Args:
        question: as `check_question` returns it.
        vocabularies: the words of the collections.
        is_known: returns True if a word is a single token of the encoder.
        languages: those of the reviews but English. A question in one of them takes only words of its reviews.
        has_term: returns True if the reviews have a term.
        titles: where the question has titles, `[start, end)`, whose words stay as they are.
    """
    language = likeliest_language(question, languages)

    def may_replace(other: str) -> bool:
        return language == ENGLISH or all(map(has_term, terms(other, language)))

    def is_form(word: str, other: str) -> bool:
        return any(terms(word, language) == terms(other, language) for language in (ENGLISH, *languages))

    corrections: dict[int, str] = {}
    before = ""
    for match in WORD.finditer(question):
        word = fold_word(match.group())
        correction = _second_name(before, word, vocabularies)
        if correction is None and _is_misspelt(word, vocabularies, is_known):
            correction = _closest(word, vocabularies, may_replace, is_form)
        if correction is not None and not any(start <= match.start() < end for start, end in titles):
            corrections[match.start()] = correction
        before = word
    return WORD.sub(lambda match: corrections.get(match.start(), match.group()), question)


def _second_name(first: str, word: str, vocabularies: Sequence[Vocabulary]) -> str | None:
    """Return the second part of a name whose first part is before `word`: *keira nightly* means *knightley*."""
    seconds = [second for vocabulary in vocabularies for second in vocabulary.seconds_after(first)]
    # Vocabularies have no short words, so these are not among them: a function word, or the second name itself.
    is_right = word in STOP_WORDS or word in seconds or any(word in vocabulary for vocabulary in vocabularies)
    if not seconds or is_right:
        return None
    found = process.extractOne(
        word, seconds, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=SPELLING_SIMILARITY
    )
    return str(found[0]) if found else None


def _is_misspelt(word: str, vocabularies: Sequence[Vocabulary], is_known: Callable[[str], bool]) -> bool:
    # A run of a script without spaces is no word.
    if len(word) < SPELLING_MIN_LETTERS or "'" in word or has_unspaced(word):
        return False
    if is_known(word) or is_known(word.removesuffix("s")):
        return False
    return not any(word in vocabulary for vocabulary in vocabularies)


def _closest(
    word: str,
    vocabularies: Sequence[Vocabulary],
    may_replace: Callable[[str], bool],
    is_form: Callable[[str, str], bool],
) -> str | None:
    others = {other for vocabulary in vocabularies for other in vocabulary.candidates(word)}
    scorer = DamerauLevenshtein.normalized_similarity
    found = process.extract(word, others, scorer=scorer, limit=None, score_cutoff=SPELLING_SIMILARITY)
    # Equally close words in alphabetical order, because a set's order differs between processes.
    for other, similarity, _ in sorted(found, key=lambda match: (-match[1], match[0]))[:SPELLING_CANDIDATES]:
        if is_form(word, other):
            # Another form of a word of the reviews is no mistake.
            return None
        if len(word) == SPELLING_MIN_LETTERS and sorted(word) != sorted(other):
            # A wrong letter of four makes another word. Two swapped letters are a slip.
            continue
        if not may_replace(other):
            continue
        if other[0] == word[0] or similarity >= SPELLING_FIRST_LETTER_SIMILARITY:
            return str(other)
    return None
