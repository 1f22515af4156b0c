"""sentence-transformers, the reference: it runs any model it can load, and every export is checked against it.

Importing this module imports PyTorch, which takes seconds. Only `embeddings.encoders.export` does so, when it has to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from sentence_transformers import SentenceTransformer
from transformers.tokenization_utils_base import VERY_LARGE_INTEGER
from transformers.utils.logging import disable_progress_bar

from embeddings.config import ENCODER_DEFAULT_TOKENS, ENCODER_PROGRESS_TEXTS
from embeddings.encoders.base import SENTENCE_TRANSFORMERS, EncoderIdentity, replace_surrogates, without_unknown
from embeddings.encoders.weights import ModelSource
from embeddings.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SentenceTransformersEncoder:
    """A model on sentence-transformers, on the CPU, in single precision.

    Attributes:
        identity: what decides the vectors.
        model: the model itself, for exporting it.
        prompt: what the model expects before each text; empty for most.
    """

    def __init__(self, model: SentenceTransformer, identity: EncoderIdentity) -> None:
        self.model = model
        self.prompt = model.prompts.get(model.default_prompt_name or "") or ""
        self.identity = identity

    @classmethod
    def load(cls, source: ModelSource) -> SentenceTransformersEncoder:
        """Load a model from its folder.

        Raises:
            ModelError: sentence-transformers can't load it.
        """
        # Its progress bars would overwrite the command's own.
        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        try:
            model = SentenceTransformer(str(source.folder), device="cpu", local_files_only=True)
            model.float().eval()
            limit = model.max_seq_length
            if limit is None or limit == VERY_LARGE_INTEGER:
                limit = model.max_seq_length = ENCODER_DEFAULT_TOKENS
            dimension = _encode(model, [""]).shape[1]
        except Exception as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelError(f"{source.name}: sentence-transformers can't load this model ({reason}).") from error
        return cls(model, EncoderIdentity(source.name, source.weights, dimension, limit, SENTENCE_TRANSFORMERS))

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, in their order; see `Encoder.encode`."""
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for start in range(0, len(texts), ENCODER_PROGRESS_TEXTS):
            part = texts[start : start + ENCODER_PROGRESS_TEXTS]
            vectors[start : start + len(part)] = self._encode_known(part)
            if progress is not None:
                progress(len(part))
        return vectors

    def _encode_known(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts without unknown symbols; zeros for texts that the model can't read."""
        tokenizer = self.model.tokenizer
        if not tokenizer.is_fast or tokenizer.unk_token_id is None:
            return _encode(self.model, texts)
        cleaned = [replace_surrogates(text) for text in texts]
        tokens = tokenizer(cleaned, truncation=True, return_offsets_mapping=True, verbose=False)
        known = [
            without_unknown(
                text, [span for number, span in zip(ids, spans, strict=True) if number == tokenizer.unk_token_id]
            )
            if tokenizer.unk_token_id in ids
            else text
            for text, ids, spans in zip(cleaned, tokens["input_ids"], tokens["offset_mapping"], strict=True)
        ]
        vectors = _encode(self.model, [text or "" for text in known])
        vectors[[text is None for text in known]] = 0.0
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; see `Encoder.count_tokens`."""
        if not texts:
            return []
        prompted = [self.prompt + replace_surrogates(text) for text in texts]
        tokens = self.model.tokenizer(prompted, padding=False, truncation=False, verbose=False)
        return [len(ids) for ids in tokens["input_ids"]]


def _encode(model: SentenceTransformer, texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = model.encode(
        [replace_surrogates(text) for text in texts],
        show_progress_bar=False,
        convert_to_numpy=True,
        normalize_embeddings=True,
    )
    return vectors.astype(np.float32, copy=False)
