"""Evaluating a reranker on a held-out task, and its model card."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.answering.calibration import RerankerCalibration, Thresholds
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.reranking.reranker import OnnxReranker
from embeddings.training.decontaminate import ngrams_and_questions, without_overlap
from embeddings.training.examples import Example, Paragraph, QuestionSet
from embeddings.training.export import export
from embeddings.training.held_out import Removal, held_out_task
from embeddings.training.mixture import Mix
from embeddings.training.model import RerankerModel
from embeddings.training.model_card import model_card
from embeddings.training.trainer import Recipe
from embeddings.training.validate import CARD_MEASURES, evaluate_reranker, validate_windows
from tests.embeddings.fixtures.tiny_rerankers import tiny_tokenizer, tiny_windows


@pytest.mark.slow
def test_the_model_card_has_each_measure_without_and_with_the_reranker(
    model: RerankerModel, encoder: OnnxEncoder, tmp_path: Path
) -> None:
    export(model, tiny_tokenizer(), tmp_path / "reranker.onnx")
    reranker = OnnxReranker.open(tmp_path / "reranker.onnx")
    paragraphs = tuple(Paragraph((f"she is film {number} .", f"film {number} is quiet .")) for number in range(20))
    examples = tuple(Example(f"what is film {number} ?", number, (1,)) for number in range(20))
    question_set = QuestionSet("QED", paragraphs, tuple(map(str, range(20))), examples)
    task = held_out_task(question_set, 100, 1, Removal.ANSWERS)

    found = evaluate_reranker(task, encoder, reranker, RerankerCalibration(Thresholds(0.0, 0.0), 0.0, 4.0))

    assert (found.all.without.questions, found.all.without.answerable) == (20, 10)
    card = model_card(
        digest="ab" * 32,
        size=1_500_000,
        recipe=Recipe(),
        mean_of=["seed-1", "seed-2"],
        mix=Mix(),
        windows={"QED": 5},
        overlaps=[without_overlap(question_set, *ngrams_and_questions([question_set]))[1]],
        figures={"int8": validate_windows(reranker, tiny_windows(20))},
        evaluations=[found],
    ).splitlines()
    assert f"- SHA-256: `{'ab' * 32}`" in card
    assert "- Training: mean of the weights of seed-1 and seed-2, 5 windows, one epoch, in fp32" in card
    row = next(line for line in card[card.index("### QED, answers removed") :] if line.startswith("| all (20) |"))
    for measure, cell in zip(CARD_MEASURES, row.strip("| ").split(" | ")[1:], strict=True):
        without, reranked = (found.all.without.estimates[measure], found.all.reranked.estimates[measure])
        assert cell.startswith(f"{without.value:.3f} → {reranked.value:.3f}")
    assert "| what (20) |" in "\n".join(card)
