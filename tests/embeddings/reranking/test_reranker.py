"""The reranker: what it reads, what becomes of it, and how answers go on without it."""

from __future__ import annotations

import itertools
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.calibration import UNCALIBRATED_RERANKER, Calibration, RerankerCalibration, Thresholds
from embeddings.answering.confidence import confidence, reranker_factor
from embeddings.config import (
    RERANKER_CHARACTERS,
    RERANKER_CONFIDENCE_SHARE,
    RERANKER_MAX_TOKENS,
    RERANKER_WINDOW_CHARACTERS,
    RERANKER_WINDOW_SENTENCES,
)
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import CalibrationError, RerankerError
from embeddings.library import Library
from embeddings.records import NO_RERANKER, SHIPPED
from embeddings.reranking.rerank import rerank
from embeddings.reranking.reranker import DIGEST, OnnxReranker, RerankerIdentity, packaged, tokenise
from embeddings.retrieval.fusion import rank
from embeddings.retrieval.query import encode_queries, rewrite
from embeddings.retrieval.retriever import Scope
from tests.embeddings.fixtures.tiny_rerankers import tiny_tokenizer


@pytest.fixture(scope="module")
def reranker() -> OnnxReranker:
    return OnnxReranker.open()


@pytest.fixture(scope="module")
def read_library(library: Library, encoder: OnnxEncoder, reranker: OnnxReranker) -> Library:
    """The owner's review, its closest sentences read again."""
    return Library(
        library.directory, library.manifest, calibration=library.calibration, encoder=encoder, reranker=reranker
    )


def test_the_shipped_reader_knows_which_sentence_answers(reranker: OnnxReranker) -> None:
    windows = [
        ("The film was shot in a disused clock factory.", "Its owner asked for no rent."),
        ("Nobody in the film owns a watch.",),
    ]
    (factory, rent), (watch,) = reranker.read("Where was the film shot?", windows)
    assert factory > 0 > max(rent, watch)
    (factory, rent), (watch,) = reranker.read("How much did the owner of the factory ask for?", windows)
    assert rent > max(factory, watch)


def test_the_shipped_reader_is_the_pinned_file_and_small(reranker: OnnxReranker) -> None:
    assert reranker.identity == RerankerIdentity("reranker", DIGEST)
    assert packaged().stat().st_size <= 25_000_000


def test_nothing_to_read_gives_no_scores(reranker: OnnxReranker) -> None:
    assert reranker.read("What is it?", []) == []


def test_a_sentence_beyond_what_is_read_scores_minus_infinity(reranker: OnnxReranker) -> None:
    long = "word " * (2 * RERANKER_MAX_TOKENS)
    (scores,) = reranker.read("What is it?", [(long, "Out of reach.")])
    assert math.isfinite(scores[0])
    assert scores[1] == -math.inf


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂" * 50, "Ж" * 300, "\u202e\u200b\x00"])
def test_any_text_can_be_read(reranker: OnnxReranker, text: str) -> None:
    for (scores,) in (reranker.read(text, [("A film.", text)]), reranker.read("What is it?", [(text, "A film.")])):
        assert len(scores) == 2
        assert not any(math.isnan(score) for score in scores)


@given(st.lists(st.text(alphabet="abc film.", min_size=1, max_size=20), min_size=1, max_size=5))
def test_every_token_of_the_sentences_belongs_to_one_of_them_in_order(sentences: list[str]) -> None:
    tokens = tokenise(tiny_tokenizer(), "what is a film ?", sentences)
    inside = [owner for owner in tokens.owners if owner >= 0]
    assert inside == sorted(inside)
    assert set(inside) <= set(range(len(sentences)))
    starts = [0, *itertools.accumulate(len(sentence) + 1 for sentence in sentences)]
    for owner, (start, end) in zip(tokens.owners, tokens.offsets, strict=True):
        if owner >= 0:
            assert starts[owner] <= start < end < starts[owner + 1]


