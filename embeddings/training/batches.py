"""Turn windows into the tensors that the model is trained on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from embeddings.config import RERANKER_WINDOW_SENTENCES
from embeddings.reranking.reranker import Tokens, pad, tokenise
from embeddings.training.windows import Window


@dataclass(frozen=True, slots=True)
class Features:
    """A window as the model reads it.

    Attributes:
        tokens: the question and the sentences.
        gold: the indices of the sentences that answer.
        span: the first and last token of the answer; (0, 0) where nothing answers, None where the answer is not marked.
    """

    tokens: Tokens
    gold: tuple[int, ...]
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Features of similar length, padded. The first four are the inputs of `RerankerModel.forward`.

    Attributes:
        present: shape (windows, sentences), 1 where there is a sentence.
        gold: shape (windows, sentences), 1 where the sentence answers.
        spans: shape (windows, 2), the first and last token of the answer; -100 where they are unknown.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    members: Tensor
    present: Tensor
    gold: Tensor
    spans: Tensor


def featurise(window: Window, tokenizer: Tokenizer) -> Features:
    """Return the features of a window; sentences beyond the token limit are truncated."""
    tokens = tokenise(tokenizer, window.question, window.sentences)
    gold = tuple(place for place in window.gold if place in tokens.owners)
    return Features(tokens, gold, _span(window, tokens) if gold else (0, 0))


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
    padded = pad([item.tokens for item in group], RERANKER_WINDOW_SENTENCES)
    inputs = {name: torch.from_numpy(value) for name, value in padded.items()}
    gold = torch.zeros((len(group), RERANKER_WINDOW_SENTENCES))
    spans = torch.full((len(group), 2), -100, dtype=torch.long)
    for row, item in enumerate(group):
        for place in item.gold:
            gold[row, place] = 1.0
        if item.span is not None:
            spans[row] = torch.tensor(item.span)
    return Batch(**inputs, present=(inputs["members"].sum(dim=2) > 0).float(), gold=gold, spans=spans)
