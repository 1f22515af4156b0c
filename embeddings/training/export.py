"""Export a trained reranker as one ONNX file: optimised, in int8, with its tokenizer."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime
import torch
import torch.onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from embeddings.reranking.reranker import TOKENIZER, pad, tokenise
from embeddings.training.model import RerankerModel, scores

_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "members")


class _Graph(nn.Module):
    """The model together with its score."""

    def __init__(self, model: RerankerModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, members: Tensor) -> Tensor:
        sentences, null, spans = self.model(input_ids, attention_mask, token_type_ids, members)
        return scores(sentences, null, spans, members)


def export(
    model: RerankerModel, tokenizer: Tokenizer, file: Path, *, int8: bool = True, wide: tuple[str, ...] = ()
) -> None:
    """Write the file of a reranker in one step.

    With `int8` the weights are quantised to 8 bits, one scale for each output channel, except of the matrices that
    have a part of `wide` in their names.
    """
    with TemporaryDirectory(dir=file.parent) as folder:
        traced, small, optimised = (Path(folder) / name for name in ("traced.onnx", "small.onnx", "optimised.onnx"))
        _trace(model, tokenizer, traced)
        if int8:
            kept = [node.name for node in onnx.load(traced).graph.node if any(part in node.name for part in wide)]
            quantize_dynamic(
                traced,
                small,
                per_channel=True,
                # Seven bits, because sums of 8-bit products overflow 16 bits on processors without VNNI.
                reduce_range=True,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=kept,
            )
        _optimise(small if int8 else traced, optimised)
        content = onnx.load(optimised)
        onnx.helper.set_model_props(content, {TOKENIZER: tokenizer.to_str()})
        beside = file.with_name(f".{file.name}.new")
        onnx.save(content, beside)
        os.replace(beside, file)  # noqa: PTH105 - it replaces an existing file on every system


def _trace(model: RerankerModel, tokenizer: Tokenizer, path: Path) -> None:
    model.eval()
    # Two windows of different length, so that the trace has no constant sizes.
    tokens = [
        tokenise(tokenizer, "What is a deferral?", ["A delay.", "Nobody was ever granted one."]),
        tokenise(tokenizer, "Who is she?", ["Kathy is a carer.", "She drives at night.", "She remembers."]),
    ]
    example = tuple(torch.from_numpy(value) for value in pad(tokens, 3).values())
    attention = model.encoder.config._attn_implementation  # noqa: SLF001 - transformers has a setter and no getter
    # onnxruntime can only fuse the plain attention, not PyTorch's fused one.
    model.encoder.set_attn_implementation("eager")
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # As in `embeddings.encoders.trace`: the newer exporter makes a graph that onnxruntime can't fuse.
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=TracerWarning)
            warnings.filterwarnings("ignore", "Exporting aten::index", category=UserWarning)
            torch.onnx.export(
                _Graph(model),
                example,
                str(path),
                dynamo=False,
                opset_version=_OPSET,
                input_names=list(_INPUTS),
                output_names=["scores"],
                dynamic_axes={
                    **{name: {0: "windows", 1: "tokens"} for name in _INPUTS[:3]},
                    "members": {0: "windows", 1: "sentences", 2: "tokens"},
                    "scores": {0: "windows", 1: "sentences"},
                },
            )
    finally:
        model.encoder.set_attn_implementation(attention)


def _optimise(traced: Path, optimised: Path) -> None:
    options = onnxruntime.SessionOptions()
    # The highest level whose graph runs on any machine.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(optimised)
    onnxruntime.InferenceSession(traced, options, providers=["CPUExecutionProvider"])
