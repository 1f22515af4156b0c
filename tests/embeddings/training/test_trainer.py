"""Training and exporting a real model of two layers on a few dozen windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from embeddings.errors import OutputError
from embeddings.reranking.reranker import OnnxReranker, pad, tokenise
from embeddings.training.__main__ import _make_folder
from embeddings.training.checkpoints import CheckpointError, mean_of_weights, open_checkpoints
from embeddings.training.examples import Answer
from embeddings.training.export import export
from embeddings.training.model import RerankerModel, scores
from embeddings.training.trainer import Features, Recipe, collate, featurise, fit, has_bf16, window_loss
from embeddings.training.windows import Window
from tests.embeddings.fixtures.tiny_rerankers import (
    ANSWERING,
    OTHERS,
    QUESTION,
    tiny_features,
    tiny_model,
    tiny_tokenizer,
)

RECIPE = Recipe(epochs=2, batch=8, rate=3e-3, head_rate=3e-3)


def _weights(model: RerankerModel) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def _scores(model: RerankerModel, windows: list[tuple[str, ...]]) -> list[list[float]]:
    tokens = [tokenise(tiny_tokenizer(), QUESTION, window) for window in windows]
    inputs = [torch.from_numpy(value) for value in pad(tokens, max(map(len, windows))).values()]
    with torch.no_grad():
        sentences, null, spans = model(*inputs)
        rows = scores(sentences, null, spans, inputs[3])
    return [row[: len(window)].tolist() for row, window in zip(rows, windows, strict=True)]


def test_the_model_learns_which_sentences_answer(model: RerankerModel) -> None:
    first, second = _scores(model, [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS[1:]])
    assert first[1] > 0 > max(first[0], first[2], *second)


def test_training_lowers_the_loss_on_new_windows(model: RerankerModel) -> None:
    unseen = collate(tiny_features(24, seed=9))
    with torch.no_grad():
        assert window_loss(model, unseen, RECIPE) < 0.2 * window_loss(tiny_model(), unseen, RECIPE)


def test_word_embeddings_are_frozen(model: RerankerModel) -> None:
    before, after = (one.state_dict()["encoder.embeddings.word_embeddings.weight"] for one in (tiny_model(), model))
    assert torch.equal(before, after)


def test_training_is_reproducible_by_its_seed() -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, tiny_features(16), RECIPE)
    fit(other, tiny_features(16), RECIPE)
    assert torch.equal(_weights(one), _weights(other))
    fit(other, tiny_features(16), replace(RECIPE, seed=2))
    assert not torch.equal(_weights(one), _weights(other))


class _StoppedError(Exception):
    pass


@pytest.mark.slow
def test_training_resumes_from_a_checkpoint_with_the_same_result(tmp_path: Path) -> None:
    whole = tiny_model()
    fit(whole, tiny_features(400), RECIPE)

    def stop(step: int, _steps: int, _loss: float) -> None:
        if step == 40:
            raise _StoppedError

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(_StoppedError):
        fit(tiny_model(), tiny_features(400), RECIPE, checkpoint=checkpoint, every=15, progress=stop)
    resumed = tiny_model(seed=5)
    fit(resumed, tiny_features(400), RECIPE, checkpoint=checkpoint, every=15)
    assert torch.equal(_weights(whole), _weights(resumed))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_checkpoint_of_another_recipe_is_ignored(tmp_path: Path) -> None:
    fit(tiny_model(), tiny_features(16), replace(RECIPE, rate=1e-3), checkpoint=tmp_path / "checkpoint.pt")
    resumed, fresh = tiny_model(), tiny_model()
    fit(resumed, tiny_features(16), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    fit(fresh, tiny_features(16), RECIPE)
    assert torch.equal(_weights(resumed), _weights(fresh))


def test_the_model_learns_in_bf16_with_weights_in_fp32() -> None:
    model = tiny_model()
    fit(model, tiny_features(48), replace(RECIPE, epochs=12, bf16=True))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    first, second = _scores(model, [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS[1:]])
    assert first[1] > 0 > max(first[0], first[2], *second)


def test_a_checkpoint_in_fp32_is_ignored_in_bf16(tmp_path: Path) -> None:
    fit(tiny_model(), tiny_features(16), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    steps: list[int] = []
    fit(
        tiny_model(),
        tiny_features(16),
        replace(RECIPE, bf16=True),
        checkpoint=tmp_path / "checkpoint.pt",
        progress=lambda step, _steps, _loss: steps.append(step),
    )
    assert steps == [4]


@pytest.mark.parametrize(("feature", "has"), [("avx512_bf16", True), ("amx_bf16", True), ("avx2", False)])
def test_bf16_needs_a_processor_that_has_it(feature: str, has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: True})
    assert has_bf16() is has


def test_the_exported_reranker_scores_like_the_trained_one(model: RerankerModel, tmp_path: Path) -> None:
    windows = [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS, (ANSWERING,)]
    expected = _scores(model, windows)
    for int8, tolerance in ((False, 1e-4), (True, 1.5)):
        file = tmp_path / "reranker.onnx"
        export(model, tiny_tokenizer(), file, int8=int8)
        reranker = OnnxReranker.open(file)
        assert [path.name for path in tmp_path.iterdir()] == ["reranker.onnx"]
        for row, wanted in zip(reranker.score(QUESTION, windows), expected, strict=True):
            assert row == pytest.approx(wanted, abs=tolerance)


def test_the_span_of_an_answer_is_its_tokens() -> None:
    tokenizer = tiny_tokenizer()
    features = featurise(Window(QUESTION, (OTHERS[0], ANSWERING), (1,), Answer(1, 12, 17)), tokenizer)
    assert features.span is not None
    first, last = features.span
    assert first == last
    assert tokenizer.id_to_token(features.tokens.ids[first]) == "quiet"
    assert features.tokens.owners[first] == 1


PAIRED = Window(QUESTION, (OTHERS[0], ANSWERING), (1,), Answer(1, 12, 17), perturbed="what is she ?")


def test_a_perturbed_question_gets_a_row_of_its_own_and_no_labels() -> None:
    tokenizer = tiny_tokenizer()
    items = [featurise(window, tokenizer) for window in (Window(QUESTION, OTHERS, ()), PAIRED)]
    batch = collate(items)
    assert batch.input_ids.shape[0] == 3
    assert (len(batch.gold), len(batch.spans), batch.paired.tolist()) == (2, 2, [1])
    assert items[1].perturbed is not None
    assert batch.input_ids[2][: len(items[1].perturbed.ids)].tolist() == list(items[1].perturbed.ids)
    # Nothing answers, so no question is perturbed.
    assert featurise(replace(PAIRED, gold=(), answer=None), tokenizer).perturbed is None


def _pair_scores(model: RerankerModel, item: Features) -> tuple[list[float], list[float]]:
    assert item.perturbed is not None
    inputs = [torch.from_numpy(value) for value in pad([item.tokens, item.perturbed], 2).values()]
    sentences, null, spans = model(*inputs)
    own, perturbed = scores(sentences, null, spans, inputs[3]).tolist()
    return own, perturbed


def test_the_loss_of_a_pair_is_what_the_margin_lacks() -> None:
    model = tiny_model().eval()
    item = featurise(PAIRED, tiny_tokenizer())
    with torch.no_grad():
        alone = window_loss(model, collate([replace(item, perturbed=None)]), RECIPE)
        paired = window_loss(model, collate([item]), replace(RECIPE, margin=50.0, pair_weight=0.5))
        own, other = _pair_scores(model, item)
    assert float(paired - alone) == pytest.approx(0.5 * (50.0 - own[1] + max(other)), rel=1e-4)


def test_training_moves_a_perturbed_question_below_its_original() -> None:
    item = featurise(PAIRED, tiny_tokenizer())
    recipe = replace(RECIPE, epochs=6, margin=12.0, pair_weight=4.0)

    def gap(features: list[Features]) -> float:
        model = tiny_model()
        fit(model, features, recipe)
        with torch.no_grad():
            own, perturbed = _pair_scores(model, item)
        return own[1] - max(perturbed)

    assert gap([*tiny_features(8), item]) > 1.5 + gap([*tiny_features(8), replace(item, perturbed=None)])


def test_a_checkpoint_of_other_windows_is_ignored(tmp_path: Path) -> None:
    fit(tiny_model(), tiny_features(16), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    resumed, fresh = tiny_model(), tiny_model()
    fit(resumed, tiny_features(16, seed=3), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    fit(fresh, tiny_features(16, seed=3), RECIPE)
    assert torch.equal(_weights(resumed), _weights(fresh))


def test_the_mean_of_checkpoints_is_the_mean_of_their_weights() -> None:
    one, other = (tiny_model(seed).state_dict() for seed in (1, 2))
    mean = mean_of_weights([one, other])
    assert torch.allclose(mean["null.weight"], (one["null.weight"] + other["null.weight"]) / 2)
    model = tiny_model()
    model.load_state_dict(mean)
    assert torch.equal(_weights(model), torch.cat([mean[name].flatten() for name, _ in model.named_parameters()]))


@pytest.mark.parametrize("content", [b"no checkpoint", None])
def test_what_is_no_checkpoint_is_an_error_with_its_path(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: (This is no checkpoint|The checkpoint can't be read)"):
        open_checkpoints([file])


def test_a_folder_with_other_files_is_not_trained_into(tmp_path: Path) -> None:
    (tmp_path / "model-card.md").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="This folder has other files than those of a training"):
        _make_folder(tmp_path)
