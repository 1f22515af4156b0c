"""Examples to windows: a question and a few consecutive sentences that answer it, or don't.

The windows that don't are of four kinds: the gold paragraph without the sentences that answer; a paragraph of the
same set that is lexically close (by BM25) but lacks the answer's words; the paragraph of a question that its authors
made impossible; and the gold window under a question about someone or something else.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.training.examples import Answer, Example, QuestionSet

MOST_SENTENCES = 5
"""The most sentences of a window."""

_CLOSE_PARAGRAPHS = 12
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*\b|\b\d[\d,.]*\b")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Window:
    """What the reranker reads at once, and what it should say.

    Attributes:
        question: as it was asked.
        sentences: up to `MOST_SENTENCES`, consecutive.
        gold: the places of those that answer.
        answer: the words that answer, where they are marked and inside.
    """

    question: str
    sentences: tuple[str, ...]
    gold: tuple[int, ...]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How many windows of a set to make, as multiples of its questions: those that answer, and each kind that doesn't.

    Attributes:
        answering: windows that answer.
        removed: of the gold paragraph without its gold sentences.
        close: of lexically close paragraphs.
        renamed: of the gold window, the question about another name.
        impossible: of questions that were made impossible.
    """

    answering: float = 1.0
    removed: float = 0.2
    close: float = 0.3
    renamed: float = 0.0
    impossible: float = 1.0


def make_windows(given: QuestionSet, share: Share, seed: int) -> list[Window]:
    """The windows of a set, the same for a seed whatever was made before."""
    chance = random.Random(f"{seed} {given.name}")
    answerable = [example for example in given.examples if example.gold]
    impossible = [example for example in given.examples if not example.gold]
    close = _close_paragraphs(given, answerable) if share.close and answerable else {}
    windows = [_answering(given, example, chance) for example in _drawn(answerable, share.answering, chance)]
    for example in _drawn(answerable, share.removed, chance):
        windows.extend(_removed(given, example, chance))
    for example in _drawn(answerable, share.close, chance):
        windows.extend(_close(given, example, close[example], chance))
    for example in _drawn(answerable, share.renamed, chance):
        windows.extend(_renamed(given, example, chance))
    windows.extend(
        _around_best_match(given, example, example.paragraph, chance)
        for example in _drawn(impossible, share.impossible, chance)
    )
    return windows


def _drawn(examples: Sequence[Example], multiple: float, chance: random.Random) -> Iterator[Example]:
    whole, part = divmod(multiple, 1.0)
    for _ in range(int(whole)):
        yield from examples
    yield from chance.sample(examples, round(part * len(examples)))


def _run(length: int, must: int, chance: random.Random) -> range:
    """A random run of sentences that holds a given one: mostly as long as a window may be."""
    size = min(length, chance.choice((1, 2, 3, 4, 5, 5, 5)))
    first = chance.randint(max(0, must - size + 1), min(must, length - size))
    return range(first, first + size)


def _answering(given: QuestionSet, example: Example, chance: random.Random) -> Window:
    sentences = given.paragraphs[example.paragraph].sentences
    must = example.answer.sentence if example.answer else chance.choice(example.gold)
    run = _run(len(sentences), must, chance)
    answer = example.answer
    if answer is not None:
        answer = replace(answer, sentence=answer.sentence - run.start)
    return Window(
        example.question,
        tuple(sentences[run.start : run.stop]),
        tuple(place - run.start for place in example.gold if place in run),
        answer,
    )


def _removed(given: QuestionSet, example: Example, chance: random.Random) -> Iterator[Window]:
    sentences = given.paragraphs[example.paragraph].sentences
    gone = set(example.gold)
    lowered = [answer.lower() for answer in example.answers]
    rest = [
        sentence
        for place, sentence in enumerate(sentences)
        if place not in gone and not any(answer in sentence.lower() for answer in lowered)
    ]
    if rest:
        run = _run(len(rest), chance.randrange(len(rest)), chance)
        yield Window(example.question, tuple(rest[run.start : run.stop]), ())


def _close(given: QuestionSet, example: Example, close: NDArray[np.int64], chance: random.Random) -> Iterator[Window]:
    lowered = [answer.lower() for answer in example.answers]
    fitting = [
        int(place)
        for place in close
        if place != example.paragraph and not any(answer in given.paragraphs[place].text.lower() for answer in lowered)
    ]
    if fitting:
        yield _around_best_match(given, example, chance.choice(fitting[:5]), chance)


def _around_best_match(given: QuestionSet, example: Example, paragraph: int, chance: random.Random) -> Window:
    sentences = given.paragraphs[paragraph].sentences
    asked = set(_WORD.findall(example.question.lower()))
    shared = [len(asked & set(_WORD.findall(sentence.lower()))) for sentence in sentences]
    run = _run(len(sentences), shared.index(max(shared)), chance)
    return Window(example.question, tuple(sentences[run.start : run.stop]), ())


def _renamed(given: QuestionSet, example: Example, chance: random.Random) -> Iterator[Window]:
    names = _NAME.findall(example.question)
    if not names:
        return
    name = chance.choice(names)
    window = _answering(given, example, chance)
    # Another name of the same kind, from the same document where it has one: what a person would mix up.
    others = [
        other
        for other in _names_of(given, example.paragraph)
        if other[0].isdigit() == name[0].isdigit()
        and other not in example.question
        and name not in other
        and not any(other in answer for answer in example.answers)
    ]
    if others:
        yield Window(example.question.replace(name, chance.choice(others)), window.sentences, ())


def _names_of(given: QuestionSet, paragraph: int) -> list[str]:
    group = given.groups[paragraph]
    low, high = paragraph, paragraph + 1
    while low > 0 and given.groups[low - 1] == group and paragraph - low < _CLOSE_PARAGRAPHS:
        low -= 1
    while high < len(given.groups) and given.groups[high] == group and high - paragraph < _CLOSE_PARAGRAPHS:
        high += 1
    found = (name for place in range(low, high) for name in _NAME.findall(given.paragraphs[place].text))
    return sorted(set(found))


def _close_paragraphs(given: QuestionSet, examples: Sequence[Example]) -> Mapping[Example, NDArray[np.int64]]:
    """For each example, the places of the paragraphs that BM25 holds closest to its question, closest first."""
    stemmer = Stemmer.Stemmer("english")
    retriever = bm25s.BM25()
    texts = [paragraph.text for paragraph in given.paragraphs]
    retriever.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    questions = bm25s.tokenize([example.question for example in examples], stemmer=stemmer, show_progress=False)
    places, _ = retriever.retrieve(questions, k=min(_CLOSE_PARAGRAPHS, len(texts)), show_progress=False)
    return dict(zip(examples, places, strict=True))
