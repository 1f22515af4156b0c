"""Reviews encoded in bfloat16: faster on processors with instructions for it, and nearly the same vectors.

Only indexing uses it. Questions are encoded in single precision, by the encoder that is stored with the index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embeddings.encoders.base import BFLOAT16, Encoder, batches_by_length
from embeddings.encoders.export import load_reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder


class Bfloat16Encoder:
    """A model on PyTorch with its matrix products in bfloat16.

    Measured on passages of the benchmarks' corpus, one thread, a processor with AVX512-BF16: 75 passages per second,
    where sentence-transformers encodes 43 in single precision. No cosine with its vectors is below .9999.

    Attributes:
        identity: what decides the vectors.

    Args:
        encoder: the encoder of the questions, of the same model.
        allow_download: whether a model may be downloaded from the hub.
    """

    def __init__(self, encoder: Encoder, *, allow_download: bool = False) -> None:
        self.identity = replace(encoder.identity, runtime=BFLOAT16)
        self._encoder = encoder
        self._allow_download = allow_download

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; see `Encoder.count_tokens`."""
        return self._encoder.count_tokens(texts)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, in their order; see `Encoder.encode`.

        Raises:
            ModelError: the model is missing or has changed, or PyTorch is not installed.
        """
        # Imported here because it takes seconds, which a build that encodes nothing should not wait for.
        import torch

        limit = self.identity.max_tokens
        lengths = [min(count, limit) for count in self.count_tokens(texts)]
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for batch in batches_by_length(lengths):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                vectors[batch] = self._reference.encode([texts[index] for index in batch])
            if progress is not None:
                progress(len(batch))
        return vectors

    @cached_property
    def _reference(self) -> SentenceTransformersEncoder:
        return load_reference(self._encoder.identity, allow_download=self._allow_download)
