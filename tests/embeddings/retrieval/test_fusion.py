from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.config import RankingSettings
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from embeddings.records import Hit, Review
from embeddings.retrieval.fusion import Ranking, _best, _min_max, _say_the_same
from embeddings.retrieval.retriever import best_cosine
from tests.embeddings.fixtures.encoders import RecordingEncoder
from tests.embeddings.fixtures.reviews import review

SENTENCES = (
    "Kathy drives across England and remembers Hailsham.",
    "Ruth keeps Tommy from her out of fear.",
    "The donors complete after three donations or four.",
    "Grey skies hang over the countryside.",
    "Nobody runs away, and the film never says why.",
    "Miss Emily explains the gallery to them.",
    "The score swells where the actors would do.",
    "A boat lies stranded on the beach.",
    "Their voices never rise.",
    "The novel is by Kazuo Ishiguro.",
)
QUESTIONS = ("Why does nobody run away?", "what is the gallery", "who wrote the book?", "boats", "is it any good?")


def _made(slug: str, seed: int, sections: int) -> Review:
    random = Random(seed)
    return review(
        slug,
        {
            f"Part {number}": [
                " ".join(
                    f"{random.choice(SENTENCES)[:-1]} {random.randrange(99)}." for _ in range(random.randint(1, 4))
                )
                for _ in range(random.randint(1, 4))
            ]
            for number in range(sections)
        },
    )


@pytest.fixture(scope="module")
def made(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Library]:
    """Opens one index of three reviews with the given settings."""
    directory = tmp_path_factory.mktemp("ranking") / "index"
    reviews = [_made("one", 1, 8), _made("two", 2, 3), _made("three", 3, 1)]

    def opened(**settings: float) -> Library:
        return Library.of(reviews, directory, encoder, ranking=RankingSettings(**settings))  # type: ignore[arg-type]

    return opened


def _places(hits: Sequence[Hit]) -> list[tuple[str, int, list[int]]]:
    return [(hit.review, hit.start, [sentence.start for sentence in hit.sentences]) for hit in hits]


def _scores(hits: Sequence[Hit]) -> list[float]:
    return [score for hit in hits for score in (hit.score, *(sentence.score for sentence in hit.sentences))]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("within", [None, "one", "two"])
@pytest.mark.slow
def test_enough_candidates_give_the_ranking_of_everything(
    made: Callable[..., Library], question: str, within: str | None
) -> None:
    exact = made().search(question, 100, review=within)
    candidates = made(exact=0, candidates=1000).search(question, 100, review=within)
    assert _places(candidates) == _places(exact)
    assert _scores(candidates) == pytest.approx(_scores(exact), abs=1e-6)


def test_a_few_candidates_give_the_same_first_passage(library: Library) -> None:
    settings = RankingSettings(exact=0, candidates=10)
    few = library.reopened(ranking=settings)
    questions = ["What is a deferral?", "Who plays Ruth?", "why do they not run away", "What is Hailsham?"]
    assert [few.search(question, 1)[0].start for question in questions] == [
        library.search(question, 1)[0].start for question in questions
    ]


def test_a_hit_has_every_sentence_of_its_passage_once_best_first(made: Callable[..., Library]) -> None:
    for library in (made(), made(exact=0, candidates=3)):
        for hit in library.search("the gallery and the beach", 50):
            assert [s.score for s in hit.sentences] == sorted((s.score for s in hit.sentences), reverse=True)
            spans = sorted((sentence.start, sentence.end) for sentence in hit.sentences)
            assert spans[0][0] == hit.start
            assert spans[-1][1] == hit.end
            text = library.review(hit.review).text
            assert all(text[end:start].isspace() for (_, end), (start, _) in pairwise(spans))


def test_hits_are_distinct_passages_best_first_and_at_most_k(made: Callable[..., Library]) -> None:
    library = made()
    everything = library.search("Kathy", 10_000)
    assert len(everything) == library.manifest.collections[0].reviews[-1].passages[1]
    assert len({(hit.review, hit.start) for hit in everything}) == len(everything)
    assert [hit.score for hit in everything] == sorted((hit.score for hit in everything), reverse=True)
    assert library.search("Kathy", 3) == everything[:3]
    assert library.search("Kathy", 0) == ()
    assert library.search("Kathy", -5) == ()


def test_the_same_question_has_the_same_answer_every_time(made: Callable[..., Library]) -> None:
    assert len({made().run(question="why never a voice?", k=50) for _ in range(3)}) == 1


