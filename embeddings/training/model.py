"""The reranker as a PyTorch module: one encoder with three heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

MASKED = -10_000.0
"""The logit of masked positions; finite, so that it survives half precision and export."""


class RerankerModel(nn.Module):
    """A pair encoder with three heads: a logit for each sentence, one for "none of them", and the span of the answer.

    A sentence is represented by the mean of its tokens together with the first token's vector.
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.sentence = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 1))
        self.null = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, members: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of windows.

        Args:
            input_ids: shape (windows, tokens).
            attention_mask: shape (windows, tokens), 0 for padding.
            token_type_ids: shape (windows, tokens), 0 for the question, 1 for the sentences.
            members: shape (windows, sentences, tokens), 1 where a token belongs to a sentence.

        Returns:
            The logits of each sentence, shape (windows, sentences); of "none of them", shape (windows,); and of the
            answer's start and end at each token, shape (windows, tokens, 2). The first token means "no answer".
        """
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        first = states[:, 0]
        counts = members.sum(dim=2, keepdim=True).clamp(min=1.0)
        means = torch.bmm(members, states.to(members.dtype)) / counts
        beside = first.unsqueeze(1).expand(-1, means.shape[1], -1).to(members.dtype)
        sentences = self.sentence(torch.cat((means, beside), dim=2)).squeeze(2)
        return sentences, self.null(first).squeeze(1), self.span(states)


def span_scores(spans: Tensor, members: Tensor) -> Tensor:
    """Return how much the best start and end of each sentence exceed those of "no answer": (windows, sentences).

    `spans` is (windows, tokens, 2) and `members` (windows, sentences, tokens).
    """
    inside = spans.transpose(1, 2).unsqueeze(2) + (1.0 - members).unsqueeze(1) * MASKED
    best = inside.max(dim=3).values.sum(dim=1)
    return best - spans[:, 0].sum(dim=1, keepdim=True)


def scores(sentences: Tensor, null: Tensor, spans: Tensor, members: Tensor) -> Tensor:
    """Return the score of each sentence: (windows, sentences).

    The weights are a half for the sentence's logit, a quarter for its lead over "none of them" and a quarter for its
    span's lead over "no answer". They are a guess.
    """
    lead = sentences - null.unsqueeze(1)
    return 0.5 * sentences + 0.25 * lead + 0.25 * span_scores(spans, members)
