"""Windows that a library cuts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from embeddings.config import RERANKER_WINDOW_CHARACTERS, RERANKER_WINDOW_SENTENCES
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.training import library_windows as module
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.library_windows import library_windows
from embeddings.training.styles import StyledQuestion

COLOURS = ("red", "green", "blue", "white")
SET = QuestionSet(
    "made",
    tuple(
        Paragraph((f"The {colour} boat left the harbour.", "It rained.", f"Its sail costs {number}5 pounds."))
        for number, colour in enumerate(COLOURS, start=1)
    ),
    COLOURS,
    tuple(
        Example(f"How much is the sail of the {colour} boat?", place, (2,), None, (f"{place + 1}5 pounds",))
        for place, colour in enumerate(COLOURS)
    ),
)


def _asked_twice(example: Example, _rng: random.Random) -> StyledQuestion:
    return StyledQuestion(example.question, "Did it rain?")


def _plain(example: Example, _rng: random.Random) -> StyledQuestion:
    return StyledQuestion(example.question)


def test_the_windows_are_what_the_library_reads(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GONE_SHARE", 0.0)
    monkeypatch.setattr(module, "CUT_SHARE", 0.0)
    found = library_windows(SET, _asked_twice, encoder, tmp_path, questions=9, each=None, seed=1)
    assert len(found) == len(SET.examples)
    for windows, example in zip(
        sorted(found, key=lambda each: COLOURS.index(each[0].document)), SET.examples, strict=True
    ):
        # With the question before it, as the library gives it to the reranker.
        assert {window.question for window in windows} == {f"Did it rain? {example.question}"}
        assert all(len(window.sentences) <= RERANKER_WINDOW_SENTENCES for window in windows)
        assert all(len(" ".join(window.sentences)) <= RERANKER_WINDOW_CHARACTERS for window in windows)
        (answering,) = [window for window in windows if window.gold]
        (place,) = answering.gold
        assert answering.sentences[place] == SET.paragraphs[example.paragraph].sentences[2]
        assert answering.answer == Answer(place, 15, 24)
    (one, *_) = library_windows(SET, _plain, encoder, tmp_path, questions=9, each=1, seed=1)
    assert len(one) == 1
    assert one[0].gold


@pytest.mark.parametrize(("gone", "cut"), [(0.6, 0.0), (0.0, 1.0)])
def test_a_question_whose_answer_was_removed_has_no_window_that_answers(
    gone: float, cut: float, encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GONE_SHARE", gone)
    monkeypatch.setattr(module, "CUT_SHARE", cut)
    found = library_windows(SET, _plain, encoder, tmp_path, questions=9, each=None, seed=3)
    answered = [any(window.gold for window in windows) for windows in found]
    # Of four paragraphs, the seed removes three.
    assert sum(answered) == (0 if cut else 1)
    texts = [" ".join(window.sentences) for windows in found for window in windows]
    assert any("rained" in text for text in texts)
    if cut:
        assert not any("pounds" in text for text in texts)


def test_a_window_that_has_the_answer_elsewhere_is_left_out(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GONE_SHARE", 0.0)
    monkeypatch.setattr(module, "CUT_SHARE", 1.0)
    paragraphs = (Paragraph(("The bill was paid.", "It was 15 pounds.")), Paragraph(("Somebody else paid 15 pounds.",)))
    example = Example("How much was the bill?", 0, (1,), None, ("15 pounds",))
    made = QuestionSet("made", paragraphs, ("one", "one"), (example, Example("Who else paid?", 1, ())))
    found = library_windows(made, _plain, encoder, tmp_path, questions=1, each=None, seed=1)
    asked = {windows[0].question: [window.sentences for window in windows] for windows in found}
    assert asked["How much was the bill?"] == [("The bill was paid.",)]
