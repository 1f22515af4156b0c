"""sentence-transformers as the reference: any model it can load, and what every export is checked against.

Importing this module imports PyTorch, which takes seconds; only `embeddings.encoders.export` does, when it has to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.tokenization_utils_base import VERY_LARGE_INTEGER
from transformers.utils.logging import disable_progress_bar

from embeddings.encoders.base import SENTENCE_TRANSFORMERS, EncoderIdentity
from embeddings.encoders.weights import ModelSource
from embeddings.errors import ModelError

# Where neither the model nor its tokenizer says how much it reads.
_MAX_TOKENS = 512
# How many texts are encoded between two reports of progress.
_REPORT_TEXTS = 256


class SentenceTransformersEncoder:
    """A model on sentence-transformers, on the CPU, in single precision.

    Attributes:
        model: the model itself, for whoever exports it.
        prompt: what the model wants to stand before each text; empty for most.
    """

    def __init__(self, model: SentenceTransformer, identity: EncoderIdentity) -> None:
        self.model = model
        self.prompt = model.prompts.get(model.default_prompt_name or "") or ""
        self._identity = identity

    @classmethod
    def load(cls, source: ModelSource) -> SentenceTransformersEncoder:
        """Load a model from its folder.

        Raises:
            ModelError: sentence-transformers can't load it.
        """
        # Its bars would run across the command's own.
        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        try:
            model = SentenceTransformer(str(source.folder), device="cpu", local_files_only=True)
            model.float().eval()
            limit = model.max_seq_length
            if limit is None or limit == VERY_LARGE_INTEGER:
                limit = model.max_seq_length = _MAX_TOKENS
            dimension = _encode(model, [""]).shape[1]
        except Exception as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelError(f"{source.name}: sentence-transformers can't load it ({reason})") from error
        return cls(model, EncoderIdentity(source.name, source.weights, dimension, limit, SENTENCE_TRANSFORMERS))

    @property
    def identity(self) -> EncoderIdentity:
        """What decides the vectors."""
        return self._identity

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The vectors of `texts`, in their order.

        A text of more than `identity.max_tokens` tokens is cut there.

        Args:
            texts: what to encode.
            progress: called with the number of texts done since its last call.

        Returns:
            Shape (len(texts), `identity.dimension`), each row of length one.
        """
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for start in range(0, len(texts), _REPORT_TEXTS):
            part = texts[start : start + _REPORT_TEXTS]
            vectors[start : start + len(part)] = _encode(self.model, part)
            if progress is not None:
                progress(len(part))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens included, however long it is."""
        if not texts:
            return []
        tokens = self.model.tokenizer(
            [self.prompt + _encodable(text) for text in texts], padding=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in tokens["input_ids"]]


def _encode(model: SentenceTransformer, texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = model.encode(
        [_encodable(text) for text in texts],
        show_progress_bar=False,
        convert_to_numpy=True,
        normalize_embeddings=True,
    )
    return vectors.astype(np.float32, copy=False)


def _encodable(text: str) -> str:
    # As the runtime encoder does: a tokenizer refuses half a surrogate pair.
    return text.encode(errors="replace").decode()