@pytest.mark.parametrize("factor", [5.0, 0.01])
@pytest.mark.slow
def test_scaling_every_vector_changes_no_score_and_no_order(
    encoder: OnnxEncoder, tmp_path: Path, factor: float
) -> None:
    reviews = [_made("one", 1, 3), _made("two", 2, 2)]
    plain = Library.of(reviews, tmp_path / "plain", encoder)
    scaled = Library.of(reviews, tmp_path / "scaled", RecordingEncoder(encoder, factor))
    for question in QUESTIONS:
        found, expected = scaled.search(question, 50), plain.search(question, 50)
        assert _places(found) == _places(expected)
        assert _scores(found) == pytest.approx(_scores(expected), abs=2e-4)
        assert scaled.ask(question).confidence == pytest.approx(plain.ask(question).confidence, abs=2e-4)
        followed = plain.ask("and why?", context=(question,))
        assert scaled.ask("and why?", context=(question,)).confidence == pytest.approx(followed.confidence, abs=2e-4)


def test_equal_sentences_have_equal_scores_and_stay_in_order(encoder: OnnxEncoder, tmp_path: Path) -> None:
    alike = review("alike", {f"Part {number}": ["The film is quiet."] for number in range(7)})
    library = Library.of([alike], tmp_path, encoder)
    hits = library.search("Is the film loud?", 10)
    assert [(hit.section, hit.score, hit.sentences[0].score) for hit in hits] == [
        (f"part-{number}", 0.0, 0.0) for number in range(7)
    ]


@given(st.floats(-1, 1, width=32), st.integers(0, 20))
def test_a_constant_list_scores_nothing(value: float, length: int) -> None:
    assert _min_max(np.full(length, value, np.float32)).tolist() == [0.0] * length


def test_noise_in_the_last_bits_counts_as_constant() -> None:
    assert _min_max(np.array([0.5, np.nextafter(np.float32(0.5), 1), 0.5], np.float32)).tolist() == [0, 0, 0]


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30).filter(lambda xs: max(xs) - min(xs) > 1e-3))
def test_min_max_spans_0_to_1_and_keeps_the_order(values: list[float]) -> None:
    scaled = _min_max(np.array(values, np.float32))
    assert scaled.min() == 0
    assert scaled.max() == 1
    assert all(low <= high for low, high in pairwise(scaled[np.argsort(values, kind="stable")]))


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(-2, 35))
def test_the_best_positions_have_the_highest_scores_with_ties_in_order(scores: list[int], k: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[: max(0, k)]
    assert _best(np.array(scores, np.float32), k).tolist() == expected


def test_no_candidates_give_no_ranking() -> None:
    ranking = Ranking([], RankingSettings())
    assert ranking.hits(5) == ()
    assert ranking.sentences(5) == ()
    assert best_cosine([]) == 0.0


SEEN = (
    "This film was seen at the Odeon cinema in York.",
    "This film was seen at the Odeon cinema in York!",
    "The film was seen at the Odeon cinema, in York.",
    "THIS FILM WAS SEEN AT THE ODEON CINEMA IN YORK",
)
ELSEWHERE = "This film was seen at the Everyman cinema in Leeds."


@pytest.mark.parametrize("spellings", [1, len(SEEN)])
@pytest.mark.parametrize("settings", [RankingSettings(), RankingSettings(exact=0, candidates=10)])
@pytest.mark.slow
def test_sentences_that_repeat_one_another_leave_room_for_what_one_review_says(
    encoder: OnnxEncoder, tmp_path: Path, spellings: int, settings: RankingSettings
) -> None:
    repeated = [
        review(f"r{number}", {"A": [f"Number {number} is slow.", SEEN[number % spellings]]}) for number in range(120)
    ]
    library = Library.of(
        [*repeated, review("other", {"A": ["Quiet.", ELSEWHERE]})], tmp_path, encoder, ranking=settings
    )
    quotes = [quote.text for quote in library.ask("At which cinema was the film seen?").quotes]
    assert ELSEWHERE in quotes
    assert len(set(quotes).intersection(SEEN)) <= 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SEEN[0], ELSEWHERE),
        (SEEN[0], "This film was seen at the Odeon cinema in Hull."),
        (SEEN[0], "This film was seen at the Odeon cinema in York on Monday."),
        (SEEN[0], "This film was seen at the Odeon 2 cinema in York."),
        ("The film is good.", "The film is not good."),
        ("They don't love the film.", "They love the film."),
        ("The first half of the film is quiet.", "The second half of the film is quiet."),
        ("Kathy loves Tommy.", "Tommy loves Kathy."),
        ("I rated it 7 out of 10.", "I rated it 8 out of 10."),
    ],
)
def test_sentences_that_differ_in_what_they_say_are_no_duplicates(one: str, other: str) -> None:
    assert not _say_the_same(one, other)
    assert not _say_the_same(other, one)


@pytest.mark.parametrize("other", SEEN[1:])
def test_sentences_that_differ_in_articles_and_marks_say_the_same(other: str) -> None:
    assert _say_the_same(SEEN[0], other)
    assert _say_the_same(other, SEEN[0])
