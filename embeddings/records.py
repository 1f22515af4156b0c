"""The values that the stages exchange: frozen, and made of tuples.

Offsets count Python code points of `Review.text`. Paragraphs count from 1 within their section.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

SHARED = "shared"
"""The collection of `data/reviews/`, which every asker sees."""

SHIPPED = "shipped"
"""The name in settings of the reranker that comes with the program."""

NO_RERANKER = "none"
"""The name in settings for answering without a reranker."""

INTRODUCTION = "Introduction"
"""The heading of the text before a review's first heading."""


class State(StrEnum):
    """Whether the reviews answer a question."""

    ANSWERED = "answered"
    """The quotes answer the question."""
    NEAREST = "nearest"
    """The reviews may not answer the question. The quotes are the closest passages."""
    UNANSWERED = "unanswered"
    """The reviews don't answer the question. There are no quotes."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating: `text` as written, and what it says: `value` out of `scale`, each None if it can't be read."""

    text: str
    value: float | None = None
    scale: float | None = None


Fact = str | int | Rating | tuple[str, ...]
"""What a review's header says under one name: text, a year, a rating, or several names."""


class Facts(Mapping[str, Fact]):
    """What a review's header says, by name; it never changes.

    `work` (text), `year` (of the work, a number), `date` (of the review, as `2021-05-03` where it can be read),
    `rating` (a `Rating`), `tags`, `language`, `link`, and the work's creators by their role (`director`, `author`) have
    these names whatever the header calls them. Every other field is text under its own name.
    """

    __slots__ = ("_facts",)

    def __init__(self, facts: Mapping[str, Fact] | None = None) -> None:
        self._facts = dict(facts or {})

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __hash__(self) -> int:
        return hash(frozenset(self._facts.items()))

    def __repr__(self) -> str:
        return f"Facts({self._facts!r})"


