"""Reviews made in memory, by hand and at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from embeddings.library import Library
from embeddings.records import SHARED, Paragraph, Quote, Review, Section

FRAGMENTS = (
    "The film is quiet, and it trusts its actors.",
    "Who is the carer?",
    "Ruth lies. Tommy screams! Kathy waits…",
    "“She’d never say so,” he wrote. “Not to me.”",
    "In 2010 (a cold year), Mr. Romanek finished it.",
    "Не отпускай меня — фильм о памяти.",
    "わたしを離さないで。静かな映画だ。",
    "🎬🍿 ten out of ten 👩‍👩‍👧",
    "e\u0301tude na\u00efve ﬁne ½",
    "\u202eright to left\u202c",
    "שלום, עולם. زوروا المتحف.",
    "no full stop at all; a dash – and another",
    "The film is quiet, and it trusts its actors.",
)


def review(slug: str, content: Mapping[str, Sequence[str]], **metadata: object) -> Review:
    """A review of sections with paragraphs, by heading; a section's slug is its heading in lower case, hyphenated."""
    text = ""
    sections = []
    for heading, paragraphs in content.items():
        places = []
        for number, paragraph in enumerate(paragraphs, start=1):
            start = len(text) + 1 if text else 0
            text = f"{text}\n{paragraph}" if text else paragraph
            places.append(Paragraph(number, start, start + len(paragraph)))
        sections.append(Section(heading.casefold().replace(" ", "-"), heading, tuple(places)))
    values: dict[str, object] = {"title": slug.replace("-", " ").title()} | metadata
    return Review(slug=slug, text=text, sections=tuple(sections), **values)  # type: ignore[arg-type]


def paragraphs() -> st.SearchStrategy[str]:
    """A paragraph on one line, with at least one character to be seen."""
    odd = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30)
    words = st.lists(st.sampled_from(FRAGMENTS) | odd, min_size=1, max_size=5).map(" ".join)
    return words.map(lambda text: " ".join(text.split()) or "Nothing.")


@st.composite
def reviews(draw: st.DrawFn, slug: str = "odd", collection: str = SHARED) -> Review:
    """A review of one to three sections."""
    sections = draw(st.lists(st.lists(paragraphs(), min_size=1, max_size=3), min_size=1, max_size=3))
    return review(slug, {f"Section {n}": section for n, section in enumerate(sections)}, collection=collection)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of a review stands, by the review itself."""

    section: str
    heading: str
    paragraph: int


def place(review: Review, start: int, end: int) -> Place:
    """The one paragraph that holds a stretch."""
    (found,) = [
        Place(section.slug, section.heading, paragraph.number)
        for section in review.sections
        for paragraph in section.paragraphs
        if paragraph.start <= start < end <= paragraph.end
    ]
    return found


def check_quotes(quotes: Sequence[Quote], library: Library, collections: Sequence[str] = (SHARED,)) -> None:
    """Hold an answer's quotes to all that is promised of them."""
    assert [quote.label for quote in quotes] == list(range(1, len(quotes) + 1))
    assert len(quotes) <= 3
    assert [quote.score for quote in quotes] == sorted((quote.score for quote in quotes), reverse=True)
    for quote in quotes:
        (source,) = [
            review
            for review in library.reviews(collections=collections)
            if (review.collection, review.slug) == (quote.collection, quote.review)
        ]
        assert quote.text == source.text[quote.start : quote.end]
        assert quote.text == quote.text.strip() != ""
        assert quote.title == source.title
        assert Place(quote.section, quote.heading, quote.paragraph) == place(source, quote.start, quote.end)
    assert len({quote.text.casefold() for quote in quotes}) == len(quotes)
    for one in quotes:
        for other in quotes:
            if one is not other and (one.collection, one.review) == (other.collection, other.review):
                assert one.end <= other.start or other.end <= one.start
