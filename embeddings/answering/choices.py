"""How likely a question that names no review is about the one that is quoted, and the reviews to choose from.

Rare words and a clear lead tell: "who is Miss Flite". "How does it end?" fits any review.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from embeddings.answering.quotes import choose_quotes
from embeddings.config import (
    MAX_CHOICES,
    MAX_QUOTES,
    REVIEW_INTERCEPT,
    REVIEW_LEAD_WEIGHT,
    REVIEW_WORDS_LIMIT,
    REVIEW_WORDS_WEIGHT,
)
from embeddings.documents.analyzer import terms
from embeddings.index.collection import CollectionIndex
from embeddings.index.manifest import IndexedReview
from embeddings.lexicon import GENERAL_WORDS
from embeddings.records import Choice, Quote
from embeddings.retrieval.fusion import RankedSentence
from embeddings.retrieval.query import Query
from embeddings.retrieval.retriever import Candidates, Scope

_GENERAL_TERMS = frozenset(terms(" ".join(GENERAL_WORDS)))


def review_probability(query: Query, candidates: Sequence[Candidates], quoted: Quote) -> float:
    """Return the probability, in [0, 1], that a question which names no review is about the one that is quoted.

    By a logistic curve of two signs: how few reviews have the words of the question that this one has, and how much
    closer its best sentence is than that of any other review, which is negative if another is closer.
    """
    own = _copies(candidates, quoted)
    total = sum(len(part.scope.reviews) for part in candidates) + 1 - sum(map(len, own))
    information = 0.0
    for forms in query.search.words:
        if not _GENERAL_TERMS.isdisjoint(forms):
            continue
        having = [_reviews_with(part.scope, forms) for part in candidates]
        copies = sum(int(np.isin(numbers, found).sum()) for numbers, found in zip(own, having, strict=True))
        if copies:
            information += math.log(total / (sum(map(len, having)) + 1 - copies))
    # Were words spread by chance, so much information would leave one review.
    words = min(max(information - math.log(total), -REVIEW_WORDS_LIMIT), REVIEW_WORDS_LIMIT)
    logit = REVIEW_INTERCEPT + REVIEW_WORDS_WEIGHT * words + REVIEW_LEAD_WEIGHT * _lead(candidates, own)
    return 1.0 if total == 1 else 1 / (1 + math.exp(-logit))


def choices(sentences: Sequence[RankedSentence]) -> tuple[Choice, ...]:
    """Return the reviews of the best sentences, best first, each with its best quote."""
    by_review: dict[tuple[str, str], list[RankedSentence]] = {}
    texts: set[str] = set()
    for sentence in sentences:
        text = sentence.index.sentence(sentence.row)
        if text in texts:
            # The same review may be in two collections.
            continue
        texts.add(text)
        index = sentence.index
        passage = index.passage_table[index.sentence_table[sentence.row]["passage"]]
        slug = index.entry.reviews[int(passage["review"])].slug
        by_review.setdefault((index.entry.name, slug), []).append(sentence)
    best = (choose_quotes(own)[0] for own in list(by_review.values())[:MAX_CHOICES])
    return tuple(Choice(quote.review, quote.title, quote.collection, quote) for quote in best)


def quote_of_each(found: Sequence[Choice]) -> tuple[Quote, ...]:
    """Return one quote of each review, numbered in their order."""
    quotes = [choice.quote for choice in found[:MAX_QUOTES] if choice.quote is not None]
    return tuple(replace(quote, label=label) for label, quote in enumerate(quotes, start=1))


def _copies(candidates: Sequence[Candidates], quoted: Quote) -> list[list[int]]:
    """Return the numbers of the quoted review in each collection: the same review may be in two of them."""
    found = [(part.index, part.index.entry_of(quoted.review)) for part in candidates]

    def texts(index: CollectionIndex, entry: IndexedReview) -> list[list[int]]:
        digests: list[list[int]] = index.digests_by_kind[2][slice(*entry.passages)].tolist()
        return digests

    own = next(texts(index, entry) for index, entry in found if entry and index.entry.name == quoted.collection)
    return [
        [index.reviews_in(entry.passages).start] if entry and texts(index, entry) == own else []
        for index, entry in found
    ]


def _reviews_with(scope: Scope, forms: Sequence[str]) -> NDArray[np.int32]:
    """Return the numbers of the reviews that have one of a word's forms."""
    rows = [scope.index.passage_terms.texts_with((form,), *scope.passages) for form in forms]
    numbers: NDArray[np.int32] = np.unique(scope.index.passage_table["review"][np.concatenate(rows)])
    return numbers


def _lead(candidates: Sequence[Candidates], own: Sequence[Sequence[int]]) -> float:
    """Return how much closer a review's best sentence is than the best one of any other review, in cosine."""
    best, other = 0.0, 0.0
    for part, numbers in zip(candidates, own, strict=True):
        owners = part.index.passage_table["review"][part.passages][part.owner]
        is_own = np.isin(owners, numbers)
        best = max(best, float(part.sentence_cosine[is_own].max(initial=0.0)))
        other = max(other, float(part.sentence_cosine[~is_own].max(initial=0.0)))
    return best - other
