"""What is evaluated: a corpus with questions and judgements, wherever they came from.

What is ranked and judged is a *document*, in the sense of TREC and BEIR: a paragraph of a review, scored by
its best passage, so that a figure doesn't change with the splitter; or a whole document of a BEIR corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from embeddings.records import SHARED, Hit, Paragraph, Review, Section


@dataclass(frozen=True, slots=True)
class Span:
    """What answers a question: `Review.text[start:end]` of the review with that slug."""

    review: str
    start: int
    end: int

    def overlaps(self, review: str, start: int, end: int) -> bool:
        """Whether at least one character of that review's stretch lies in this span."""
        return self.review == review and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class Judgement:
    """A document that answers a question, by its id; a higher grade answers it better."""

    document: str
    grade: int = 1


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question, and what answers it: nothing, where both `spans` and `judgements` are empty.

    `spans` is empty too where whole documents were judged (BEIR): then quotes are not scored. `collections` are
    those that the asker sees.
    """

    id: str
    text: str
    spans: tuple[Span, ...]
    judgements: tuple[Judgement, ...]
    context: tuple[str, ...] = ()
    review: str | None = None
    kind: str | None = None
    collections: tuple[str, ...] = (SHARED,)

    @property
    def answerable(self) -> bool:
        """Whether anything answers it."""
        return bool(self.judgements)


@dataclass(frozen=True, slots=True)
class Task:
    """A corpus, the questions asked of it, and the name by which a hit's document is judged."""

    name: str
    reviews: tuple[Review, ...]
    questions: tuple[JudgedQuestion, ...]
    document_of: Callable[[Hit], str]


def paragraph_id(review: str, section: str, number: int) -> str:
    """The id of a paragraph as a document: its citation."""
    return f"{review}/{section}/{number}"


def paragraph_of_hit(hit: Hit) -> str:
    """The id of the paragraph that a hit's passage is, or is a part of."""
    return paragraph_id(hit.review, hit.section, hit.paragraph)


def paragraphs_of(review: Review) -> Iterator[tuple[Section, Paragraph]]:
    """Every paragraph of a review in its order, with its section."""
    for section in review.sections:
        for paragraph in section.paragraphs:
            yield section, paragraph


def paragraph_judgements(spans: Iterable[Span], reviews: Mapping[str, Review]) -> tuple[Judgement, ...]:
    """A judgement for each paragraph that holds a part of any of the spans, in the spans' order."""
    judged = {
        paragraph_id(span.review, section.slug, paragraph.number): None
        for span in spans
        for section, paragraph in paragraphs_of(reviews[span.review])
        if span.overlaps(span.review, paragraph.start, paragraph.end)
    }
    return tuple(Judgement(document) for document in judged)
