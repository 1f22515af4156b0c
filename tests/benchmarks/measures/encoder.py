"""Encoding a question and many passages, and whether the runtime encoder finds what the reference finds."""

from __future__ import annotations

import statistics
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness.processes import apart, cpu_milliseconds, spent
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentence_transformers import SentenceTransformer

_PASSAGE_SEED = 2


def question(workspace: Workspace) -> Results:
    """Measure encoding a question on one thread, in turn with sentence-transformers."""
    found = Results()
    took = apart(encode_questions, threads=1, encoder=str(workspace.encoder()), rounds=workspace.sized(5, 1))
    found.check("encoding a question, p50 / sentence-transformers", took["runtime"] / took["reference"], 0.45)
    found.figure("encoding a question, one thread", took["runtime"], "ms of CPU")
    return found


def bulk(workspace: Workspace) -> Results:
    """Measure passages a second, on one core and on all, against sentence-transformers at its defaults."""
    found = Results()
    sizes = {"passages": workspace.sized(192, 16), "rounds": workspace.sized(3, 1)}
    one = apart(encode_passages, threads=1, encoder=str(workspace.encoder()), **sizes)
    found.check("bulk on one core, times sentence-transformers", one["speedup"], 1.5, at_least=True)
    found.figure("bulk on one core", one["passages_a_second"], "passages/s")
    found.figure("bulk in bf16 on one core, times sentence-transformers", one["half_speedup"], "")
    most = apart(multiply, threads=1, encoder=str(workspace.encoder()), **sizes)
    found.figure("bare matrix products on one core", most["gflops"], "GFLOPS")
    found.figure("bulk on one core / if it were matrix products alone", one["passages_a_second"] / most["passages"], "")
    every = apart(encode_passages, encoder=str(workspace.encoder()), **sizes)
    found.check(f"bulk on {every['cores']} cores, the same", every["speedup"], 1.8, at_least=True)
    found.figure(f"bulk on {every['cores']} cores", every["passages_a_second"], "passages/s")
    found.figure(f"bulk in bf16 on {every['cores']} cores, times sentence-transformers", every["half_speedup"], "")
    return found


def same_ten(workspace: Workspace) -> Results:
    """Measure the share of the reference's ten closest passages that the runtime encoder finds."""
    found = Results()
    shared = apart(compare_tens, encoder=str(workspace.encoder()), passages=workspace.sized(600, 60))
    found.check("top ten of the runtime encoder / the reference's", shared, 1.0, at_least=True)
    return found


def encode_questions(encoder: str, rounds: int) -> dict[str, float]:
    """Return the median processor time of a question in milliseconds, for both encoders."""
    from embeddings.encoders.onnx import OnnxEncoder
    from tests.benchmarks.corpus.facts import FACTS

    questions = [text for fact in FACTS for text in (fact.lexical, fact.paraphrase)]
    reference, runtime = _reference(), OnnxEncoder.open(Path(encoder))
    times: dict[str, list[float]] = {"reference": [], "runtime": []}
    for number in range(rounds + 1):
        for text in questions:
            took = {
                "reference": cpu_milliseconds(partial(reference.encode, [text], normalize_embeddings=True)),
                "runtime": cpu_milliseconds(partial(runtime.encode, [text])),
            }
            # The first round warms both up.
            if number:
                for name, milliseconds in took.items():
                    times[name].append(milliseconds)
    return {name: statistics.median(each) for name, each in times.items()}


def encode_passages(encoder: str, passages: int, rounds: int) -> dict[str, float]:
    """Return how many times as many passages a second as the reference, in turn, by the clock."""
    import os

    from embeddings.encoders.bfloat16 import Bfloat16Encoder
    from embeddings.encoders.onnx import OnnxEncoder

    texts = _passages(passages)
    reference, runtime = _reference(), OnnxEncoder.open(Path(encoder))
    half = Bfloat16Encoder(runtime)
    reference.encode(texts[:32])
    runtime.encode(texts[:32])
    half.encode(texts[:32])
    turns = []
    for _ in range(rounds):
        theirs = _wall(lambda: reference.encode(texts, normalize_embeddings=True, show_progress_bar=False))
        turns.append((_wall(lambda: runtime.encode(texts)), _wall(lambda: half.encode(texts)), theirs))
    return {
        "speedup": statistics.median(theirs / ours for ours, _, theirs in turns),
        "half_speedup": statistics.median(theirs / halved for _, halved, theirs in turns),
        "passages_a_second": passages / statistics.median(ours for ours, *_ in turns),
        "cores": len(os.sched_getaffinity(0)),
    }


def multiply(encoder: str, passages: int, rounds: int) -> dict[str, float]:
    """Return how fast the runtime multiplies matrices of the encoder's sizes, and how many passages a second that is.

    Per token and layer there are four products with 384 x 384 weights and two with 384 x 1536 (all-MiniLM-L6-v2's
    configuration), and two in attention, of 384 with each token of the passage.
    """
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from embeddings.encoders.onnx import OnnxEncoder

    layers, width, inner, rows = 6, 384, 1536, 512
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    rng = np.random.default_rng(0)
    milliseconds, operations = 0.0, 0.0
    for given, made, times in ((width, width, 4), (width, inner, 1), (inner, width, 1)):
        weights = numpy_helper.from_array(rng.random((given, made), np.float32), "weights")
        value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, given])
        product = helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, made])
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["x", "weights"], ["y"])], "product", [value], [product], [weights]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        x = rng.random((rows, given), np.float32)
        multiply = partial(session.run, None, {"x": x})
        multiply()
        milliseconds += times * statistics.median(cpu_milliseconds(multiply) for _ in range(10 * rounds))
        operations += times * 2.0 * rows * given * made
    lengths = np.array(OnnxEncoder.open(Path(encoder)).count_tokens(_passages(passages)), np.float64)
    each = layers * (operations / rows * lengths + 4.0 * width * lengths**2)
    rate = 1000 * operations / milliseconds
    return {"gflops": rate / 1e9, "passages": rate / float(each.mean())}


def compare_tens(encoder: str, passages: int) -> float:
    """Return the mean share of a question's ten closest passages on which both encoders agree."""
    import numpy as np

    from embeddings.encoders.onnx import OnnxEncoder
    from tests.benchmarks.corpus.facts import FACTS

    texts = _passages(passages)
    questions = [text for fact in FACTS for text in (fact.lexical, fact.paraphrase)]
    reference, runtime = _reference(), OnnxEncoder.open(Path(encoder))
    tens = []
    for vectors, asked in (
        (runtime.encode(texts), runtime.encode(questions)),
        (
            reference.encode(texts, normalize_embeddings=True, show_progress_bar=False),
            reference.encode(questions, normalize_embeddings=True, show_progress_bar=False),
        ),
    ):
        tens.append(np.argsort(-(asked @ vectors.T), axis=1)[:, :10])
    return statistics.fmean(len(set(ours) & set(theirs)) / 10 for ours, theirs in zip(*tens, strict=True))


def _passages(number: int) -> list[str]:
    from tests.benchmarks.corpus.reviews import Corpus

    return list(Corpus(number, _PASSAGE_SEED).texts())


def _reference() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    from embeddings.encoders.weights import find_model

    return SentenceTransformer(str(find_model(None).folder), device="cpu")


def _wall(work: Callable[[], object]) -> float:
    with spent() as took:
        work()
    return took.wall
