"""Turn windows into the tensors that the model is trained on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from embeddings.config import RERANKER_WINDOW_SENTENCES
from embeddings.reranking.reranker import Tokens, tokenise
from embeddings.training.windows import Window


@dataclass(frozen=True, slots=True)
class Features:
    """The token ids of a window.

    Attributes:
        ids: the tokens.
        kinds: 0 for the question, 1 for the sentences.
        owners: the index of each token's sentence, or -1.
        gold: the indices of the sentences that answer.
        span: the first and last token of the answer; (0, 0) where nothing answers, None where the answer is not marked.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    owners: tuple[int, ...]
    gold: tuple[int, ...]
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Features of similar length, padded. The shapes are those of `RerankerModel.forward`.

    Attributes:
        input_ids: the tokens.
        attention_mask: 0 for padding.
        token_type_ids: 0 for the question, 1 for the sentences.
        members: 1 where a token belongs to a sentence.
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
    visible = frozenset(tokens.owners)
    gold = tuple(place for place in window.gold if place in visible)
    span: tuple[int, int] | None = (0, 0)
    if gold:
        span = _span(window, tokens)
    return Features(tokens.ids, tokens.kinds, tokens.owners, gold, span)


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
        part = sorted(order[start : start + chunk], key=lambda place: len(features[place].ids))
        groups.extend(part[low : low + size] for low in range(0, len(part), size))
    rng.shuffle(groups)
    for group in groups:
        yield collate([features[place] for place in group])


def collate(group: Sequence[Features]) -> Batch:
    """Return one batch of the windows."""
    rows, width = len(group), max(len(item.ids) for item in group)
    ids = torch.zeros((rows, width), dtype=torch.long)
    mask = torch.zeros((rows, width), dtype=torch.long)
    kinds = torch.zeros((rows, width), dtype=torch.long)
    members = torch.zeros((rows, RERANKER_WINDOW_SENTENCES, width))
    gold = torch.zeros((rows, RERANKER_WINDOW_SENTENCES))
    spans = torch.full((rows, 2), -100, dtype=torch.long)
    for row, item in enumerate(group):
        length = len(item.ids)
        ids[row, :length] = torch.tensor(item.ids)
        mask[row, :length] = 1
        kinds[row, :length] = torch.tensor(item.kinds)
        for place, owner in enumerate(item.owners):
            if owner >= 0:
                members[row, owner, place] = 1.0
        for place in item.gold:
            gold[row, place] = 1.0
        if item.span is not None:
            spans[row] = torch.tensor(item.span)
    return Batch(ids, mask, kinds, members, (members.sum(dim=2) > 0).float(), gold, spans)
