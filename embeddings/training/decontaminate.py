"""Find and remove training data that overlaps with the data that the reranker is evaluated on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from embeddings.training.examples import QuestionSet, normalise

NGRAM_WORDS = 13
"""Texts overlap if they share this many words in a row (Brown et al., 2020, appendix C)."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """The overlap of a training set with the evaluation data."""

    name: str  # the name of the set
    paragraphs: int  # the number of paragraphs that share `NGRAM_WORDS` words in a row with an evaluation text
    questions: int  # the number of questions that are also evaluation questions
    dropped: int  # the number of questions that were removed for either reason


def ngrams(text: str) -> Iterator[int]:
    """Yield a hash of each `NGRAM_WORDS` words in a row, ignoring case and punctuation."""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - NGRAM_WORDS + 1):
        yield hash(tuple(words[start : start + NGRAM_WORDS]))


def without_overlap(
    question_set: QuestionSet, seen: frozenset[int], asked: frozenset[str]
) -> tuple[QuestionSet, Overlap]:
    """Return a training set without the questions that overlap with the evaluation data, and how many these were.

    `seen` are the n-grams of the evaluation texts, `asked` the normalised evaluation questions.
    """
    paragraphs = frozenset(
        place for place, paragraph in enumerate(question_set.paragraphs) if not seen.isdisjoint(ngrams(paragraph.text))
    )
    new = [example for example in question_set.examples if normalise(example.question) not in asked]
    kept = tuple(example for example in new if example.paragraph not in paragraphs)
    total = len(question_set.examples)
    overlap = Overlap(question_set.name, len(paragraphs), total - len(new), total - len(kept))
    return replace(question_set, examples=kept), overlap


def ngrams_and_questions(
    sets: Iterable[QuestionSet], texts: Iterable[str] = (), questions: Iterable[str] = ()
) -> tuple[frozenset[int], frozenset[str]]:
    """Return the n-grams and the normalised questions of the evaluation data: sets, other texts, other questions."""
    sets = tuple(sets)
    every = (paragraph.text for question_set in sets for paragraph in question_set.paragraphs)
    asked = (example.question for question_set in sets for example in question_set.examples)
    return (
        frozenset(ngram for text in (*every, *texts) for ngram in ngrams(text)),
        frozenset(normalise(question) for question in (*asked, *questions)),
    )
