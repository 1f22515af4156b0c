"""Normalised texts, folded words and stemmed terms, by which BM25, routing and spelling compare texts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise

import Stemmer

from embeddings.lexicon import STOP_WORDS

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

# Kana, ideographs and Hangul, whose words no spaces separate, or particles lengthen.
_CJK = (
    r"\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\U00020000-\U000323af"
)
# The scripts of South and Southeast Asia without their punctuation. Python's \w leaves out their vowel signs.
_BRAHMIC = (
    r"\u0900-\u0963\u0966-\u096f\u0971-\u0df3\u0e01-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e80-\u0eff\u1000-\u1049"
    r"\u1050-\u109f\u1780-\u17d3\u17dc-\u17e9"
)
_LETTER = rf"(?:[^\W_{_CJK}]+|[{_BRAHMIC}])"
_ASCII_WORD = re.compile(r"[a-z0-9](?:[a-z0-9]|'(?=[a-z0-9]))*")
_CJK_RUN = re.compile(rf"[{_CJK}]{{2,}}")


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a run of characters without spaces, or of letters and digits with its inner apostrophes."""
    # Compiled when a text needs it, which takes longer than the rest of this module.
    return re.compile(rf"[{_CJK}]+|{_LETTER}(?:{_LETTER}|'(?={_LETTER}))*")


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
    return [
        part
        for word in _word().findall(folded)
        for part in (map("".join, pairwise(word)) if _CJK_RUN.match(word) else (word,))
    ]


def terms(text: str) -> list[str]:
    """Return the stemmed words of `text` in order, without stop words."""
    content = [word for word in words(text) if word not in STOP_WORDS]
    # A stemmer has a cache that is not safe to share between threads. Making one takes microseconds.
    return list(Stemmer.Stemmer("english").stemWords(content)) if content else []


def has_cjk(text: str) -> bool:
    """Return True if `text` has two characters of a script without spaces side by side."""
    return not text.isascii() and _CJK_RUN.search(text) is not None
