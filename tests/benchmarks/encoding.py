"""Encoding: a question, many passages, and whether the runtime encoder finds what the reference finds."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import apart
from tests.benchmarks.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentence_transformers import SentenceTransformer

_PASSAGE_SEED = 2


def question(workshop: Workshop) -> Findings:
    """One question on one thread, in turn with sentence-transformers."""
    found = Findings()
    took = apart(encode_questions, threads=1, encoder=str(workshop.encoder()), rounds=workshop.sized(5, 1))
    found.check("encoding a question, p50 / sentence-transformers", took["runtime"] / took["reference"], 0.45)
    found.figure("encoding a question, one thread", took["runtime"], "ms of CPU")
    return found


def bulk(workshop: Workshop) -> Findings:
    """Passages a second, on one core and on all, against sentence-transformers as it comes."""
    found = Findings()
    sizes = {"passages": workshop.sized(192, 16), "rounds": workshop.sized(3, 1)}
    one = apart(encode_passages, threads=1, encoder=str(workshop.encoder()), **sizes)
    found.check("bulk on one core, times sentence-transformers", one["speedup"], 1.5, at_least=True)
    found.figure("bulk on one core", one["passages_a_second"], "passages/s")
    found.figure("bulk in bf16 on one core, times sentence-transformers", one["half_speedup"], "")
    most = apart(multiply, threads=1, encoder=str(workshop.encoder()), **sizes)
    found.figure("bare matrix products on one core", most["gflops"], "GFLOPS")
    found.figure("bulk on one core / if it were matrix products alone", one["passages_a_second"] / most["passages"], "")
    every = apart(encode_passages, encoder=str(workshop.encoder()), **sizes)
    found.check(f"bulk on {every['cores']} cores, the same", every["speedup"], 1.8, at_least=True)
    found.figure(f"bulk on {every['cores']} cores", every["passages_a_second"], "passages/s")
    found.figure(f"bulk in bf16 on {every['cores']} cores, times sentence-transformers", every["half_speedup"], "")
    return found


def same_ten(workshop: Workshop) -> Findings:
    """The share of the reference's ten closest passages that the runtime encoder has among its own ten."""
    found = Findings()
    shared = apart(compare_tens, encoder=str(workshop.encoder()), passages=workshop.sized(600, 60))
    found.check("top ten of the runtime encoder / the reference's", shared, 1.0, at_least=True)
    return found


def encode_questions(encoder: str, rounds: int) -> dict[str, float]:
    """The median processor time of a question, for both, in milliseconds."""
    from embeddings.encoders.onnx import OnnxEncoder
    from tests.benchmarks.facts import FACTS

    questions = [text for fact in FACTS for text in (fact.lexical, fact.paraphrase)]
    reference, runtime = _reference(), OnnxEncoder.open(Path(encoder))
    times: dict[str, list[float]] = {"reference": [], "runtime": []}
    for number in range(rounds + 1):
        for text in questions:
            took = {
                "reference": _cpu(lambda text=text: reference.encode([text], normalize_embeddings=True)),  # type: ignore[misc]  # mypy can't infer a lambda's default
                "runtime": _cpu(lambda text=text: runtime.encode([text])),  # type: ignore[misc]  # the same
            }
            # The first round warms both up.
            if number:
                for name, seconds in took.items():
                    times[name].append(1000 * seconds)
    return {name: statistics.median(each) for name, each in times.items()}


def encode_passages(encoder: str, passages: int, rounds: int) -> dict[str, float]:
    """How many times as many passages a second as the reference at its defaults; all in turn, by the clock."""
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
    """How fast the runtime multiplies matrices as large as the encoder's, and how many passages a second that is.

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
    seconds, operations = 0.0, 0.0
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
        session.run(None, {"x": x})
        seconds += times * statistics.median(_cpu(lambda: session.run(None, {"x": x})) for _ in range(10 * rounds))  # noqa: B023 - called at once
        operations += times * 2.0 * rows * given * made
    lengths = np.array(OnnxEncoder.open(Path(encoder)).count_tokens(_passages(passages)), np.float64)
    each = layers * (operations / rows * lengths + 4.0 * width * lengths**2)
    rate = operations / seconds
    return {"gflops": rate / 1e9, "passages": rate / float(each.mean())}


def compare_tens(encoder: str, passages: int) -> float:
    """The mean share of the ten passages closest to a question that both encoders agree on."""
    import numpy as np

    from embeddings.encoders.onnx import OnnxEncoder
    from tests.benchmarks.facts import FACTS

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
    from tests.benchmarks.corpus import Corpus

    return [
        paragraph
        for draft in Corpus(number, _PASSAGE_SEED).drafts()
        for _, paragraphs in draft.sections
        for paragraph in paragraphs
    ]


def _reference() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    from embeddings.encoders.weights import find_model

    return SentenceTransformer(str(find_model(None).folder), device="cpu")


def _cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _wall(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
