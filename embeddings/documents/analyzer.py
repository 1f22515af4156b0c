"""Normalised texts, folded words and stemmed terms, by which BM25, routing and spelling compare texts.

Terms of another language than English begin with its code, `de:haus`, so one table holds the terms of all languages. A
question is searched by the terms that its words have in each language of the reviews.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise

import Stemmer

from embeddings.lexicon import STOP_WORDS

ENGLISH = "en"

Forms = tuple[str, ...]
"""The terms that one word of a question has in English and in other languages."""

_APOSTROPHES = "‘’‛′´ʹʻʼꞌ＇"
_DASHES = "‐‑‒–—―−﹘﹣－"
# Characters that nobody sees: soft hyphens, joiners, directions, tags, and the choice between emoji and text.
_INVISIBLE: dict[int, str | None] = dict.fromkeys(
    (
        *(0xAD, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)),
        *(*range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080)),
    )
)
_UNIFIED = _INVISIBLE | dict.fromkeys(map(ord, _APOSTROPHES), "'") | dict.fromkeys(map(ord, _DASHES), "-")

# Accents, and the vowel points of Hebrew and Arabic. Other combining signs make another letter, such as が of か.
_ACCENT = re.compile(
    r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)

# Kana, ideographs, Hangul, Thai, Lao, Burmese and Khmer, whose words no spaces separate, or particles lengthen.
_UNSPACED = (
    r"\u0e01-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e80-\u0eff\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17dc-\u17e9"
    r"\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\U00020000-\U000323af"
)
# The scripts of South Asia without their punctuation. Python's \w leaves out their vowel signs.
_BRAHMIC = r"\u0900-\u0963\u0966-\u096f\u0971-\u0df3"
_LETTER = rf"(?:[^\W_{_UNSPACED}]+|[{_BRAHMIC}])"
_ASCII_WORD = re.compile(r"[a-z0-9](?:[a-z0-9]|'(?=[a-z0-9]))*")
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]{{2,}}")


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a run of characters without spaces, or of letters and digits with its inner apostrophes."""
    # Compiled when a text needs it, which takes longer than the rest of this module.
    return re.compile(rf"[{_UNSPACED}]+|{_LETTER}(?:{_LETTER}|'(?={_LETTER}))*")


def compose(text: str) -> str:
    """Return `text` in NFC and without invisible characters: what a model reads of a review."""
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_INVISIBLE))


def normalise(text: str) -> str:
    """Return `text` composed and with one kind of apostrophe and dash: a question, or what it is matched with.

    Models read the dashes of a review as written, because they mean different things to them.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_UNIFIED))


def fold(text: str) -> str:
    """Return `text` normalised, casefolded and without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNIFIED))
    # Again, because a character such as ŉ has an apostrophe in it.
    return unicodedata.normalize("NFC", _ACCENT.sub("", decomposed).translate(_UNIFIED).casefold())


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, stop words included.

    Scripts without spaces have no words to see. Of them, any two neighbouring characters are a word, as for Lucene's
    CJK analyser, and a single character between others is one.
    """
    folded = fold(text)
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    return _split(folded)


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """Return the stemmed words of `text` in order, without stop words."""
    if language != ENGLISH:
        return Analyzer(language).terms(text)
    content = [word for word in words(text) if word not in STOP_WORDS]
    # A stemmer has a cache that is not safe to share between threads. Making one takes microseconds.
    return list(Stemmer.Stemmer(ENGLISH).stemWords(content)) if content else []


def term_forms(text: str, languages: Sequence[str]) -> tuple[Forms, ...]:
    """Return the distinct terms of a question, each with the terms of the same word in other `languages`.

    Function words of the question's language have none.
    """
    if not languages:
        return tuple((term,) for term in dict.fromkeys(terms(text)))
    left_out = stop_words(likeliest_language(text, languages))
    others = [Analyzer(language) for language in languages]
    forms = (
        (*terms(word), *(form for analyzer in others for form in analyzer.terms(word)))
        for word in _cased_words(text)
        if fold(word) not in left_out
    )
    return tuple(dict.fromkeys(form for form in forms if form))


def likeliest_language(question: str, languages: Sequence[str]) -> str:
    """Return the one of `languages` of which a question has the most function words, English if no other has more."""
    asked = words(question)
    return max((ENGLISH, *languages), key=lambda language: sum(word in stop_words(language) for word in asked))


class Analyzer:
    """Makes the terms of one language. Threads may not share it, because its stemmer has a cache.

    Words keep their accents until they are stemmed, because endings have them (*aimé*). A language without a stemmer
    keeps its words as they are.
    """

    def __init__(self, language: str) -> None:
        self._is_english = language == ENGLISH
        self._prefix = f"{language}:"
        self._stop_words = stop_words(language)
        self._stem: Callable[[str], str] = str
        with suppress(KeyError):
            self._stem = Stemmer.Stemmer(language).stemWord

    def words(self, text: str) -> list[str]:
        """Return the words that `term` takes."""
        if self._is_english:
            return words(text)
        # Of "l'histoire" and "dell'arte" the part behind the apostrophe is the word.
        return [part for word in _cased_words(text) for part in word.split("'") if part]

    def term(self, word: str) -> str | None:
        """Return the term of a word, None for a stop word."""
        if self._is_english:
            return None if word in self._stop_words else self._stem(word)
        return None if fold(word) in self._stop_words else f"{self._prefix}{fold(self._stem(word))}"

    def terms(self, text: str) -> list[str]:
        """Return the terms of `text` in order."""
        return [term for word in self.words(text) if (term := self.term(word)) is not None]


def stop_words(language: str) -> frozenset[str]:
    """Return the folded function words of a language, none if nobody has listed them."""
    return STOP_WORDS if language == ENGLISH else _foreign_stop_words(language)


@cache
def _foreign_stop_words(language: str) -> frozenset[str]:
    # Imported for the languages that need it.
    from stop_words import StopWordError, get_stop_words

    try:
        return frozenset(map(fold, get_stop_words({"no": "nb"}.get(language, language))))
    except StopWordError:
        return frozenset()


def has_unspaced(text: str) -> bool:
    """Return True if `text` has two characters of a script without spaces side by side."""
    return not text.isascii() and _UNSPACED_RUN.search(text) is not None


def _split(text: str) -> list[str]:
    """Return the words of a text without capitals."""
    return [
        part
        for word in _word().findall(text)
        for part in (map("".join, pairwise(word)) if _UNSPACED_RUN.match(word) else (word,))
    ]


def _cased_words(text: str) -> list[str]:
    """Return the words of a text in lower case, with their accents."""
    return _split(unicodedata.normalize("NFKC", text.translate(_UNIFIED)).translate(_UNIFIED).casefold())
