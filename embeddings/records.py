"""The values that pass between the stages: frozen, and made of tuples.

Offsets are Python code points into `Review.text`; paragraphs count from 1 within their section.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SHARED = "shared"
"""The collection of `data/reviews/`, which every asker may see."""

SHIPPED = "shipped"
"""What the reranker that comes with the program is called in settings."""

NO_RERANKER = "none"
"""What no reranker at all is called in settings."""

INTRODUCTION = "Introduction"
"""The heading of the text that stands before a review's first heading."""


class State(StrEnum):
    """How far an answer goes."""

    ANSWERED = "answered"
    """The quotes answer the question."""
    NEAREST = "nearest"
    """The review may not say; the quotes are the closest there is."""
    UNANSWERED = "unanswered"
    """The review doesn't say; there are no quotes."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph's place: `Review.text[start:end]`, its number counted from 1 within its section."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. `slug` is unique within its review."""

    slug: str
    heading: str
    paragraphs: tuple[Paragraph, ...]
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One essay.

    `text` is plain text without marks, the paragraphs of all sections joined by one newline; headings are
    not part of it. `slug` is unique within its collection.
    """

    slug: str
    title: str
    text: str
    sections: tuple[Section, ...]
    work: str | None = None
    year: int | None = None
    author: str | None = None
    source: str | None = None
    aliases: tuple[str, ...] = ()
    collection: str = SHARED

    @property
    def has_headings(self) -> bool:
        """Whether anything but an introduction stands in it."""
        return any(section.heading != INTRODUCTION for section in self.sections)

    def section(self, slug: str) -> Section:
        """The section with that slug.

        Raises:
            KeyError: no section has it.
        """
        for section in self.sections:
            if section.slug == slug:
                return section
        raise KeyError(slug)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is quoted: `Review.text[start:end]`, without white space at either end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved and cited: a paragraph, or a run of its sentences where it exceeds the encoder.

    `review` and `section` are slugs. The passages of a paragraph follow one another and leave out only white
    space between sentences.
    """

    collection: str
    review: str
    section: str
    paragraph: int
    start: int
    end: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence with its ranking score (higher is better, comparable within one search only)."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its ranking score, and its sentences, best first."""

    collection: str
    review: str
    section: str
    paragraph: int
    start: int
    end: int
    score: float
    sentences: tuple[ScoredSentence, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence, or a run of sentences, in the reviewer's own words, and where it stands.

    `text` is exactly `Review.text[start:end]`. `label` counts from 1 within its answer. `title` and
    `heading` are for people; `review` and `section` are slugs.
    """

    label: int
    text: str
    review: str
    title: str
    section: str
    heading: str
    paragraph: int
    start: int
    end: int
    score: float
    collection: str = SHARED


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with what the reviews say to it.

    `confidence` lies in [0, 1] and is comparable across questions.
    """

    question: str
    state: State
    confidence: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class QuestionInContext:
    """A question in its conversation, as `Library.ask` takes it.

    Attributes:
        question: as a person typed it.
        context: the earlier questions of the same conversation, oldest first.
        collections: what the asker may see.
    """

    question: str
    context: tuple[str, ...] = ()
    collections: tuple[str, ...] = (SHARED,)


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """How long the parts of one look at the index took, in seconds by the clock.

    Attributes:
        encode: to put the question right and make a vector of it.
        rank: to find where to look, and score what stands there.
        rerank: to score the closest sentences again, where there is a reranker, and tell how sure the answer is.
        quote: to make the answer of it.
    """

    encode: float = 0.0
    rank: float = 0.0
    rerank: float = 0.0
    quote: float = 0.0


@dataclass(frozen=True, slots=True)
class AskResult:
    """What one look at the index gives: the answer, the passages closest to the question, and what they cost.

    Two are equal that found the same, however long it took.

    Attributes:
        answer: what a member sees.
        hits: the passages closest to the question, best first.
        quotes: what the answer would quote whatever the confidence; what refusing costs is measured by them.
        took: how long its parts took.
    """

    answer: Answer
    hits: tuple[Hit, ...]
    quotes: tuple[Quote, ...] = ()
    took: StageSeconds = field(default=StageSeconds(), compare=False)


_QUOTE_KEYS = ("label", "text", "review", "title", "section", "heading", "paragraph", "start", "end", "score")
_HIT_KEYS = ("review", "section", "paragraph", "start", "end", "score")


def quote_record(quote: Quote) -> dict[str, object]:
    """Return a quote as a JSON object; other programs read its keys."""
    return {key: getattr(quote, key) for key in _QUOTE_KEYS}


def hit_record(hit: Hit) -> dict[str, object]:
    """Return a hit as a JSON object; other programs read its keys."""
    return {key: getattr(hit, key) for key in _HIT_KEYS}
