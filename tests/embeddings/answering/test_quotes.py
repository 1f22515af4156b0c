"""Which sentences are quoted, on hand-made rankings; what holds for every quote, on random reviews and questions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.answering.calibration import Thresholds
from embeddings.answering.models import Models
from embeddings.answering.quotes import choose_quotes, make_answer
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import QuestionError
from embeddings.library import Library
from embeddings.records import Answer, Review, State
from embeddings.retrieval.fusion import RankedSentence
from tests.embeddings.fixtures.reviews import FRAGMENTS, check_quotes, paragraphs, place, review, reviews

EVERYTHING = Thresholds(answered=0.0, nearest=0.0)
"""Thresholds under which every question is answered."""

FILM = review(
    "film",
    {
        "One": [
            "The first is here. The second is here. The third is here. The fourth is here. The fifth is here.",
            "The sixth is here. The seventh is here.",
        ],
        "Two": ["The eighth is here. The first is here. The ninth is here."],
        "Three": ["Ruth waits for him. She lies to him. It hurts her badly. That ends it all. He goes away then."],
        "Four": ["Brilliant.", "The girl is shy. The boy is loud. Never mind. So the end says:"],
    },
)
"""Sentences in rows 0 to 19: five and two in the first section, three, five, one and four in the others."""

Answering = Callable[..., Answer]


@pytest.fixture(scope="module")
def answering(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Answering:
    """Makes an answer of the sentences in these rows, best first, each by `step` worse than the one before."""
    film = Library.of([FILM], tmp_path_factory.mktemp("answering") / "index", encoder)
    (index,) = film._collections.visible(["shared"])

    def answer(*rows: int, confidence: float = 0.9, step: float = 0.01) -> Answer:
        ranked = [RankedSentence(index, row, 2 - rank * step) for rank, row in enumerate(rows)]
        given = make_answer("why?", choose_quotes(ranked), confidence, Thresholds(answered=0.5, nearest=0.4))
        check_quotes(given.quotes, film)
        return given

    return answer


@pytest.mark.parametrize(
    ("rows", "quotes"),
    [
        pytest.param(
            (4, 0, 7, 2),
            ["The fifth is here.", "The first is here.", "The eighth is here."],
            id="best three, best first",
        ),
        pytest.param((2,), ["The third is here."], id="one"),
        pytest.param(
            (3, 7, 4), ["The fourth is here. The fifth is here.", "The eighth is here."], id="neighbours share a quote"
        ),
        pytest.param((1, 0, 2), ["The first is here. The second is here. The third is here."], id="three neighbours"),
        pytest.param(
            (0, 2, 7, 1),
            ["The first is here. The second is here. The third is here.", "The eighth is here."],
            id="a sentence joins two quotes",
        ),
        pytest.param(
            (0, 1, 2, 3), ["The first is here. The second is here. The third is here."], id="at most three sentences"
        ),
        pytest.param(
            (0, 1, 3, 2), ["The first is here. The second is here.", "The fourth is here."], id="never four by joining"
        ),
        pytest.param((4, 5), ["The fifth is here.", "The sixth is here."], id="paragraphs stay apart"),
        pytest.param((6, 7), ["The seventh is here.", "The eighth is here."], id="sections stay apart"),
        pytest.param((8, 0, 5), ["The first is here.", "The sixth is here."], id="the same words once"),
    ],
)
def test_quotes_are_chosen(answering: Answering, rows: tuple[int, ...], quotes: list[str]) -> None:
    assert [quote.text for quote in answering(*rows).quotes] == quotes


def test_another_quote_begins_only_where_it_is_nearly_as_good_as_the_best_one(answering: Answering) -> None:
    quotes = answering(0, 1, 4, 7, 3, step=0.11).quotes
    assert [quote.text for quote in quotes] == [
        "The first is here. The second is here.",
        "The fourth is here. The fifth is here.",
    ]


@pytest.mark.parametrize(
    ("rows", "quotes"),
    [
        pytest.param((11,), ["Ruth waits for him. She lies to him."], id="one sentence before"),
        pytest.param((12,), ["She lies to him. It hurts her badly."], id="one even if that points back too"),
        pytest.param(
            (13, 12, 14), ["It hurts her badly. That ends it all. He goes away then."], id="never a fourth sentence"
        ),
        pytest.param(
            (14, 12, 11),
            ["That ends it all. He goes away then.", "Ruth waits for him. She lies to him. It hurts her badly."],
            id="in each quote",
        ),
        pytest.param(
            (10, 12), ["Ruth waits for him.", "She lies to him. It hurts her badly."], id="up to another quote"
        ),
        pytest.param(
            (14, 13, 12, 11),
            ["It hurts her badly. That ends it all. He goes away then."],
            id="not into what was left out",
        ),
    ],
)
def test_a_quote_that_points_back_takes_in_the_sentence_before(
    answering: Answering, rows: tuple[int, ...], quotes: list[str]
) -> None:
    assert [quote.text for quote in answering(*rows).quotes] == quotes


@pytest.mark.parametrize(
    ("rows", "quotes"),
    [
        pytest.param((18,), ["The boy is loud. Never mind."], id="the sentence before few words"),
        pytest.param((17, 18), ["The boy is loud. Never mind."], id="few words beside others"),
        pytest.param((15,), ["Brilliant."], id="few words alone in their paragraph"),
        pytest.param((15, 0), ["The first is here."], id="another quote rather than few words"),
        pytest.param((19,), ["So the end says:"], id="a colon that ends its paragraph"),
        pytest.param((19, 0), ["The first is here."], id="another quote rather than a colon"),
        pytest.param((19, 15), ["So the end says:"], id="the better one of two that say little"),
    ],
)
def test_a_quote_that_says_little_alone_takes_in_its_neighbour_or_is_left_out(
    answering: Answering, rows: tuple[int, ...], quotes: list[str]
) -> None:
    assert [quote.text for quote in answering(*rows).quotes] == quotes


@pytest.mark.parametrize(
    ("confidence", "state"),
    [
        (1.0, State.ANSWERED),
        (0.5, State.ANSWERED),
        (0.49, State.NEAREST),
        (0.4, State.NEAREST),
        (0.39, State.UNANSWERED),
    ],
)
def test_the_confidence_decides_the_state(answering: Answering, confidence: float, state: State) -> None:
    given = answering(0, confidence=confidence)
    assert (given.state, given.confidence, given.question) == (state, confidence, "why?")
    assert bool(given.quotes) is (state is not State.UNANSWERED)


def test_no_sentences_give_no_answer(answering: Answering) -> None:
    assert answering() == Answer("why?", State.UNANSWERED, 0.9, ())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    reviews=st.tuples(reviews(slug="one"), reviews(slug="two")),
    questions=st.lists(paragraphs() | st.sampled_from(FRAGMENTS), min_size=1, max_size=3),
    context=st.lists(paragraphs(), max_size=1),
)
@pytest.mark.slow
def test_a_quote_is_a_slice_of_its_review_and_its_citation_is_right(
    encoder: OnnxEncoder, reviews: tuple[Review, ...], questions: list[str], context: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library.of(reviews, Path(folder), Models(encoder, thresholds=EVERYTHING))
        assert library.reviews() == reviews
        for question in questions:
            try:
                result = library.run(question, k=100, context=context)
            except QuestionError:
                continue
            assert result.answer.question == question
            texts = [text for review in reviews for text in review.text.split("\n")]
            assert result.answer.quotes or not encoder.encode(texts).any(axis=1).all()
            check_quotes(result.answer.quotes, library)
            for hit in result.hits:
                source = library.review(hit.review)
                found = place(source, hit.start, hit.end)
                assert (hit.section, hit.paragraph) == (found.section, found.paragraph)
                assert all(hit.start <= sentence.start < sentence.end <= hit.end for sentence in hit.sentences)
        library.close()


@pytest.mark.parametrize(
    "question",
    ["What is a deferral?", "who plays ruth", "is it any good?", "hailsham", "why does nobody run away?", "the ending"],
)
def test_quotes_from_the_owners_review_are_slices_of_it(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.state is not State.UNANSWERED
    check_quotes(answer.quotes, library)


def test_the_same_review_in_two_collections_is_quoted_once(encoder: OnnxEncoder, tmp_path: Path) -> None:
    copies = [
        review("film", {"One": ["A heron waits in the shade."]}, collection=collection)
        for collection in ("shared", "42")
    ]
    library = Library.of(copies, tmp_path, encoder)
    answer = library.ask("what waits in the shade", collections=("shared", "42"))
    assert [quote.text for quote in answer.quotes] == ["A heron waits in the shade."]
