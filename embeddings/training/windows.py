"""Make windows of examples: a question with a few consecutive sentences that answer it, or don't.

There are four kinds of negative windows: the gold paragraph without the sentences that answer; a paragraph of the same
set that is lexically similar (by BM25) but lacks the answer; the paragraph of an impossible question; and the gold
window with another name in the question.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.training.examples import Answer, Example, QuestionSet

_SIMILAR_PARAGRAPHS = 12
NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*\b|\b\d[\d,.]*\b")
"""Names and numbers in a text, except the word that begins a sentence."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Window:
    """An input of the reranker with its labels."""

    question: str
    sentences: tuple[str, ...]  # up to `RERANKER_WINDOW_SENTENCES` consecutive sentences
    gold: tuple[int, ...]  # the indices of the sentences that answer
    answer: Answer | None = None  # the position of the answer, where it is marked and in the window
    document: str = ""  # the document that it is of, among those of its set
    perturbed: str | None = None  # a similar question that the window doesn't answer


@dataclass(frozen=True, slots=True)
class WindowMix:
    """The number of windows of each kind, as multiples of a set's questions."""

    positive: float = 1.0  # windows that answer
    removed: float = 0.2  # gold paragraphs without their gold sentences
    similar: float = 0.3  # lexically similar paragraphs
    renamed: float = 0.0  # gold windows with another name in the question
    impossible: float = 1.0  # paragraphs of impossible questions

    def times(self, factor: float) -> WindowMix:
        """Return the mix with so many times as many windows of each kind."""
        return WindowMix(**{kind: factor * share for kind, share in asdict(self).items()})

    def count(self, question_set: QuestionSet) -> float:
        """Return about how many windows this makes of a set."""
        answerable = sum(bool(example.gold) for example in question_set.examples)
        impossible = len(question_set.examples) - answerable
        return (self.positive + self.removed + self.similar + self.renamed) * answerable + self.impossible * impossible


def make_windows(question_set: QuestionSet, mix: WindowMix, seed: int) -> list[Window]:
    """Return the windows of a set. They depend on nothing but the arguments."""
    rng = random.Random(f"{seed} {question_set.name}")
    answerable = [example for example in question_set.examples if example.gold]
    impossible = [example for example in question_set.examples if not example.gold]
    similar = _similar_paragraphs(question_set, answerable) if mix.similar and answerable else {}
    windows = [_positive(question_set, example, rng) for example in _sample(answerable, mix.positive, rng)]
    for example in _sample(answerable, mix.removed, rng):
        windows.extend(_removed(question_set, example, rng))
    for example in _sample(answerable, mix.similar, rng):
        windows.extend(_similar(question_set, example, similar[example], rng))
    for example in _sample(answerable, mix.renamed, rng):
        windows.extend(_renamed(question_set, example, rng))
    windows.extend(
        _best_matching_window(question_set, example, example.paragraph, rng)
        for example in _sample(impossible, mix.impossible, rng)
    )
    return windows


def _sample(examples: Sequence[Example], multiple: float, rng: random.Random) -> Iterator[Example]:
    whole, part = divmod(multiple, 1.0)
    for _ in range(int(whole)):
        yield from examples
    yield from rng.sample(examples, round(part * len(examples)))


def _range(length: int, included: int, rng: random.Random) -> range:
    """Return a random range of sentences that includes one; most are as long as possible."""
    size = min(length, rng.choice((1, 2, 3, 4, 5, 5, 5)))
    first = rng.randint(max(0, included - size + 1), min(included, length - size))
    return range(first, first + size)


def _positive(question_set: QuestionSet, example: Example, rng: random.Random) -> Window:
    sentences = question_set.paragraphs[example.paragraph].sentences
    included = example.answer.sentence if example.answer else rng.choice(example.gold)
    run = _range(len(sentences), included, rng)
    answer = example.answer
    if answer is not None:
        answer = replace(answer, sentence=answer.sentence - run.start)
    return Window(
        example.question,
        tuple(sentences[run.start : run.stop]),
        tuple(place - run.start for place in example.gold if place in run),
        answer,
        question_set.groups[example.paragraph],
    )


