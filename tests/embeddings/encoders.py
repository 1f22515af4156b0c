"""The real encoder, watched or altered on its way to the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.encoding import Encoder, EncoderIdentity


class Watched:
    """An encoder that keeps the texts that it was asked for, and multiplies their vectors by a factor."""

    def __init__(self, encoder: Encoder, factor: float = 1.0) -> None:
        self._encoder = encoder
        self._factor = np.float32(factor)
        self.texts: list[str] = []

    @property
    def identity(self) -> EncoderIdentity:
        return self._encoder.identity

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        self.texts.extend(texts)
        return self._encoder.encode(texts, progress) * self._factor

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)