Span = tuple[int, int]
"""The start and the end of a stretch of `Review.text`."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, `Review.text[start:end]`."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the paragraphs under it. `slug` is unique within its review."""

    slug: str
    heading: str
    paragraphs: tuple[Paragraph, ...]
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One essay.

    `text` is plain text without markup: the paragraphs of all sections, joined by one newline, without headings. `slug`
    is unique within its collection. `spoilers` are the stretches that the reviewer marked as spoilers, and `quoted`
    those that the reviewer quotes from somebody else; neither overlap nor touch.
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
    facts: Facts = field(default_factory=Facts)
    spoilers: tuple[Span, ...] = ()
    quoted: tuple[Span, ...] = ()

    @property
    def has_headings(self) -> bool:
        """True if the review has any heading of its own."""
        return any(section.heading != INTRODUCTION for section in self.sections)

    def is_spoiler(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` touches a stretch that the reviewer marked as a spoiler."""
        return any(first < end and start < last for first, last in self.spoilers)

    def is_quoted(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` has words that the reviewer quotes from somebody else."""
        return any(first < end and start < last for first, last in self.quoted)

    def section(self, slug: str) -> Section:
        """Return the section of that slug.

        Raises:
            KeyError: there is none.
        """
        for section in self.sections:
            if section.slug == slug:
                return section
        raise KeyError(slug)


@dataclass(frozen=True, slots=True)
class ReviewFields:
    """What a person can set of a review without touching its text. `spoilers` are the numbers, from 1, of sections."""

    title: str
    year: int | None = None
    author: str | None = None
    aliases: tuple[str, ...] = ()
    spoilers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is quoted: `Review.text[start:end]`, without white space at its ends."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved and cited: a paragraph, or a run of its sentences if it is longer than a passage may be.

    `review` and `section` are slugs. The passages of a paragraph leave out only white space between sentences.
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
    """A sentence with its ranking score: higher is better, comparable only within one search."""

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

    def overlaps(self, collection: str, review: str, start: int, end: int) -> bool:
        """Return True if the passage has some of a review's text from `start` to `end`."""
        return (collection, review) == (self.collection, self.review) and start < self.end and self.start < end


def relevant_hits(hits: Sequence[Hit], share: float) -> tuple[Hit, ...]:
    """Return the passages of one ranking, best first, whose score is at least a share of the best one's."""
    return tuple(hit for hit in hits if hit.score >= share * hits[0].score)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence, or a run of sentences, in the reviewer's own words, with its citation.

    `text` is exactly `Review.text[start:end]`. `label` counts from 1 within its answer. `title` and `heading` are for
    people, `review` and `section` are slugs.
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
class ListedReview:
    """A review in the answer to a question about the collection.

    Attributes:
        review: its slug.
        title: its title.
        facts: those of its facts that the answer shows.
        quotes: what it says on the point that was asked, if words were asked for.
        collection: its collection.
    """

    review: str
    title: str
    facts: Facts = field(default_factory=Facts)
    quotes: tuple[Quote, ...] = ()
    collection: str = SHARED


@dataclass(frozen=True, slots=True)
class Listing:
    """What the facts of the reviews answer to a question about the collection.

    Attributes:
        heading: how the question was understood, or what is missing, as a sentence or a line with a colon.
        entries: the reviews, in order: all of them, or the first `MAX_LISTED`.
        total: how many reviews there are.
        names: people, tags or the like that were asked for, each with the number of its reviews, most first.
    """

    heading: str
    entries: tuple[ListedReview, ...] = ()
    total: int = 0
    names: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A review that a question may mean: its slug and collection, its title, and what it would be quoted with."""

    review: str
    title: str
    collection: str = SHARED
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class AbsentWork:
    """A work that a question names, in the question's words, of which there is no review; and the closest titles."""

    name: str
    nearest: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with what the reviews say about it.

    Attributes:
        question: as it was asked.
        state: whether the reviews answer it.
        confidence: the probability that the first quote is right, in [0, 1], if the models are calibrated; see
            `answering.calibration`. It compares across questions, also those that don't tell which review is meant.
        quotes: the reviewers' own words.
        listing: the reviews that a question about the collection asks for; None for any other question.
        absent: the work that the question names, if there is no review of it.
        choices: the reviews that the question may mean, best first, if it isn't clear which; else none.
    """

    question: str
    state: State
    confidence: float
    quotes: tuple[Quote, ...]
    listing: Listing | None = None
    absent: AbsentWork | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionInContext:
    """A question in its conversation, as `Library.ask` takes it.

    Attributes:
        question: as a person typed it.
        context: the earlier questions of the same conversation, oldest first.
        collections: what the asker may see.
        review: the slug of the only review to search, or None.
    """

    question: str
    context: tuple[str, ...] = ()
    collections: tuple[str, ...] = (SHARED,)
    review: str | None = None


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """How long the stages of a question took, in seconds of wall-clock time.

    Attributes:
        encode: check, rewrite and encode.
        rank: route, retrieve and fuse.
        rerank: rerank, if there is a reranker, and judge the confidence.
        quote: choose the quotes and make the answer.
    """

    encode: float = 0.0
    rank: float = 0.0
    rerank: float = 0.0
    quote: float = 0.0


@dataclass(frozen=True, slots=True)
class AskResult:
    """The answer to a question, and the passages closest to it. Equality ignores the time.

    Attributes:
        answer: what the asker sees.
        hits: the passages closest to the question, best first.
        quotes: what the answer would quote at any confidence. The evaluation measures the cost of abstention by them.
        seconds: how long the stages took.
        review_share: the probability that the quoted review is the one that is meant, a factor of the confidence; 1
            where the review is settled.
    """

    answer: Answer
    hits: tuple[Hit, ...]
    quotes: tuple[Quote, ...] = ()
    seconds: StageSeconds = field(default=StageSeconds(), compare=False)
    review_share: float = 1.0


_QUOTE_KEYS = ("label", "text", "review", "title", "section", "heading", "paragraph", "start", "end", "score")
_HIT_KEYS = ("review", "section", "paragraph", "start", "end", "score")
_STORED_KEYS = {kind: tuple(field.name for field in fields(kind)) for kind in (Review, Section, Paragraph, Rating)}


def quote_record(quote: Quote) -> dict[str, object]:
    """Return a quote as a JSON object. Other programs read its keys."""
    return {key: getattr(quote, key) for key in _QUOTE_KEYS}


def hit_record(hit: Hit) -> dict[str, object]:
    """Return a hit as a JSON object. Other programs read its keys."""
    return {key: getattr(hit, key) for key in _HIT_KEYS}


def review_to_json(review: Review) -> bytes:
    """Return a review as one line of JSON with its line end, as the index stores it and the sandbox returns it."""
    content = json.dumps(review, ensure_ascii=False, separators=(",", ":"), default=to_plain)
    return content.encode(errors="surrogatepass") + b"\n"


def review_from_json(content: dict[str, Any]) -> Review:
    """Return the review of a parsed JSON object."""
    sections = tuple(
        Section(**section | {"paragraphs": tuple(Paragraph(**paragraph) for paragraph in section["paragraphs"])})
        for section in content["sections"]
    )
    facts = Facts({name: _fact(value) for name, value in content["facts"].items()})
    spans = {name: tuple(map(tuple, content[name])) for name in ("spoilers", "quoted")}
    return Review(**content | spans | {"sections": sections, "aliases": tuple(content["aliases"]), "facts": facts})


def review_fields(content: dict[str, Any]) -> ReviewFields:
    """Return the fields of a parsed JSON object."""
    return ReviewFields(**content | {name: tuple(content[name]) for name in ("aliases", "spoilers")})


def to_plain(value: Review | Section | Paragraph | Rating | Facts) -> dict[str, Any]:
    """Return a record as a dictionary, for `json.dumps`."""
    if isinstance(value, Facts):
        return dict(value)
    # `dataclasses.asdict` copies every value, which took two thirds of the time of storing a review.
    return {name: getattr(value, name) for name in _STORED_KEYS[type(value)]}


def _fact(value: Any) -> Fact:  # noqa: ANN401  # as JSON gives it
    if isinstance(value, dict):
        return Rating(**value)
    return tuple(value) if isinstance(value, list) else value
