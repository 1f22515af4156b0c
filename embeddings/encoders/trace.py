"""Trace a sentence-transformers model into an ONNX graph, from token ids to unit vectors.

Importing this module imports PyTorch, which takes seconds. Only `embeddings.encoders.export` does so, when it has to.
"""

from __future__ import annotations

import errno
import os
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime
import torch
import torch.onnx
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from torch.jit._trace import TracerWarning
from transformers import PreTrainedModel

from embeddings.encoders.onnx import ATTENTION_MASK, INPUT_IDS
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.stored import GRAPH, TOKENIZER, WEIGHTS

_EXPORTED_MODULES = (Transformer, Pooling, Normalize)
_EXPORTED_POOLING = frozenset({"cls", "max", "mean"})
_OPSET = 17
# Smaller tensors stay in the graph.
_MIN_WEIGHT_BYTES = 1024


class NotExportableError(Exception):
    """The model has a part that the exported graph would leave out. The message names it."""


def trace(reference: SentenceTransformersEncoder, directory: Path) -> int:
    """Write the tokenizer, the optimized graph and its weights into `directory`.

    Returns:
        The token that pads.

    Raises:
        NotExportableError: the model is more than a transformer, a pooling by mean, maximum or first token, and a
            normalization.
        OSError: `directory` can't be written.
        Exception: PyTorch, the model's own code or onnxruntime can't trace the model.
    """
    model = reference.model
    tokenizer, pad_id = _tokenizer(reference)
    _require_known_modules(model)
    tokenizer.save(str(directory / TOKENIZER), pretty=False)
    with TemporaryDirectory(dir=directory) as folder:
        traced = Path(folder) / GRAPH
        _write_graph(model, traced)
        _optimize(traced, directory)
    return pad_id


def _tokenizer(reference: SentenceTransformersEncoder) -> tuple[Tokenizer, int]:
    processor = reference.model.tokenizer
    if not getattr(processor, "is_fast", False):
        raise NotExportableError("its tokenizer is not from the tokenizers library")
    if processor.padding_side != "right" or processor.truncation_side != "right" or processor.pad_token_id is None:
        raise NotExportableError("its tokenizer does not pad and truncate on the right")
    # A copy, because the reference still uses its own.
    tokenizer = Tokenizer.from_str(processor.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(reference.identity.max_tokens)
    return tokenizer, processor.pad_token_id


def _require_known_modules(model: SentenceTransformer) -> None:
    for module in model:
        if type(module) not in _EXPORTED_MODULES:
            raise NotExportableError(f"it has a {type(module).__name__} module")
        if isinstance(module, Pooling):
            modes = {module.pooling_mode} if isinstance(module.pooling_mode, str) else set(module.pooling_mode)
            if not modes <= _EXPORTED_POOLING:
                raise NotExportableError(f"it pools by {', '.join(sorted(modes - _EXPORTED_POOLING))}")
            if not module.include_prompt:
                raise NotExportableError("it leaves its prompt out of the pooling")
    if model.truncate_dim is not None:
        raise NotExportableError("it truncates its vectors")


class _Graph(torch.nn.Module):
    """The whole pipeline as one function of the runtime encoder's inputs."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {INPUT_IDS: input_ids, ATTENTION_MASK: attention_mask}
        for module in self.model:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)


def _write_graph(model: SentenceTransformer, path: Path) -> None:
    transformer = model[0].model
    if not isinstance(transformer, PreTrainedModel):
        raise NotExportableError("it is not a model of the transformers library")
    attention = transformer.config._attn_implementation  # noqa: SLF001 - transformers has a setter and no getter
    # Two texts of different length, so that neither the batch nor the padding is traced as a constant.
    example = model.tokenizer(["a short text", "a text that is longer"], padding=True, return_tensors="pt")
    # The fused attention leaves eighty more nodes in the graph than the plain one.
    transformer.set_attn_implementation("eager")
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # The tracing exporter is deprecated, but onnxruntime's optimizer does not fuse the graph of its successor.
            # PyTorch is pinned to one release, which still has it.
            warnings.filterwarnings(
                "ignore", category=DeprecationWarning, module=r"torch\.onnx|embeddings\.encoders\.trace"
            )
            # The trace lacks branches that the example did not take. The check against the reference finds them.
            warnings.filterwarnings("ignore", category=TracerWarning)
            # The graph is slower than possible, not wrong.
            warnings.filterwarnings("ignore", "Exporting aten::index", category=UserWarning)
            torch.onnx.export(
                _Graph(model),
                (example[INPUT_IDS], example[ATTENTION_MASK]),
                str(path),
                dynamo=False,
                opset_version=_OPSET,
                input_names=[INPUT_IDS, ATTENTION_MASK],
                output_names=["vectors"],
                dynamic_axes={
                    INPUT_IDS: {0: "texts", 1: "tokens"},
                    ATTENTION_MASK: {0: "texts", 1: "tokens"},
                    "vectors": {0: "texts"},
                },
            )
    finally:
        transformer.set_attn_implementation(attention)


def _optimize(traced: Path, directory: Path) -> None:
    """Let onnxruntime optimize the graph once, and write it and its weights into two files in `directory`."""
    if shutil.disk_usage(directory).free < traced.stat().st_size:
        # onnxruntime's own error does not say whether the disk is full.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(directory))
    options = onnxruntime.SessionOptions()
    # The highest level whose graph runs on any machine. The next one is for this machine's processor.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(directory / GRAPH)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_min_size_in_bytes", str(_MIN_WEIGHT_BYTES)
    )
    onnxruntime.InferenceSession(traced, options, providers=["CPUExecutionProvider"])
