"""Short digests of reviews, sections and quotes, which buttons carry and which survive edits of a review.

A slug may be too long for a button, and offsets move when a review is edited.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from embeddings import Quote, Review, ReviewFields, Section

_DIGEST_BYTES = 6  # 8 characters: a clash among 10,000 reviews or quotes has a chance of 1 in 5 million


@dataclass(frozen=True, slots=True)
class PassageKey:
    """A quote's place and words, by digests.

    Attributes:
        review: the review's key.
        section: the section's key.
        paragraph: the paragraph's number within the section.
        offset: where the quote starts within the paragraph, in characters.
        length: the quote's length, in characters.
        words: the digest of its text.
    """

    review: str
    section: str
    paragraph: int
    offset: int
    length: int
    words: str


def review_key(review: Review) -> str:
    """Return the key of a review."""
    return slug_key(review.collection, review.slug)


def slug_key(collection: str, slug: str) -> str:
    """Return the key of the review with a slug in a collection."""
    return _digest(f"{collection}\0{slug}")


def section_key(section: Section) -> str:
    """Return the key of a section within its review."""
    return _digest(section.slug)


def fields_key(fields: ReviewFields) -> str:
    """Return the digest of a review's fields, which tells whether they are still those that a form shows."""
    return _digest(repr(fields))


def passage_key(review: Review, quote: Quote) -> PassageKey:
    """Return the key of a quote.

    Raises:
        KeyError: the review has been edited and lacks the quote's section or paragraph.
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
    """Return the review with a key, or None."""
    return next((review for review in reviews if review_key(review) == key), None)


def find_section(review: Review, key: str) -> Section | None:
    """Return the section with a key, or None."""
    return next((section for section in review.sections if section_key(section) == key), None)


def find_passage(review: Review, key: PassageKey) -> tuple[Section, int, int] | None:
    """Return the quote's section and its offsets in the review's text, or None if the text has changed.

    Paragraphs of its own section come first, the nearest to its old number before the others.
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
