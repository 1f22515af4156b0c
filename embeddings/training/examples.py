"""What a reranker learns from: questions, and the sentences that answer them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.documents.splitter import split_sentences

_SPACE = re.compile(r"\s+")
_BEFORE = re.compile(r" ([.,;:!?%)\]}’”]|''|n't|'(?:s|re|ve|ll|d|m)\b)")
_AFTER = re.compile(r"([(\[{“‘]|``) ")
_SIGNS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as its sentences, in order."""

    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences, one space between them."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a question's answer stands: code points `start` to `end` of one sentence of its paragraph."""

    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Example:
    """A question about a paragraph.

    Attributes:
        question: as it was asked.
        paragraph: the place of its paragraph in the set's.
        gold: the places, within the paragraph, of the sentences that answer; none where it does not answer.
        answer: the words that answer, where the set marks them.
        answers: the marked words as text, for telling whether another paragraph holds them too.
    """

    question: str
    paragraph: int
    gold: tuple[int, ...]
    answer: Answer | None = None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A public set.

    Attributes:
        name: what the model card calls it.
        paragraphs: its paragraphs.
        groups: for each paragraph, the document that it comes from: a document is trained on or held out whole.
        examples: its questions.
    """

    name: str
    paragraphs: tuple[Paragraph, ...]
    groups: tuple[str, ...]
    examples: tuple[Example, ...]


def tidied(text: str) -> str:
    """`text` on one line, single-spaced."""
    return _SPACE.sub(" ", text).strip()


def detokenised(text: str) -> str:
    """Text that a corpus keeps as separate tokens, as a person would have written it."""
    words = " ".join(_SIGNS.get(word, word) for word in text.split())
    joined = _AFTER.sub(r"\1", _BEFORE.sub(r"\1", words))
    return joined.replace("``", "“").replace("''", "”").replace(" - ", "-").replace("`", "‘")


def divided(text: str) -> tuple[tuple[int, int], ...]:
    """Where the sentences of a paragraph start and end."""
    return tuple((sentence.start, sentence.end) for sentence in split_sentences(text, 0, len(text)))


def located(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[tuple[int, ...], Answer | None]:
    """The sentences that code points `start` to `end` of a paragraph touch, and the answer if they are in one.

    Args:
        spans: where the paragraph's sentences start and end.
        start: where the words that answer start.
        end: where they end.
    """
    gold = tuple(place for place, (left, right) in enumerate(spans) if left < end and start < right)
    if len(gold) != 1:
        return gold, None
    left, right = spans[gold[0]]
    return gold, Answer(gold[0], max(start, left) - left, min(end, right) - left)
