"""TBD."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


ONNX = "onnx-fp32"
"""`EncoderIdentity.runtime` of an exported model."""


SENTENCE_TRANSFORMERS = "sentence-transformers"
"""`EncoderIdentity.runtime` of a model that could not be exported."""


# Measured: batches of about 512 padded tokens, sorted by length, encode 1.5 times as many passages a second as
# batches of 32 texts; two threads of one onnxruntime thread each, 1.23 times as many as onnxruntime's own two.
_BATCH_TOKENS = 512


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What decides an encoder's vectors: two encoders of one identity may share an index.

    Attributes:
        model: the model's name or folder.
        weights: SHA-256 (hex) of the packaged model's weights, or of all files of any other model.
        dimension: the length of a vector.
        max_tokens: how many tokens of a text are read, special tokens included.
        runtime: `ONNX` or `SENTENCE_TRANSFORMERS`.
    """

    model: str
    weights: str
    dimension: int
    max_tokens: int
    runtime: str


class Encoder(Protocol):
    """Texts to unit vectors."""

    @property
    def identity(self) -> EncoderIdentity:
        """What decides the vectors."""

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The vectors of `texts`, in their order.

        A text of more than `identity.max_tokens` tokens is cut there.

        Args:
            texts: what to encode.
            progress: called with the number of texts done since its last call.

        Returns:
            Shape (len(texts), `identity.dimension`), each row of length one.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens included, however long it is."""


def fill(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of `lengths` in batches, longest first, each of at most `_BATCH_TOKENS` padded tokens or one text."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
