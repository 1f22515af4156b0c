"""What is promised of every quote of every answer, held against random reviews and questions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.answering.calibration import Thresholds
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import QuestionError
from embeddings.library import Library
from embeddings.records import Review, State
from tests.embeddings.fixtures.reviews import FRAGMENTS, check_quotes, paragraphs, place, reviews

EVERYTHING = Thresholds(answered=0.0, nearest=0.0)
"""Under which every question is answered, so that quotes can be looked at."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    reviews=st.tuples(reviews(slug="one"), reviews(slug="two")),
    questions=st.lists(paragraphs() | st.sampled_from(FRAGMENTS), min_size=1, max_size=3),
    context=st.lists(paragraphs(), max_size=1),
)
def test_a_quote_is_a_slice_of_its_review_and_its_citation_is_right(
    encoder: OnnxEncoder, reviews: tuple[Review, ...], questions: list[str], context: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library.of(reviews, Path(folder), encoder, thresholds=EVERYTHING)
        assert library.reviews() == reviews
        for question in questions:
            try:
                examination = library.examine(question, k=100, context=context)
            except QuestionError:
                continue
            answer = examination.answer
            assert answer.question == question
            assert answer.quotes
            check_quotes(answer.quotes, library)
            for hit in examination.hits:
                source = library.review(hit.review)
                found = place(source, hit.start, hit.end)
                assert (hit.section, hit.paragraph) == (found.section, found.paragraph)
                assert all(hit.start <= sentence.start < sentence.end <= hit.end for sentence in hit.sentences)
        library.close()


@pytest.mark.parametrize(
    "question",
    ["What is a deferral?", "who plays ruth", "is it any good?", "hailsham", "why does nobody run away?", "the ending"],
)
def test_quotes_from_the_owners_review_are_as_promised(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.state is not State.UNANSWERED
    check_quotes(answer.quotes, library)
