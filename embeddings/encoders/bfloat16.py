"""Reviews encoded in bfloat16: faster where the processor has instructions for it, and nearly the same vectors.

For indexing alone. Questions are encoded in single precision, by the encoder that is kept with the index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.base import Encoder, EncoderIdentity, fill
from embeddings.encoders.export import load_reference

if TYPE_CHECKING:
    from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder

RUNTIME = "torch-bf16"
"""`EncoderIdentity.runtime` of what is encoded here."""


class Bfloat16Encoder:
    """A model on PyTorch, its matrix products in bfloat16.

    Measured on passages of the benchmarks' corpus, one thread, a processor with AVX512-BF16: 75 a second where
    sentence-transformers encodes 43 in single precision, and no cosine with its vectors under .9999.

    Args:
        encoder: what encodes the questions, of the same model.
        allow_download: whether a model of the hub's may be fetched.
    """

    def __init__(self, encoder: Encoder, *, allow_download: bool = False) -> None:
        self._encoder = encoder
        self._allow_download = allow_download

    @property
    def identity(self) -> EncoderIdentity:
        """What decides the vectors."""
        return replace(self._encoder.identity, runtime=RUNTIME)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens included, however long it is."""
        return self._encoder.count_tokens(texts)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The vectors of `texts`, in their order; see `Encoder.encode`.

        Raises:
            ModelError: the model has gone or changed, or PyTorch is not installed.
        """
        # Here, for it takes seconds, and where nothing has to be encoded nobody should wait for it.
        import torch

        most = self.identity.max_tokens
        lengths = [min(count, most) for count in self.count_tokens(texts)]
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for places in fill(lengths):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                vectors[places] = self._reference.encode([texts[place] for place in places])
            if progress is not None:
                progress(len(places))
        return vectors

    @cached_property
    def _reference(self) -> SentenceTransformersEncoder:
        return load_reference(self._encoder.identity, allow_download=self._allow_download)
