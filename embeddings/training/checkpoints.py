"""Open the checkpoints of trainings, one or several with their weights averaged."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModel
from transformers.utils.logging import disable_progress_bar

from embeddings.encoders.weights import find_model
from embeddings.errors import LibraryError
from embeddings.reranking.reranker import prepare_tokenizer
from embeddings.training.model import RerankerModel

CHECKPOINT = "checkpoint.pt"
"""The name of the checkpoint in the folder of a training."""


class CheckpointError(LibraryError):
    """A checkpoint can't be read: name the folder of a training."""


def new_model(seed: int) -> tuple[RerankerModel, Tokenizer]:
    """Return the encoder with untrained heads, and its tokenizer. The seed decides the weights of the heads."""
    # Its progress bars would mix with the lines of the training.
    disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    source = find_model(None)
    tokenizer = prepare_tokenizer(Tokenizer.from_file(str(next(source.folder.rglob("tokenizer.json")))))
    torch.manual_seed(seed)
    return RerankerModel(AutoModel.from_pretrained(str(source.folder))), tokenizer


def open_checkpoints(files: Sequence[Path]) -> tuple[RerankerModel, Tokenizer]:
    """Return a reranker with the mean of the weights of checkpoints, and its tokenizer.

    A training may be under way, since it replaces its checkpoint in one step. The mean of rerankers is one of use only
    if they started from the same weights.

    Raises:
        CheckpointError: a file can't be read, or is of another model.
    """
    weights = [_weights(file) for file in files]
    model, tokenizer = new_model(0)
    try:
        model.load_state_dict(mean_of_weights(weights))
    except RuntimeError as error:
        raise CheckpointError(f"{files[0]}: The checkpoint is of another model ({_reason(error)}).") from error
    return model, tokenizer


def mean_of_weights(weights: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of each weight; whole numbers, such as positions, are those of the first."""
    first = weights[0]
    return {
        name: torch.stack([each[name] for each in weights]).mean(dim=0) if value.is_floating_point() else value
        for name, value in first.items()
    }


def _weights(file: Path) -> dict[str, Tensor]:
    try:
        weights: dict[str, Tensor] = torch.load(file, weights_only=True, mmap=True)["model"]
    except OSError as error:
        raise CheckpointError(f"{file}: The checkpoint can't be read ({error.strerror or error}).") from error
    except (RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{file}: This is no checkpoint of a training ({_reason(error)}).") from error
    return weights


def _reason(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