class _Longest:
    """Takes the longest sentence for the answer, and remembers what it was given."""

    identity = RerankerIdentity("longest", "0" * 64)

    def __init__(self) -> None:
        self.windows: list[list[str]] = []

    def read(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        assert question
        self.windows = [list(window) for window in windows]
        return [[float(len(sentence)) for sentence in window] for window in windows]


def test_windows_are_runs_of_neighbours_around_the_closest_sentences(library: Library, encoder: OnnxEncoder) -> None:
    longest = _Longest()
    text = library.review("never-let-me-go").text
    Library(library.directory, library.manifest, encoder=encoder, reranker=longest).ask("What is a deferral?")
    assert longest.windows
    for window in longest.windows:
        assert " ".join(window) in text
        assert len(window) <= RERANKER_WINDOW_SENTENCES
        assert len(window) == 1 or len(" ".join(window)) <= RERANKER_WINDOW_CHARACTERS
    read = [sentence for window in longest.windows for sentence in window]
    assert len(set(read)) == len(read)
    assert sum(len(" ".join(window)) for window in longest.windows[:-1]) < RERANKER_CHARACTERS


def test_the_reader_reorders_sentences_and_leaves_passages_where_they_were(
    library: Library, encoder: OnnxEncoder
) -> None:
    question = "What does the review say about acting?"
    before = library.examine(question)
    after = Library(library.directory, library.manifest, encoder=encoder, reranker=_Longest()).examine(question)
    assert [replace(hit, sentences=()) for hit in after.hits] == [replace(hit, sentences=()) for hit in before.hits]
    for old, new in zip(before.hits, after.hits, strict=True):
        assert {(sentence.start, sentence.end) for sentence in old.sentences} == {
            (sentence.start, sentence.end) for sentence in new.sentences
        }
        scores = [sentence.score for sentence in new.sentences]
        assert scores == sorted(scores, reverse=True)
    assert [hit.sentences for hit in after.hits] != [hit.sentences for hit in before.hits]


def test_a_reader_without_a_share_changes_no_order(library: Library) -> None:
    (index,) = library._visible(("shared",))
    (asked,) = encode_queries([rewrite("What is a deferral?", (), library.encoder, [index.words])], library.encoder)
    sentences = rank(asked.query, [Scope.whole(index)], library.ranking).sentences(20)
    kept = rerank("What is a deferral?", sentences, _Longest(), share=0.0)
    read = [sentence for sentence in kept.sentences if sentence.score >= 1]
    assert [sentence.row for sentence in read] == [
        sentence.row for sentence in sentences if sentence.row in {other.row for other in read}
    ]
    assert {sentence.row for sentence in kept.sentences} == {sentence.row for sentence in sentences}


def test_quotes_stay_slices_of_the_text_with_the_reader(read_library: Library) -> None:
    text = read_library.review("never-let-me-go").text
    answer = read_library.ask("Who plays Kathy?")
    assert answer.quotes
    assert all(quote.text == text[quote.start : quote.end] for quote in answer.quotes)


def test_asking_twice_gives_the_same_answer(read_library: Library) -> None:
    assert read_library.ask("Is the ending sad?") == read_library.ask("Is the ending sad?")


def test_without_a_reader_the_answer_is_the_rankings(library: Library) -> None:
    opened = Library(library.directory, library.manifest, encoder=library.encoder, reranker=NO_RERANKER)
    assert opened.reranker is None
    assert opened.reranker_problem is None
    assert opened.reranker_calibration is None


@pytest.mark.parametrize("damage", ["missing", "truncated", "another file"])
def test_a_reader_that_cannot_be_had_is_one_line_and_answers_go_on(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    file = tmp_path / "reader.onnx"
    if damage == "truncated":
        shutil.copy(packaged(), file)
        with file.open("r+b") as stream:
            stream.truncate(1000)
    elif damage == "another file":
        file.write_bytes(b"not a reranker")
    monkeypatch.setattr("embeddings.reranking.reranker.packaged", lambda: file)
    bare = Library(library.directory, library.manifest, calibration=library.calibration, encoder=library.encoder)
    damaged = Library(
        library.directory,
        library.manifest,
        calibration=library.calibration,
        encoder=library.encoder,
        reranker=SHIPPED,
    )
    assert damaged.ask("What is a deferral?") == bare.ask("What is a deferral?")
    assert damaged.reranker_problem is not None
    assert str(file) in damaged.reranker_problem
    assert "install the package again" in damaged.reranker_problem
    assert "\n" not in damaged.reranker_problem


def test_a_file_that_is_no_reader_is_told(tmp_path: Path) -> None:
    (tmp_path / "some.onnx").write_bytes(b"nonsense")
    with pytest.raises(RerankerError, match=r"some\.onnx: not a reranker"):
        OnnxReranker.open(tmp_path / "some.onnx")


def test_a_reader_that_nobody_calibrated_is_told(library: Library) -> None:
    opened = Library(library.directory, library.manifest, encoder=library.encoder, reranker=_Longest())
    assert not opened.calibrated
    assert opened.reranker_calibration == UNCALIBRATED_RERANKER
    known = Calibration(None, {_Longest.identity.weights: RerankerCalibration(Thresholds(0.4, 0.2), 1.0, 2.0)})
    chosen = Library(
        library.directory, library.manifest, calibration=known, encoder=library.encoder, reranker=_Longest()
    )
    assert chosen.calibrated
    assert chosen.thresholds == Thresholds(0.4, 0.2)


@given(cosine=st.floats(0, 1), lower=st.floats(-1e6, 1e6), higher=st.floats(-1e6, 1e6))
def test_a_surer_reader_never_lowers_the_confidence(cosine: float, lower: float, higher: float) -> None:
    lower, higher = sorted((lower, higher))
    scale = RerankerCalibration(Thresholds(0.5, 0.4), middle=0.5, spread=3.0)
    low, high = (confidence(cosine, reading=reranker_factor(best, scale)) for best in (lower, higher))
    assert 0 <= low <= high <= min(1.0, cosine * (1 + RERANKER_CONFIDENCE_SHARE) + 1e-12)


def test_a_reader_that_read_nothing_changes_no_confidence() -> None:
    assert reranker_factor(None, UNCALIBRATED_RERANKER) == 1.0


@pytest.mark.parametrize("scale", [(np.nan, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, np.inf), (np.inf, 1.0)])
def test_a_readers_scale_must_be_finite_and_wide(scale: tuple[float, float]) -> None:
    with pytest.raises(CalibrationError, match="run `review-bot calibrate`"):
        RerankerCalibration(Thresholds(0.5, 0.4), *scale)
