"""A task: a corpus with questions and relevance judgements.

A ranking consists of *documents*, as in TREC and BEIR. A document is a paragraph of a review, scored by its best
passage, so that measures don't depend on the splitter; or a whole document of a BEIR corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from embeddings.records import SHARED, Hit, Paragraph, Review, Section


@dataclass(frozen=True, slots=True)
class Span:
    """Text that answers a question: `Review.text[start:end]` of the review with that slug."""

    review: str
    start: int
    end: int

    def overlaps(self, review: str, start: int, end: int) -> bool:
        """Return True if at least one character of that range lies in this span."""
        return self.review == review and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class Judgement:
    """The id of a relevant document with its grade; higher is more relevant."""

    document: str
    grade: int = 1


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question with its relevance judgements; an unanswerable question has none.

    `spans` is also empty where whole documents were judged (BEIR): quotes have no measures then. `collections` are
    those that the person who asks may see. `form` says how a made variant of a question names the work; None marks a
    question as it was asked.
    """

    id: str
    text: str
    spans: tuple[Span, ...]
    judgements: tuple[Judgement, ...]
    context: tuple[str, ...] = ()
    review: str | None = None
    kind: str | None = None
    collections: tuple[str, ...] = (SHARED,)
    form: str | None = None

    @property
    def answerable(self) -> bool:
        """Return True if a document answers the question."""
        return bool(self.judgements)


@dataclass(frozen=True, slots=True)
class Task:
    """A corpus and the questions about it."""

    name: str  # the name of the file or folder
    reviews: tuple[Review, ...]  # the corpus
    questions: tuple[JudgedQuestion, ...]  # the questions with their judgements
    document_of: Callable[[Hit], str]  # returns the document id of a hit
    # The ids of questions that are documents of the corpus themselves. Each is left out of its own ranking, as BEIR's
    # option `ignore_identical_ids` does.
    own_documents: frozenset[str] = frozenset()


def paragraph_id(review: str, section: str, number: int) -> str:
    """Return the document id of a paragraph: its citation."""
    return f"{review}/{section}/{number}"


def paragraph_of_hit(hit: Hit) -> str:
    """Return the document id of a hit's paragraph."""
    return paragraph_id(hit.review, hit.section, hit.paragraph)


def paragraphs_of(review: Review) -> Iterator[tuple[Section, Paragraph]]:
    """Yield every paragraph of a review in order, with its section."""
    for section in review.sections:
        for paragraph in section.paragraphs:
            yield section, paragraph


def paragraph_judgements(spans: Iterable[Span], reviews: Mapping[str, Review]) -> tuple[Judgement, ...]:
    """Return a judgement for each paragraph that overlaps a span, in the order of the spans."""
    documents = {
        paragraph_id(span.review, section.slug, paragraph.number): None
        for span in spans
        for section, paragraph in paragraphs_of(reviews[span.review])
        if span.overlaps(span.review, paragraph.start, paragraph.end)
    }
    return tuple(Judgement(document) for document in documents)


@dataclass(frozen=True, slots=True)
class SectionText:
    """The slug, the heading and the paragraphs of a section; no paragraph is empty."""

    slug: str
    heading: str
    paragraphs: tuple[str, ...]


def one_line(text: str) -> str:
    """Replace each line break by a space, because a paragraph is one line. Offsets stay the same."""
    return "".join(" " if character in "\n\r" else character for character in text)


def build_review(slug: str, title: str, sections: Iterable[SectionText]) -> Review:
    """Return one review of a whole corpus, so that there is nothing to route and no title to name.

    Each paragraph is stored character for character.
    """
    texts: list[str] = []
    built: list[Section] = []
    offset = 0
    for section in sections:
        paragraphs = []
        for number, text in enumerate(section.paragraphs, start=1):
            paragraphs.append(Paragraph(number, offset, offset + len(text)))
            offset += len(text) + 1
        texts.extend(section.paragraphs)
        built.append(Section(section.slug, section.heading, tuple(paragraphs)))
    return Review(slug=slug, title=title, text="\n".join(texts), sections=tuple(built))
