"""Every review that has some words, each with the first of its sentences that has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embeddings.documents.analyzer import ENGLISH, terms, words
from embeddings.index.collection import CollectionIndex
from embeddings.metadata.table import ReviewTable
from embeddings.records import Quote


def find_mentions(table: ReviewTable, wanted: str) -> dict[int, Quote]:
    """Return the numbers of the reviews that have all the words in a row, in one sentence, each with that sentence.

    Words compare without case, accents, possessives and the plural's s. Of several sentences it is the first of the
    reviewer's own, or the first if the reviewer quotes all of them.
    """
    sought = [_bare(word) for word in words(wanted)]
    found: dict[int, Quote] = {}
    for part, index in enumerate(table.indexes):
        # The terms of a review are those of its language.
        rows = np.unique(np.concatenate([_rows(index, wanted, language) for language in (ENGLISH, *index.languages)]))
        reviews = index.passage_table["review"][index.sentence_table["passage"][rows]]
        quoted: dict[int, Quote] = {}
        for row, review in zip(rows.tolist(), reviews.tolist(), strict=True):
            number = table.number(part, review)
            if number in found or not _has(index.sentence(row), sought):
                continue
            quote = index.quote(row, row, label=len(found) + len(quoted) + 1, score=1.0)
            is_quoted = index.review(quote.review).is_quoted(quote.start, quote.end)
            (quoted if is_quoted else found).setdefault(number, quote)
        found |= {number: quote for number, quote in quoted.items() if number not in found}
    return dict(sorted(found.items()))


def _rows(index: CollectionIndex, wanted: str, language: str) -> NDArray[np.int32]:
    content = tuple(dict.fromkeys(terms(wanted, language)))
    return index.sentence_terms.texts_with(content, 0, len(index.sentence_table))


def _has(text: str, sought: list[str]) -> bool:
    own = [_bare(word) for word in words(text)]
    return any(own[start : start + len(sought)] == sought for start in range(len(own) - len(sought) + 1))


def _bare(word: str) -> str:
    word = word.removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
