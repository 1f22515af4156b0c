"""Train a reranker on windows, with checkpoints to resume from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from embeddings.training.batches import Batch, Features, batches
from embeddings.training.model import MASKED, RerankerModel

Progress = Callable[[int, int, float], None]
"""Receives the number of steps done, the number of all steps, and the mean loss since the last call."""

_REPORT_STEPS = 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a reranker is trained.

    Attributes:
        epochs: passes over the windows.
        batch: the number of windows in a batch.
        rate: the encoder's highest learning rate.
        head_rate: the heads' highest learning rate.
        warm_up: the share of the steps in which the rates rise; then they fall to zero.
        positive_weight: the weight of a sentence that answers, relative to one that doesn't.
        span_weight: the weight of the span's loss.
        seed: of the weights, the windows and their order.
        bf16: compute matrix products in bf16 (see `has_bf16`); the weights and their updates stay in fp32.
    """

    epochs: int = 1
    batch: int = 32
    rate: float = 1.5e-4
    head_rate: float = 8e-4
    warm_up: float = 0.05
    positive_weight: float = 2.0
    span_weight: float = 0.5
    seed: int = 1
    bf16: bool = False


def has_bf16() -> bool:
    """Return True if the processor has bf16 instructions; without them bf16 is slower than fp32."""
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def fit(
    model: RerankerModel,
    features: Sequence[Features],
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    every: int = 200,
    progress: Progress | None = None,
) -> None:
    """Train a model in place, with frozen word embeddings. It resumes from a checkpoint of the same recipe and windows.

    The checkpoint is replaced in one step after `every` steps, and stays after the training.
    """
    model.encoder.get_input_embeddings().weight.requires_grad_(False)
    heads = [parameter for name, parameter in model.named_parameters() if not name.startswith("encoder.")]
    body = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    groups = [{"params": body, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = recipe.epochs * -(-len(features) // recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _learning_rate(step, steps, recipe.warm_up))
    name = f"{recipe} {len(features)} {steps}"
    stateful = {"model": model, "optimiser": optimiser, "schedule": schedule}
    done = _resume(checkpoint, name, stateful)
    # No dropout: with such a small model and one epoch it does more harm than good.
    model.eval()
    step, losses = 0, []
    for epoch in range(recipe.epochs):
        for batch in batches(features, recipe.batch, f"{recipe.seed} {epoch}"):
            step += 1
            if step <= done:
                continue
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.bf16):
                loss = window_loss(model, batch, recipe)
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it untyped
            torch.nn.utils.clip_grad_norm_(body + heads, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if step % _REPORT_STEPS == 0 or step == steps:
                if progress is not None:
                    progress(step, steps, sum(losses) / len(losses))
                losses.clear()
            if checkpoint is not None and (step % every == 0 or step == steps):
                _save_checkpoint(checkpoint, name, step, stateful)


def window_loss(model: RerankerModel, batch: Batch, recipe: Recipe) -> Tensor:
    """Return the loss: each sentence alone, all sentences against "none of them", and the span of the answer."""
    sentences, null, spans = model(batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.members)
    each = functional.binary_cross_entropy_with_logits(
        sentences, batch.gold, reduction="none", pos_weight=torch.tensor(recipe.positive_weight)
    )
    each = (each * batch.present).sum() / batch.present.sum()
    # Any gold sentence is correct, and "none of them" where there is none.
    logits = torch.cat((null.unsqueeze(1), sentences + (1.0 - batch.present) * MASKED), dim=1)
    right = torch.cat(((batch.gold.sum(dim=1, keepdim=True) == 0).float(), batch.gold), dim=1)
    best = torch.logsumexp(logits + (1.0 - right) * MASKED, dim=1)
    among = (torch.logsumexp(logits, dim=1) - best).mean()
    readable = batch.members.sum(dim=1)
    readable[:, 0] = 1.0
    masked = spans + ((1.0 - readable) * MASKED).unsqueeze(2)
    if bool((batch.spans[:, 0] >= 0).any()):
        words = functional.cross_entropy(masked.transpose(1, 2).flatten(0, 1), batch.spans.flatten(), ignore_index=-100)
    else:
        words = torch.zeros(())
    return each + among + recipe.span_weight * words


def _learning_rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(warm_up * steps))
    return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))


def _save_checkpoint(path: Path, name: str, step: int, stateful: Mapping[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.new")
    torch.save({"name": name, "step": step} | {key: part.state_dict() for key, part in stateful.items()}, beside)
    os.replace(beside, path)  # noqa: PTH105 - it replaces an existing file on every system


def _resume(path: Path | None, name: str, stateful: Mapping[str, Any]) -> int:
    """Load the state of a checkpoint of that name, and return its step; 0 where there is none."""
    if path is None or not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["name"] != name:
        return 0
    for key, part in stateful.items():
        part.load_state_dict(state[key])
    return int(state["step"])
