"""The `Encoder` protocol, what identifies an encoder, and what every runtime needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from embeddings.config import ENCODER_BATCH_TOKENS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ONNX = "onnx-fp32"
"""`EncoderIdentity.runtime` of an exported model."""

SENTENCE_TRANSFORMERS = "sentence-transformers"
"""`EncoderIdentity.runtime` of a model that can't be exported."""

BFLOAT16 = "torch-bf16"
"""`EncoderIdentity.runtime` of a model that encodes reviews in bfloat16."""


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What decides an encoder's vectors. Encoders of one identity may share an index.

    Attributes:
        model: the model's name or folder.
        weights: SHA-256 (hex) of the packaged model's weights, or of all files of any other model.
        dimension: the length of a vector.
        max_tokens: how many tokens of a text are read, special tokens included.
        runtime: `ONNX`, `SENTENCE_TRANSFORMERS` or `BFLOAT16`.
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
        """Return the vectors of `texts`, in their order.

        A text of more than `identity.max_tokens` tokens is cut off there.

        Args:
            texts: what to encode.
            progress: called, by the calling thread, with the number of texts encoded since its last call.

        Returns:
            Shape (len(texts), `identity.dimension`), each row of length one.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens included, however long it is."""


def batches_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the indices of `lengths` in batches, longest first.

    A batch has at most `ENCODER_BATCH_TOKENS` tokens, padding included, or one text.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > ENCODER_BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def replace_surrogates(text: str) -> str:
    """Return `text` with `?` for lone surrogates, which a terminal's undecodable bytes leave and tokenizers refuse."""
    return text.encode(errors="replace").decode()
