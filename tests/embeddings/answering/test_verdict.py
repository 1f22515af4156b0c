"""Whether a work is any good is answered with the sentences that judge it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from tests.embeddings.fixtures.reviews import review

BOOK = review(
    "the-salt-road",
    {
        "Introduction": ["I bought The Salt Road at an airport. It was raining.", "Good bread is sold at the harbour."],
        "Plot": ["A girl walks to the sea with a good man. Her brother follows. The best horse dies first."],
        "Verdict": ["The book is dull where it should hurt. Read something else."],
    },
    author="Ada Marsh",
)


@pytest.fixture(scope="module")
def book(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with closing(Library.of([BOOK], tmp_path_factory.mktemp("verdict") / "index", encoder)) as library:
        yield library


@pytest.mark.parametrize(
    "question", ["is it any good?", "is it worth reading?", "did Ada like it?", "What did Ada Marsh think?"]
)
def test_the_sentence_that_judges_the_work_is_quoted_first(book: Library, question: str) -> None:
    assert "The book is dull where it should hurt." in book.ask(question).quotes[0].text


def test_a_sentence_that_names_the_work_and_judges_it_comes_before_one_about_its_scenes(library: Library) -> None:
    assert "one of the most haunting and humane films of its decade" in library.ask("is it any good?").quotes[0].text


def test_any_other_question_is_answered_by_the_ranking(book: Library) -> None:
    assert "Good bread is sold at the harbour." in book.ask("is the bread good?").quotes[0].text
