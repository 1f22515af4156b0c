"""Distilling: a reader learns to score as several do on average (Hinton, Vinyals and Dean, 2015).

Readers that were trained apart are wrong in different places, so that their mean is better than each; what is shipped
can only be one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from embeddings.reader import Reader
from embeddings.training.batches import Batch, Features
from embeddings.training.fitting import Recipe
from embeddings.training.model import ReaderModel, scores
from embeddings.training.windows import Window

_SPREAD = 3.0
"""About the standard deviation of a reader's scores."""


def with_scores(features: Sequence[Features], windows: Sequence[Window], teachers: Sequence[Reader]) -> list[Features]:
    """The features of windows with the scores that their sentences are to have: the mean of the teachers'."""
    return [replace(each, wanted=_mean(window, teachers)) for each, window in zip(features, windows, strict=True)]


def score_loss(model: ReaderModel, batch: Batch, _: Recipe) -> Tensor:
    """How far the reader's scores are from those that are wanted: their mean square, in standard deviations."""
    sentences, null, spans = model(batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.members)
    found = scores(sentences.float(), null.float(), spans.float(), batch.members)
    apart = ((found - batch.wanted) / _SPREAD) ** 2
    return (apart * batch.present).sum() / batch.present.sum()


def _mean(window: Window, teachers: Sequence[Reader]) -> tuple[float, ...]:
    read = np.mean([teacher.read(window.question, [window.sentences])[0] for teacher in teachers], axis=0)
    # A sentence that is beyond what is read has no score, and is not counted.
    return tuple(np.where(np.isfinite(read), read, 0.0).tolist())
