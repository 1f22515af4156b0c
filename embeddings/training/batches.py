"""Windows to the tensors that the reranker's model is trained on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from embeddings.reranking.reranker import Tokens, tokenise
from embeddings.training.windows import MOST_SENTENCES, Window


@dataclass(frozen=True, slots=True)
class Features:
    """A window as token ids.

    Attributes:
        ids: the tokens.
        kinds: 0 for the question, 1 for the sentences.
        owners: for each token the place of its sentence, or -1.
        gold: the places of the sentences that answer.
        span: the first and last token of the answer; the first token of all where there is none, None where the
            window answers but the words aren't marked.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    owners: tuple[int, ...]
    gold: tuple[int, ...]
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Features of like length, padded; shapes as `ReaderModel.forward` names them.

    Attributes:
        input_ids: tokens.
        attention_mask: 1 where there is one.
        token_type_ids: question or sentences.
        members: which token belongs to which sentence.
        present: shape (windows, sentences), 1 where a sentence is.
        gold: shape (windows, sentences), 1 where it answers.
        spans: shape (windows, 2), the first and last token of the answer; -100 where they aren't known.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    members: Tensor
    present: Tensor
    gold: Tensor
    spans: Tensor


def featurise(window: Window, tokenizer: Tokenizer) -> Features:
    """A window as token ids; what is beyond the reranker's reach is cut off the sentences."""
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
    """Batches of windows of like length, in an order that the seed decides."""
    chance = random.Random(seed)
    order = list(range(len(features)))
    chance.shuffle(order)
    # Sorted within stretches only, so that batches differ from epoch to epoch.
    stretch = 64 * size
    groups: list[list[int]] = []
    for start in range(0, len(order), stretch):
        part = sorted(order[start : start + stretch], key=lambda place: len(features[place].ids))
        groups.extend(part[low : low + size] for low in range(0, len(part), size))
    chance.shuffle(groups)
    for group in groups:
        yield collate([features[place] for place in group])


def collate(group: Sequence[Features]) -> Batch:
    """One batch of the given windows."""
    rows, width = len(group), max(len(item.ids) for item in group)
    ids = torch.zeros((rows, width), dtype=torch.long)
    mask = torch.zeros((rows, width), dtype=torch.long)
    kinds = torch.zeros((rows, width), dtype=torch.long)
    members = torch.zeros((rows, MOST_SENTENCES, width))
    gold = torch.zeros((rows, MOST_SENTENCES))
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
