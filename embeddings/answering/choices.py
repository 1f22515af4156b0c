"""Whether it is clear which of several reviews a question is about that names none, and the reviews to choose from.

Names and rare words make it clear: "who is Sam Weller". "How does it end?" fits any review.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from embeddings.answering.quotes import choose_quotes
from embeddings.config import CLEAR_COSINE_LEAD, CLEAR_WORDS, MAX_CHOICES, MAX_QUOTES, SMALL_SHELF_REVIEWS
from embeddings.documents.analyzer import term_forms
from embeddings.records import Choice, Quote
from embeddings.retrieval.fusion import RankedSentence
from embeddings.retrieval.query import Query
from embeddings.retrieval.retriever import Candidates, Scope, languages_of

_NAME = re.compile(r"(?<=[^\W\d_][ ,;])[A-ZÀ-ÖØ-Þ][^\W\d_]+|(?<=[^\W\d_], )[A-ZÀ-ÖØ-Þ][^\W\d_]+")


def is_clear(query: Query, candidates: Sequence[Candidates]) -> bool:
    """Return True if a question's words, or how close one review is, tell which of all reviews it is about."""
    scopes = [part.scope for part in candidates]
    total = sum(len(scope.reviews) for scope in scopes)

    def share(forms: Sequence[str]) -> float:
        return sum(_reviews_with(scope, forms) for scope in scopes) / total

    names = term_forms(" ".join(_NAME.findall(query.text)), languages_of(scope.index for scope in scopes))
    # A name that half of the reviews have, such as their author's, tells none.
    if any(share(forms) <= 0.5 for forms in names):
        return True
    shares = [found for forms in query.search.words if (found := share(forms))]
    # If words were spread by chance, so many logarithms of the number of reviews would leave one review.
    needed = CLEAR_WORDS if total >= SMALL_SHELF_REVIEWS else 1.0
    return -sum(map(math.log, shares)) >= needed * math.log(total) or _lead(candidates) >= CLEAR_COSINE_LEAD


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


def _reviews_with(scope: Scope, forms: Sequence[str]) -> int:
    rows = [scope.index.passage_terms.texts_with((form,), *scope.passages) for form in forms]
    return len(np.unique(scope.index.passage_table["review"][np.concatenate(rows)]))


def _lead(candidates: Sequence[Candidates]) -> float:
    """Return how much closer the closest review's best sentence is than the best one of any other review."""
    best: list[float] = [0.0, 0.0]
    for part in candidates:
        owners = part.index.passage_table["review"][part.passages][part.owner]
        closest = np.zeros(len(part.index.entry.reviews), np.float32)
        np.maximum.at(closest, owners, part.sentence_cosine)
        best.extend(np.sort(closest)[-2:].tolist())
    first, second = sorted(best)[-1:-3:-1]
    return first - second
