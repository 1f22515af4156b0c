"""Training examples: questions with the sentences that answer them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.documents.splitter import split_sentences

_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")
_BEFORE = re.compile(r" ([.,;:!?%)\]}’”]|''|n't|'(?:s|re|ve|ll|d|m)\b)")
_AFTER = re.compile(r"([(\[{“‘]|``) ")
_SIGNS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The sentences of a paragraph, in order."""

    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the sentences, joined by spaces."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class Answer:
    """The position of an answer: code points `start` to `end` of a sentence of its paragraph."""

    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Example:
    """A question about a paragraph."""

    question: str
    paragraph: int  # the index of its paragraph in the set
    gold: tuple[int, ...]  # the indices, within the paragraph, of the sentences that answer; empty where none does
    answer: Answer | None = None  # the position of the answer, where the set marks it
    answers: tuple[str, ...] = ()  # the texts of the answer, to check whether another paragraph has them too


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A public data set. `groups` names the document of each paragraph: all of a document is in the same split."""

    name: str
    paragraphs: tuple[Paragraph, ...]
    groups: tuple[str, ...]
    examples: tuple[Example, ...]


def single_spaced(text: str) -> str:
    """Return the text with single spaces and no line breaks."""
    return _SPACE.sub(" ", text).strip()


def normalise(question: str) -> str:
    """Return a question without case and punctuation."""
    return " ".join(_WORD.findall(question.lower()))


def detokenise(text: str) -> str:
    """Join tokenised text as a person writes it."""
    words = " ".join(_SIGNS.get(word, word) for word in text.split())
    joined = _AFTER.sub(r"\1", _BEFORE.sub(r"\1", words))
    return joined.replace("``", "“").replace("''", "”").replace(" - ", "-").replace("`", "‘")


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each sentence of a paragraph starts and ends."""
    return tuple((sentence.start, sentence.end) for sentence in split_sentences(text, 0, len(text)))


def locate_answer(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[tuple[int, ...], Answer | None]:
    """Return the sentences that `start` to `end` of a paragraph overlaps, and the answer's position if it is in one."""
    gold = tuple(place for place, (left, right) in enumerate(spans) if left < end and start < right)
    if len(gold) != 1:
        return gold, None
    left, right = spans[gold[0]]
    return gold, Answer(gold[0], max(start, left) - left, min(end, right) - left)
