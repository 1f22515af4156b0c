"""Windows of examples."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from embeddings.config import RERANKER_WINDOW_SENTENCES
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.windows import WindowMix, make_windows

SENTENCES = tuple(f"Sentence number {number} is about subject {number}." for number in range(8))
SMALL = QuestionSet(
    "small",
    (Paragraph(SENTENCES), Paragraph(("Nothing like it stands here.", "Nor here, about subject matters."))),
    ("one", "two"),
    (
        Example("What is sentence three about?", 0, (3,), Answer(3, 27, 36), ("subject 3",)),
        Example("What does Number Four say?", 0, (4, 5), None, ("subject 4",)),
        Example("What was never said?", 1, ()),
    ),
)


@given(seed=st.integers(0, 10_000))
def test_windows_are_consecutive_sentences_with_their_gold_ones(seed: int) -> None:
    mix = WindowMix(positive=2.0, removed=1.0, similar=1.0, renamed=0.0, impossible=1.0)
    for window in make_windows(SMALL, mix, seed):
        assert 1 <= len(window.sentences) <= RERANKER_WINDOW_SENTENCES
        example = next(example for example in SMALL.examples if example.question == window.question)
        gold = {SMALL.paragraphs[example.paragraph].sentences[place] for place in example.gold}
        assert {window.sentences[place] for place in window.gold} == gold.intersection(window.sentences)
        if window.answer is not None:
            words = window.sentences[window.answer.sentence][window.answer.start : window.answer.end]
            assert words in example.answers


def test_windows_are_reproducible_by_their_seed() -> None:
    assert make_windows(SMALL, WindowMix(), 3) == make_windows(SMALL, WindowMix(), 3)


def test_a_renamed_question_is_not_answered_by_its_window() -> None:
    given_set = QuestionSet(
        "names",
        (Paragraph(("Kathy drives the van.", "There Ruth waits for Tommy.")),),
        ("one",),
        (Example("What does Kathy drive?", 0, (0,), None, ("the van",)),),
    )
    (window,) = make_windows(given_set, WindowMix(positive=0, removed=0, similar=0, renamed=1), 1)
    assert window.question in ("What does Ruth drive?", "What does Tommy drive?")
    assert window.gold == ()
