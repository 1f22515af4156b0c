"""Comparing a reranker with the shipped one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from embeddings.answering.calibration import RerankerCalibration, Thresholds
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.evaluation.datasets.task import Task
from embeddings.evaluation.metrics import Measure
from embeddings.library import Library
from embeddings.reranking.reranker import RerankerIdentity
from embeddings.training import judge as module
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.held_out import Removal, half, held_out_task
from embeddings.training.judge import Candidate, table
from embeddings.training.windows import Window

PLACES = range(30)
SET = QuestionSet(
    "made",
    tuple(Paragraph((f"Lamp {place} is good.", f"It is {place}5 pounds.")) for place in PLACES),
    tuple(map(str, PLACES)),
    tuple(
        Example(f"How good is lamp {place}?", place, (1,), Answer(1, 6, 15), (f"{place}5 pounds",)) for place in PLACES
    ),
)


class _Scorer:
    """A reranker that scores sentences by a function of the question and the sentence."""

    def __init__(self, name: str, score_of: Callable[[str, str], float]) -> None:
        self.identity = RerankerIdentity(name, name)
        self._score_of = score_of

    def score(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        return [[self._score_of(question, sentence) for sentence in window] for window in windows]


def _candidate(name: str, score_of: Callable[[str, str], float]) -> Candidate:
    return Candidate(name, _Scorer(name, score_of), RerankerCalibration(Thresholds(0.0, 0.0), 0.0, 10.0))


def _answers(question: str, sentence: str) -> float:
    number = question.rstrip("?").rpartition(" ")[2]
    return 9.0 * (f"is {number}5 pounds" in sentence)


def _prefers_long(_question: str, sentence: str) -> float:
    return float(len(sentence))


def _prefers_short(_question: str, sentence: str) -> float:
    return -float(len(sentence))


def _task() -> Task:
    return held_out_task(SET, 20, 1, Removal.ANSWERS)


def test_the_halves_share_no_document_and_are_all_of_the_set() -> None:
    choosing, final = (half(SET, final=final).examples for final in (False, True))
    assert not {example.paragraph for example in choosing} & {example.paragraph for example in final}
    assert sorted((*choosing, *final), key=lambda example: example.paragraph) == list(SET.examples)
    assert choosing
    assert final


def test_the_rows_are_the_differences_to_the_shipped_reranker(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, better = _candidate("shipped", _prefers_short), _candidate("better", _answers)
    ((whole, opinions), (same, _)) = module._task_rows(_task(), encoder, tmp_path, shipped, [better, shipped])
    name, found = whole
    assert name == "made, answers removed (20)"
    assert opinions[0] == "made, answers removed, opinions (20)"
    value, difference = found[Measure.BEST_SENTENCE]
    assert value >= 0.8
    assert 0 < difference.low <= difference.value <= difference.high
    assert {changed.value for _, changed in same[1].values()} == {0.0}
    assert table(better, [whole]).splitlines()[4].startswith("| made, answers removed (20) | ")

    # What the shipped reranker answered is read from its file, as long as the questions are the same.
    asked = []
    monkeypatch.setattr(_Scorer, "score", lambda *_: asked.append(1))
    library_run = module._shipped_run
    with closing(Library.of(_task().reviews, tmp_path / "again", encoder)) as library:
        file = tmp_path / "shipped" / "made-answers-removed.json"
        assert len(library_run(library, _task(), file, shipped).results) == 20
    assert asked == []


def test_windows_are_compared_with_the_shipped_reranker() -> None:
    short, long = "It is.", "It is a much longer sentence."
    questions = [
        [Window("What?", (short, long), (1,))],
        [Window("What?", (long, short), (0,))],
        [Window("What?", (short,), ())],
        [Window("What?", ("No.", "Yes."), ())],
    ]
    ((name, found),) = module._window_rows(
        "made", questions, _candidate("shipped", _prefers_short), [_candidate("better", _prefers_long)]
    )
    assert name == "made (4)"
    assert found[Measure.AUROC][0] == 1.0
    assert found[Measure.BEST_SENTENCE][0] == found[Measure.BEST_SENTENCE][1].value == 1.0
