"""Train a reranker on batches of windows, with checkpoints to resume from."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embeddings.config import RERANKER_WINDOW_SENTENCES
from embeddings.reranking.reranker import Tokens, pad, tokenise
from embeddings.training.model import MASKED, RerankerModel, scores
from embeddings.training.windows import Window

Progress = Callable[[int, int, float], None]
"""Receives the number of steps done, the number of all steps, and the mean loss since the last call."""

_REPORT_STEPS = 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a reranker is trained."""

    epochs: int = 1  # passes over the windows
    batch: int = 32  # the number of windows in a batch
    rate: float = 1.5e-4  # the encoder's highest learning rate
    head_rate: float = 8e-4  # the heads' highest learning rate
    warm_up: float = 0.05  # the share of the steps in which the rates rise; then they fall to zero
    positive_weight: float = 2.0  # the weight of a sentence that answers, relative to one that doesn't
    span_weight: float = 0.5  # the weight of the span's loss
    # How much higher a sentence that answers must score with its own question than any with a perturbed one. A guess:
    # the scores of windows have a standard deviation of 3.
    margin: float = 2.0
    pair_weight: float = 1.0  # the weight of the loss of a pair, relative to that of a window. A guess.
    seed: int = 1  # of the order of the windows
    # The seed of the heads' first weights. If it is the same, rerankers of other seeds can be averaged.
    heads: int = 1
    bf16: bool = False  # compute matrix products in bf16 (see `has_bf16`); the weights and their updates stay in fp32


@dataclass(frozen=True, slots=True)
class Features:
    """A window as the model reads it."""

    tokens: Tokens  # the question and the sentences
    gold: tuple[int, ...]  # the indices of the sentences that answer
    # The first and last token of the answer; (0, 0) where nothing answers, None where the answer is not marked.
    span: tuple[int, int] | None
    perturbed: Tokens | None = None  # the sentences with a question that they don't answer


@dataclass(frozen=True, slots=True)
class Batch:
    """Features of similar length, padded. The first four are the inputs of `RerankerModel.forward`.

    The inputs have a row for each window, and then one for each perturbed question.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    members: Tensor
    present: Tensor  # shape (rows, sentences), 1 where there is a sentence
    gold: Tensor  # shape (windows, sentences), 1 where the sentence answers
    spans: Tensor  # shape (windows, 2), the first and last token of the answer; -100 where they are unknown
    paired: Tensor  # shape (perturbed questions,), the row of the window of each


def featurise(window: Window, tokenizer: Tokenizer) -> Features:
    """Return the features of a window; sentences beyond the token limit are truncated."""
    tokens = tokenise(tokenizer, window.question, window.sentences)
    gold = tuple(place for place in window.gold if place in tokens.owners)
    perturbed = None
    if window.perturbed is not None and gold:
        perturbed = tokenise(tokenizer, window.perturbed, window.sentences)
    return Features(tokens, gold, _span(window, tokens) if gold else (0, 0), perturbed)


def _span(window: Window, tokens: Tokens) -> tuple[int, int] | None:
    if window.answer is None:
        return None
    before = sum(len(sentence) + 1 for sentence in window.sentences[: window.answer.sentence])
    left, right = before + window.answer.start, before + window.answer.end
    inside = [
        place
        for place, (start, end) in enumerate(tokens.offsets)
        if tokens.owners[place] >= 0 and start < right and left < end
    ]
    return (inside[0], inside[-1]) if inside else None


def batches(features: Sequence[Features], size: int, seed: str) -> Iterator[Batch]:
    """Yield batches of windows of similar length, in random order."""
    rng = random.Random(seed)
    order = list(range(len(features)))
    rng.shuffle(order)
    # Only chunks are sorted, so that batches differ between epochs.
    chunk = 64 * size
    groups: list[list[int]] = []
    for start in range(0, len(order), chunk):
        part = sorted(order[start : start + chunk], key=lambda place: len(features[place].tokens.ids))
        groups.extend(part[low : low + size] for low in range(0, len(part), size))
    rng.shuffle(groups)
    for group in groups:
        yield collate([features[place] for place in group])


def collate(group: Sequence[Features]) -> Batch:
    """Return one batch of the windows."""
    paired = [row for row, item in enumerate(group) if item.perturbed is not None]
    perturbed = [item.perturbed for item in group if item.perturbed is not None]
    padded = pad([*(item.tokens for item in group), *perturbed], RERANKER_WINDOW_SENTENCES)
    inputs = {name: torch.from_numpy(value) for name, value in padded.items()}
    gold = torch.zeros((len(group), RERANKER_WINDOW_SENTENCES))
    spans = torch.full((len(group), 2), -100, dtype=torch.long)
    for row, item in enumerate(group):
        for place in item.gold:
            gold[row, place] = 1.0
        if item.span is not None:
            spans[row] = torch.tensor(item.span)
    present = (inputs["members"].sum(dim=2) > 0).float()
    return Batch(**inputs, present=present, gold=gold, spans=spans, paired=torch.tensor(paired, dtype=torch.long))


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
    every: int = 100,
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
    name = f"{recipe} {len(features)} {_digest(features)}"
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
    """Return the loss: each sentence alone, all sentences against "none of them", the span of the answer, and pairs."""
    outputs = model(batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.members)
    windows = len(batch.gold)
    sentences, null, spans = (output[:windows] for output in outputs)
    present, members = batch.present[:windows], batch.members[:windows]
    each = functional.binary_cross_entropy_with_logits(
        sentences, batch.gold, reduction="none", pos_weight=torch.tensor(recipe.positive_weight)
    )
    each = (each * present).sum() / present.sum()
    # Any gold sentence is correct, and "none of them" where there is none.
    logits = torch.cat((null.unsqueeze(1), sentences + (1.0 - present) * MASKED), dim=1)
    right = torch.cat(((batch.gold.sum(dim=1, keepdim=True) == 0).float(), batch.gold), dim=1)
    best = torch.logsumexp(logits + (1.0 - right) * MASKED, dim=1)
    among = (torch.logsumexp(logits, dim=1) - best).mean()
    readable = members.sum(dim=1)
    readable[:, 0] = 1.0
    masked = spans + ((1.0 - readable) * MASKED).unsqueeze(2)
    if bool((batch.spans[:, 0] >= 0).any()):
        words = functional.cross_entropy(masked.transpose(1, 2).flatten(0, 1), batch.spans.flatten(), ignore_index=-100)
    else:
        words = torch.zeros(())
    loss = each + among + recipe.span_weight * words
    if len(batch.paired):
        loss = loss + recipe.pair_weight * _pair_loss(outputs, batch, recipe.margin)
    return loss


def _pair_loss(outputs: tuple[Tensor, Tensor, Tensor], batch: Batch, margin: float) -> Tensor:
    """Return how much the scores of pairs are closer than the margin, over the number of windows."""
    found = scores(*outputs, batch.members)
    windows = len(batch.gold)
    own = (found[batch.paired] + (1.0 - batch.gold[batch.paired]) * MASKED).max(dim=1).values
    perturbed = (found[windows:] + (1.0 - batch.present[windows:]) * MASKED).max(dim=1).values
    return functional.relu(margin - own + perturbed).sum() / windows


def _learning_rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(warm_up * steps))
    return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))


def _digest(features: Sequence[Features]) -> str:
    """Return a digest (hex) of all tokens and labels."""
    digest = hashlib.sha256()
    for item in features:
        perturbed = item.perturbed.ids if item.perturbed is not None else None
        digest.update(repr((item.tokens.ids, item.gold, item.span, perturbed)).encode())
    return digest.hexdigest()


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
