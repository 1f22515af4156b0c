from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from embeddings.index.document_store import DocumentStore, write_records
from embeddings.records import Paragraph, Review, Section, review_to_json, to_plain

REVIEWS = (
    Review("a", "A “title”", "One.\nTwo \ud800.", (Section("s", "S", (Paragraph(1, 0, 4), Paragraph(2, 5, 11))),)),
    Review("b", "B", "Three.", (Section("t", "T", (Paragraph(1, 0, 6),), spoiler=True),), aliases=("B.", "Bee")),
)


def test_reviews_are_read_as_they_were_stored(tmp_path: Path) -> None:
    ends = write_records(tmp_path / "reviews.jsonl", map(review_to_json, REVIEWS))
    stored = DocumentStore(tmp_path / "reviews.jsonl", ends)
    assert tuple(stored.get(number) for number in range(2)) == REVIEWS
    assert [stored.record(number) for number in range(2)] == list(map(review_to_json, REVIEWS))


@pytest.mark.parametrize("review", REVIEWS, ids=lambda review: review.slug)
def test_a_record_is_the_review_as_json(review: Review) -> None:
    assert json.loads(review_to_json(review).decode(errors="surrogatepass")) == json.loads(
        json.dumps(asdict(review), default=to_plain)
    )