def _removed(question_set: QuestionSet, example: Example, rng: random.Random) -> Iterator[Window]:
    sentences = question_set.paragraphs[example.paragraph].sentences
    lowered = [answer.lower() for answer in example.answers]
    rest = [
        sentence
        for place, sentence in enumerate(sentences)
        if place not in example.gold and not any(answer in sentence.lower() for answer in lowered)
    ]
    if rest:
        run = _range(len(rest), rng.randrange(len(rest)), rng)
        document = question_set.groups[example.paragraph]
        yield Window(example.question, tuple(rest[run.start : run.stop]), (), document=document)


def _similar(
    question_set: QuestionSet, example: Example, similar: NDArray[np.int64], rng: random.Random
) -> Iterator[Window]:
    lowered = [answer.lower() for answer in example.answers]
    candidates = [
        int(place)
        for place in similar
        if place != example.paragraph
        and not any(answer in question_set.paragraphs[place].text.lower() for answer in lowered)
    ]
    if candidates:
        yield _best_matching_window(question_set, example, rng.choice(candidates[:5]), rng)


def _best_matching_window(question_set: QuestionSet, example: Example, paragraph: int, rng: random.Random) -> Window:
    sentences = question_set.paragraphs[paragraph].sentences
    asked = set(_WORD.findall(example.question.lower()))
    shared = [len(asked & set(_WORD.findall(sentence.lower()))) for sentence in sentences]
    run = _range(len(sentences), shared.index(max(shared)), rng)
    # The document of the question, whose other questions may come before it.
    document = question_set.groups[example.paragraph]
    return Window(example.question, tuple(sentences[run.start : run.stop]), (), document=document)


def _renamed(question_set: QuestionSet, example: Example, rng: random.Random) -> Iterator[Window]:
    names = NAME.findall(example.question)
    if not names:
        return
    name = rng.choice(names)
    window = _positive(question_set, example, rng)
    # A name of the same document, which a person might confuse with it.
    found = _names_of(question_set, example.paragraph)
    others = [other for other in other_names(name, example.question, found) if not _is_in(other, example.answers)]
    if others:
        renamed = example.question.replace(name, rng.choice(others))
        yield replace(window, question=renamed, gold=(), answer=None)


def other_names(name: str, question: str, found: Iterable[str]) -> list[str]:
    """Return those of the found names that may stand for a name in a question: others of the same kind."""
    return [
        other
        for other in found
        if other[0].isdigit() == name[0].isdigit() and other not in question and name not in other
    ]


def _is_in(name: str, answers: Iterable[str]) -> bool:
    return any(name in answer for answer in answers)


def _names_of(question_set: QuestionSet, paragraph: int) -> list[str]:
    group = question_set.groups[paragraph]
    low, high = paragraph, paragraph + 1
    while low > 0 and question_set.groups[low - 1] == group and paragraph - low < _SIMILAR_PARAGRAPHS:
        low -= 1
    while (
        high < len(question_set.groups)
        and question_set.groups[high] == group
        and high - paragraph < _SIMILAR_PARAGRAPHS
    ):
        high += 1
    found = (name for place in range(low, high) for name in NAME.findall(question_set.paragraphs[place].text))
    return sorted(set(found))


def _similar_paragraphs(question_set: QuestionSet, examples: Sequence[Example]) -> Mapping[Example, NDArray[np.int64]]:
    """Return, for each example, the indices of the paragraphs most similar to its question by BM25, best first."""
    stemmer = Stemmer.Stemmer("english")
    retriever = bm25s.BM25()
    texts = [paragraph.text for paragraph in question_set.paragraphs]
    retriever.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    questions = bm25s.tokenize([example.question for example in examples], stemmer=stemmer, show_progress=False)
    places, _ = retriever.retrieve(questions, k=min(_SIMILAR_PARAGRAPHS, len(texts)), show_progress=False)
    return dict(zip(examples, places, strict=True))
