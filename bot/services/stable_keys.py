"""TBD."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from embeddings import Quote, Review, Section

_DIGEST_BYTES = 6  # 8 characters: a clash among 10,000 reviews or quotes has a chance of 1 in 5 million


@dataclass(frozen=True, slots=True)
class PassageKey:
    """A quote's place, by digests: `offset` counts from the beginning of its paragraph."""

    review: str
    section: str
    paragraph: int
    offset: int
    length: int
    words: str


def review_key(review: Review) -> str:
    """The digest by which buttons know a review."""
    return slug_key(review.collection, review.slug)


def slug_key(collection: str, slug: str) -> str:
    """The digest by which buttons know the review of that slug in that collection."""
    return _digest(f"{collection}\0{slug}")


def section_key(section: Section) -> str:
    """The digest by which buttons know a section of a review."""
    return _digest(section.slug)


def passage_key(review: Review, quote: Quote) -> PassageKey:
    """The digest of a quote's place and words.

    Raises:
        KeyError: the quote's section or paragraph is not in the review, which has been edited since.
    """
    section = review.section(quote.section)
    for paragraph in section.paragraphs:
        if paragraph.number == quote.paragraph:
            return PassageKey(
                review_key(review),
                section_key(section),
                paragraph.number,
                quote.start - paragraph.start,
                quote.end - quote.start,
                _digest(review.text[quote.start : quote.end]),
            )
    raise KeyError(quote.paragraph)


def find_review(reviews: Iterable[Review], key: str) -> Review | None:
    """The review of that key among those given, or None."""
    return next((review for review in reviews if review_key(review) == key), None)


def find_section(review: Review, key: str) -> Section | None:
    """The section of that key, or None."""
    return next((section for section in review.sections if section_key(section) == key), None)


def find_passage(review: Review, key: PassageKey) -> tuple[Section, int, int] | None:
    """Where the quote stands now: its section, and its offsets into the review's text; None where it is gone.

    The paragraph is looked for in its own section first, nearest to its old number, then in the others.
    """
    sections = sorted(review.sections, key=lambda section: section_key(section) != key.section)
    for section in sections:
        for paragraph in sorted(section.paragraphs, key=lambda place: abs(place.number - key.paragraph)):
            start = paragraph.start + key.offset
            end = start + key.length
            if end <= paragraph.end and _digest(review.text[start:end]) == key.words:
                return section, start, end
    return None


def _digest(text: str) -> str:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES)
    return urlsafe_b64encode(digest.digest()).decode("ascii")
