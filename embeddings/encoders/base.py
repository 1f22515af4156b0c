"""The `Encoder` protocol, what identifies an encoder, and what every runtime needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from embeddings.config import ENCODER_BATCH_TOKENS, UNREADABLE_SHARE

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
            Shape (len(texts), `identity.dimension`), each row of length one, or zeros for a text that the model can't
            read (`without_unknown`).
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


def without_unknown(text: str, unknown: Iterable[tuple[int, int]]) -> str | None:
    """Return a text without the symbols that the model doesn't know, or None if the model can't read it.

    A model has one token for all that it doesn't know, so `⭐⭐⭐` and a question in Thai have the same vector.

    Args:
        text: what to encode.
        unknown: the start and end of each unknown token, ascending.
    """
    known, lost, at = "", 0, 0
    for start, end in unknown:
        letters = _count_letters(text[start:end])
        if not letters:
            known += text[at:start]
            at = end
        lost += letters
    known += text[at:]
    return known if lost < UNREADABLE_SHARE * _count_letters(known) else None


def _count_letters(text: str) -> int:
    """Return how many letters and digits a text has."""
    return sum(map(str.isalnum, text))


def replace_surrogates(text: str) -> str:
    """Return `text` with `?` for lone surrogates, which a terminal's undecodable bytes leave and tokenizers refuse."""
    return text.encode(errors="replace").decode()
