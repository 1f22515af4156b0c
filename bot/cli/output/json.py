"""Answers and reviews as JSON. Other programs read these, so a key is never renamed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embeddings import Rating, hit_record, quote_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings import Answer, Choice, Fact, Hit, Listing, Review, Section

Json = dict[str, Any]


def answer_as_json(answer: Answer) -> Json:
    """Return what `review-bot ask --json` prints."""
    return {
        "question": answer.question,
        "state": answer.state.value,
        "confidence": answer.confidence,
        "quotes": [quote_record(quote) for quote in answer.quotes],
        "listing": None if answer.listing is None else _listing(answer.listing),
        "choices": [_choice(choice) for choice in answer.choices],
        "absent": answer.absent
        and {"name": answer.absent.name, "nearest": [_choice(choice) for choice in answer.absent.nearest]},
    }


def _choice(choice: Choice) -> Json:
    return {"review": choice.review, "title": choice.title}


def _listing(listing: Listing) -> Json:
    return {
        "heading": listing.heading,
        "total": listing.total,
        "reviews": [
            {
                "review": entry.review,
                "title": entry.title,
                "facts": {name: _fact(fact) for name, fact in entry.facts.items()},
                "quotes": [quote_record(quote) for quote in entry.quotes],
            }
            for entry in listing.entries
        ],
        "names": [{"name": name, "reviews": count} for name, count in listing.names],
    }


def hits_as_json(hits: Sequence[Hit]) -> Json:
    """Return what `review-bot search --json` prints."""
    return {"hits": [hit_record(hit) for hit in hits]}


def reviews_as_json(reviews: Sequence[Review]) -> Json:
    """Return what `review-bot reviews --json` prints. `sections` is their number."""
    keys = ("slug", "title", "work", "year", "author", "source", "aliases")
    return {
        "reviews": [
            {key: getattr(review, key) for key in keys}
            | {"sections": len(review.sections), "facts": {name: _fact(fact) for name, fact in review.facts.items()}}
            for review in reviews
        ]
    }


def _fact(fact: Fact) -> Json | Fact:
    return asdict(fact) if isinstance(fact, Rating) else fact


def sections_as_json(review: Review) -> Json:
    """Return what `review-bot sections --json` prints. `paragraphs` is their number."""
    return {
        "review": review.slug,
        "title": review.title,
        "sections": [
            {
                "number": number,
                "section": section.slug,
                "heading": section.heading,
                "paragraphs": len(section.paragraphs),
                "spoiler": section.spoiler,
            }
            for number, section in enumerate(review.sections, start=1)
        ],
    }


def section_as_json(review: Review, section: Section) -> Json:
    """Return what `review-bot section --json` prints."""
    return {
        "review": review.slug,
        "title": review.title,
        "section": section.slug,
        "heading": section.heading,
        "spoiler": section.spoiler,
        "paragraphs": [
            {
                "paragraph": paragraph.number,
                "text": review.text[paragraph.start : paragraph.end],
                "start": paragraph.start,
                "end": paragraph.end,
            }
            for paragraph in section.paragraphs
        ],
    }
