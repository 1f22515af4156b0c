"""Whether texts that the reranker is judged by stand in what it learns from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from embeddings.training.examples import QuestionSet

RUN = 13
"""So many words in a row are taken for the same text, as Brown et al. (2020, appendix C) took them."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a set shares with the texts that the reranker is judged by.

    Attributes:
        name: the set.
        paragraphs: the places of its paragraphs that share `RUN` words in a row with one of those texts.
        questions: how many of its questions are asked there word for word.
        dropped: how many of its questions are left out for either reason.
    """

    name: str
    paragraphs: tuple[int, ...]
    questions: int
    dropped: int


def runs(text: str) -> Iterator[int]:
    """A hash of each `RUN` words in a row, case and punctuation aside."""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - RUN + 1):
        yield hash(tuple(words[start : start + RUN]))


def key(question: str) -> str:
    """A question without case and punctuation."""
    return " ".join(_WORD.findall(question.lower()))


def find_overlap(given: QuestionSet, seen: frozenset[int], asked: frozenset[str]) -> Overlap:
    """What `given` shares.

    Args:
        given: a set to train on.
        seen: the runs of the texts that the reranker is judged by.
        asked: the keys of the questions that it is judged by.
    """
    paragraphs = frozenset(
        place for place, paragraph in enumerate(given.paragraphs) if not seen.isdisjoint(runs(paragraph.text))
    )
    same = [example for example in given.examples if key(example.question) in asked]
    dropped = [
        example for example in given.examples if example.paragraph in paragraphs or key(example.question) in asked
    ]
    return Overlap(given.name, tuple(sorted(paragraphs)), len(same), len(dropped))


def without_overlap(given: QuestionSet, overlap: Overlap, asked: frozenset[str]) -> QuestionSet:
    """The set without the questions that `find_overlap` counted."""
    paragraphs = frozenset(overlap.paragraphs)
    kept = tuple(
        example
        for example in given.examples
        if example.paragraph not in paragraphs and key(example.question) not in asked
    )
    return QuestionSet(given.name, given.paragraphs, given.groups, kept)


def judged(
    sets: Iterable[QuestionSet], texts: Iterable[str] = (), questions: Iterable[str] = ()
) -> tuple[frozenset[int], frozenset[str]]:
    """The runs and the question keys of all that the reranker is judged by: sets, and further texts and questions."""
    sets = tuple(sets)
    every = (paragraph.text for given in sets for paragraph in given.paragraphs)
    asked = (example.question for given in sets for example in given.examples)
    return (
        frozenset(run for text in (*every, *texts) for run in runs(text)),
        frozenset(key(question) for question in (*asked, *questions)),
    )
