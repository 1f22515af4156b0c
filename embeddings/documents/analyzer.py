"""Folded words and stemmed terms, by which BM25, routing and spelling compare texts."""

from __future__ import annotations

import re
import unicodedata

import Stemmer

from embeddings.lexicon import STOP_WORDS

# A run of letters and digits with its inner apostrophes. Scripts written without spaces count by character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_](?:[^\W_]|'(?=[^\W_]))*", re.UNICODE)


def fold(text: str) -> str:
    """Return `text` casefolded, without accents, and with straight apostrophes."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, stop words included."""
    return _WORD.findall(fold(text))


def terms(text: str) -> list[str]:
    """Return the stemmed words of `text` in order, without stop words."""
    content = [word for word in words(text) if word not in STOP_WORDS]
    # A stemmer has a cache that is not safe to share between threads. Making one takes microseconds.
    return list(Stemmer.Stemmer("english").stemWords(content)) if content else []
