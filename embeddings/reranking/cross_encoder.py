"""Any sentence-transformers CrossEncoder as the reranker.

Importing this module imports PyTorch, which takes seconds; only a setting that names such a model imports it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sentence_transformers import CrossEncoder
from transformers.utils.logging import disable_progress_bar

from embeddings.encoders.weights import find_model
from embeddings.errors import ModelError, RerankerError
from embeddings.reranking.reranker import RerankerIdentity


class CrossEncoderReranker:
    """A CrossEncoder that scores each sentence alone, as it was trained to score a passage."""

    def __init__(self, identity: RerankerIdentity, model: CrossEncoder) -> None:
        self.identity = identity
        self._model = model

    @classmethod
    def load(cls, name: str) -> CrossEncoderReranker:
        """Load a model that gives one score for a pair, by its folder or its name among those downloaded before.

        Raises:
            RerankerError: it isn't there, can't be loaded, or gives more than one score.
        """
        # The library's progress bars would mix with the command's own.
        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        try:
            source = find_model(name, allow_download=None)
            model = CrossEncoder(str(source.folder), device="cpu", local_files_only=True, num_labels=None)
        except ModelError as error:
            raise RerankerError(f"The reranker can't be loaded. {error}") from error
        except Exception as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise RerankerError(
                f"{name}: sentence-transformers can't load this as a CrossEncoder ({reason}). Name another model."
            ) from error
        if model.num_labels != 1:
            raise RerankerError(
                f"{name}: The model gives {model.num_labels} scores for a pair. Name a model that gives one."
            )
        return cls(RerankerIdentity(source.name, source.weights), model)

    def score(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return a logit for each sentence of each window; see `Reranker.score`."""
        pairs = [(question, sentence) for window in windows for sentence in window]
        if not pairs:
            return []
        scored = self._model.predict(
            pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False, convert_to_numpy=True
        )
        logits = iter(scored.reshape(len(pairs)).tolist())
        return [[next(logits) for _ in window] for window in windows]
