from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.config import RERANKER_MAX_TOKENS
from embeddings.errors import RerankerError
from embeddings.reranking.reranker import DIGEST, OnnxReranker, RerankerIdentity, shipped_file, tokenise
from tests.embeddings.fixtures.tiny_rerankers import tiny_tokenizer


def test_the_shipped_reranker_scores_the_sentence_that_answers_highest(reranker: OnnxReranker) -> None:
    windows = [
        ("The film was shot in a disused clock factory.", "Its owner asked for no rent."),
        ("Nobody in the film owns a watch.",),
    ]
    (factory, rent), (watch,) = reranker.score("Where was the film shot?", windows)
    assert factory > 0 > max(rent, watch)
    (factory, rent), (watch,) = reranker.score("How much did the owner of the factory ask for?", windows)
    assert rent > max(factory, watch)


def test_the_shipped_reranker_is_the_pinned_file_and_small(reranker: OnnxReranker) -> None:
    assert reranker.identity == RerankerIdentity("reranker", DIGEST)
    assert shipped_file().stat().st_size <= 25_000_000


def test_no_windows_give_no_scores(reranker: OnnxReranker) -> None:
    assert reranker.score("What is it?", []) == []


@pytest.mark.parametrize(
    "question",
    ["What is a film" + "?" * 500, "映画の監督" * 40, "the quiet film " * 60, "Ж" * 480, "word " * RERANKER_MAX_TOKENS],
)
def test_a_long_question_leaves_room_for_every_sentence(reranker: OnnxReranker, question: str) -> None:
    windows = [
        ("A film.",),
        ("わたしを離さないで。" * 5, "静かな映画だ。" * 9),
        ("word " * (2 * RERANKER_MAX_TOKENS), "It ends."),
    ]
    assert all(math.isfinite(score) for scores in reranker.score(question, windows) for score in scores)


def test_of_a_long_question_the_end_is_read(reranker: OnnxReranker) -> None:
    windows = [("The film was shot in a disused clock factory.",), ("Nobody in the film owns a watch.",)]
    ((factory,), (watch,)) = reranker.score("I saw it again last night. " * 40 + "Where was the film shot?", windows)
    assert factory > watch + 1


def test_a_sentence_that_the_first_pass_has_no_room_for_is_scored_as_alone(reranker: OnnxReranker) -> None:
    long = "word " * (2 * RERANKER_MAX_TOKENS)
    ((_, last),) = reranker.score("What is it?", [(long, "It is a film.")])
    assert [[last]] == reranker.score("What is it?", [("It is a film.",)])


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂" * 50, "Ж" * 300, "\u202e\u200b\x00"])
def test_any_text_has_scores(reranker: OnnxReranker, text: str) -> None:
    for (scores,) in (reranker.score(text, [("A film.", text)]), reranker.score("What is it?", [(text, "A film.")])):
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


def test_a_file_that_is_no_reranker_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.onnx").write_bytes(b"nonsense")
    with pytest.raises(RerankerError, match=r"some\.onnx: This is not a reranker"):
        OnnxReranker.open(tmp_path / "some.onnx")
