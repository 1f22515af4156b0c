"""Windows as the library cuts them: what it would have the reader read, of reviews made of the training sets.

The paragraphs of a set are dealt into reviews, those of one document together, and a third of them is taken away. The
encoder ranks the sentences for each question, and what it ranks highest is cut to windows. Those without the answer are
the hardest negatives: close, and of the same review.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from embeddings.encoding import Encoder
from embeddings.rereading import READ_CHARACTERS, WINDOW_CHARACTERS
from embeddings.training.examples import Example, QuestionSet
from embeddings.training.mixture import kept_back
from embeddings.training.windows import MOST_SENTENCES, Window

ASKED: Mapping[str, int] = {
    "SQuAD 2.0": 3500,
    "XQuAD English": 400,
    "SQuADShifts reddit": 6000,
    "SQuADShifts new_wiki": 1500,
    "FairytaleQA": 4500,
    "SelQA": 1500,
}
"""About how many questions of each set are asked; those of QAMR are about single sentences, and none are."""

_PARAGRAPHS = 20
_FEWEST = 4
_QUESTIONS = 40
_MOST_ANSWERING = 2

_Row = tuple[int, int]
"""A paragraph's place in its set, and a sentence's place in the paragraph."""


def closest_windows(
    sets: Sequence[QuestionSet], encoder: Encoder, seed: int, *, asked: Mapping[str, int] = ASKED
) -> list[tuple[str, Window]]:
    """The windows, each with its set's name, in an order that the seed decides; none of a document that is kept back.

    Args:
        sets: what is trained on.
        encoder: ranks the sentences.
        seed: decides which paragraphs stand together, and which questions are asked.
        asked: about how many questions of each set.
    """
    chance = random.Random(f"mine {seed}")
    found: list[tuple[str, Window]] = []
    for given in sets:
        left = asked.get(given.name, 0)
        questions: dict[int, list[Example]] = {}
        for example in given.examples:
            questions.setdefault(example.paragraph, []).append(example)
        for dealt in _dealt(given, chance) if left else ():
            if left <= 0:
                break
            gone = frozenset(chance.sample(dealt, len(dealt) // 3))
            about = [example for place in dealt for example in questions.get(place, ())]
            chance.shuffle(about)
            about = about[:_QUESTIONS]
            left -= len(about)
            kept = [place for place in dealt if place not in gone]
            found.extend((given.name, window) for window in _of_review(given, kept, about, encoder, chance))
    chance.shuffle(found)
    return found


def _dealt(given: QuestionSet, chance: random.Random) -> list[list[int]]:
    """The paragraphs of a set as reviews: of long documents each by itself, of short ones many together."""
    documents: dict[str, list[int]] = {}
    for place, group in enumerate(given.groups):
        if not kept_back(group):
            documents.setdefault(group, []).append(place)
    reviews: list[list[int]] = []
    loose: list[int] = []
    for places in documents.values():
        if len(places) <= _FEWEST:
            loose += places
            continue
        parts = (places[start : start + _PARAGRAPHS] for start in range(0, len(places), _PARAGRAPHS))
        reviews.extend(part for part in parts if len(part) >= _FEWEST)
    chance.shuffle(loose)
    reviews.extend(loose[start : start + _PARAGRAPHS] for start in range(0, len(loose) - _PARAGRAPHS + 1, _PARAGRAPHS))
    chance.shuffle(reviews)
    return reviews


def _of_review(
    given: QuestionSet, places: Sequence[int], about: Sequence[Example], encoder: Encoder, chance: random.Random
) -> Iterator[Window]:
    """Of each question at most two windows that answer, the closest that doesn't, and another that doesn't."""
    if not about:
        return
    rows = [(place, number) for place in places for number in range(len(given.paragraphs[place].sentences))]
    vectors = encoder.encode([given.paragraphs[place].sentences[number] for place, number in rows])
    for example, cosines in zip(
        about, encoder.encode([example.question for example in about]) @ vectors.T, strict=True
    ):
        read = _read(given, [rows[row] for row in np.argsort(-cosines)])
        must = (example.paragraph, example.answer.sentence if example.answer else min(example.gold, default=-1))
        if must in rows and not any(must in window for window in read):
            read.append(_window(given, must, set()))
        lowered = [answer.lower() for answer in example.answers]
        answering, others = [], []
        for window in read:
            made = _made(given, example, window)
            if made.gold:
                answering.append(made)
            elif not any(answer in " ".join(made.sentences).lower() for answer in lowered):
                others.append(made)
        yield from answering[:_MOST_ANSWERING]
        yield from others[:1]
        if len(others) > 1:
            yield chance.choice(others[1:])


def _read(given: QuestionSet, ranked: Sequence[_Row]) -> list[list[_Row]]:
    """What the library would have read: the closest sentences with their neighbours, until it is enough."""
    taken: set[_Row] = set()
    windows: list[list[_Row]] = []
    characters = 0
    for row in ranked:
        if characters >= READ_CHARACTERS:
            break
        if row in taken:
            continue
        window = _window(given, row, taken)
        taken.update(window)
        windows.append(window)
        characters += sum(len(given.paragraphs[place].sentences[number]) for place, number in window) + len(window) - 1
    return windows


def _window(given: QuestionSet, row: _Row, taken: set[_Row]) -> list[_Row]:
    """A sentence with as many neighbours as fit, the one before it first: as `embeddings.rereading` has it."""
    paragraph, number = row
    sentences = given.paragraphs[paragraph].sentences
    first, end, length = number, number + 1, len(sentences[number])
    grown = True
    while grown and end - first < MOST_SENTENCES:
        grown = False
        for other in (first - 1, end):
            if not 0 <= other < len(sentences) or (paragraph, other) in taken or end - first == MOST_SENTENCES:
                continue
            added = len(sentences[other]) + 1
            if length + added <= WINDOW_CHARACTERS:
                first, end, length, grown = min(first, other), max(end, other + 1), length + added, True
    return [(paragraph, other) for other in range(first, end)]


def _made(given: QuestionSet, example: Example, window: Sequence[_Row]) -> Window:
    (paragraph, first), end = window[0], window[-1][1] + 1
    sentences = tuple(given.paragraphs[paragraph].sentences[first:end])
    if paragraph != example.paragraph:
        return Window(example.question, sentences, ())
    gold = tuple(number - first for number in example.gold if first <= number < end)
    answer = example.answer
    if answer is not None:
        answer = replace(answer, sentence=answer.sentence - first) if first <= answer.sentence < end else None
    return Window(example.question, sentences, gold, answer if gold else None)
