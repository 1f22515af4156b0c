"""The packaged model's graph is written without PyTorch, and gives the vectors of sentence-transformers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from embeddings.encoders import export
from embeddings.encoders.bert import read_safetensors, write_bert
from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.stored import GRAPH
from embeddings.encoders.weights import ModelSource, find_model
from embeddings.errors import ModelError
from tests.embeddings.encoders.test_onnx import ODD_TEXTS
from tests.embeddings.fixtures.encoders import least_cosine
from tests.project import OWNERS, ROOT

LEAST_COSINE = 0.99999


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    """The packaged model, to alter. Its weights are a link."""
    source, copy = find_model(None).folder, tmp_path / "model"
    copy.mkdir()
    for name in ("config.json", "sentence_bert_config.json", "tokenizer.json"):
        shutil.copy(source / name, copy)
    (copy / "model.safetensors").symlink_to(source / "model.safetensors")
    return copy


@pytest.mark.slow
def test_the_graph_gives_the_vectors_of_the_reference(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder
) -> None:
    review = OWNERS.read_text(encoding="utf-8")
    sentences = [line for line in review.replace(". ", ".\n").splitlines() if line]
    assert least_cosine(encoder, reference, [*sentences, review, *filter(str.strip, ODD_TEXTS[:11])]) >= LEAST_COSINE


def test_the_recorded_vectors_are_those_of_the_reference(reference: SentenceTransformersEncoder) -> None:
    recorded = np.load(export._PACKAGED_VECTORS)
    np.testing.assert_allclose(recorded, reference.encode(export._SAMPLE), atol=1e-5)


def test_the_graph_is_valid_onnx(encoder_directory: Path, tmp_path: Path) -> None:
    # The check refuses a file of weights that has a second name, which other tests give it.
    copy = shutil.copytree(encoder_directory, tmp_path / "encoder")
    onnx.checker.check_model(str(copy / GRAPH))
    graph = onnx.load(encoder_directory / GRAPH, load_external_data=False).graph
    shapes = {
        each.name: [size.dim_param or size.dim_value for size in each.type.tensor_type.shape.dim]
        for each in (*graph.input, *graph.output)
    }
    assert shapes == {
        "input_ids": ["texts", "tokens"],
        "attention_mask": ["texts", "tokens"],
        "vectors": ["texts", 384],
    }
    names = [each.name for each in graph.initializer] + [name for node in graph.node for name in node.output]
    assert len(names) == len(set(names))


def test_the_same_model_gives_the_same_bytes(tmp_path: Path, encoder_directory: Path) -> None:
    write_bert(find_model(None).folder, tmp_path)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (encoder_directory / file.name).read_bytes()


def test_making_the_packaged_encoder_imports_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from embeddings.encoders.export import prepare_encoder

prepare_encoder(None, Path(sys.argv[1]), notify=print).encode(["What is a deferral?"])
print({"torch", "transformers", "sentence_transformers", "onnx", "safetensors", "scipy"} & set(sys.modules))
"""
    outcome = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, tmp_path / "encoder"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.stdout, outcome.stderr, outcome.returncode) == ("set()\n", "", 0)


def test_the_tensors_are_those_of_the_safetensors_library() -> None:
    from safetensors.numpy import load_file

    file = find_model(None).folder / "model.safetensors"
    ours, theirs = read_safetensors(file), load_file(file)
    assert set(ours) == {name for name, value in theirs.items() if value.dtype == np.float32}
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name])


def test_a_model_that_is_not_a_plain_bert_is_refused(model_copy: Path, tmp_path: Path) -> None:
    config = json.loads((model_copy / "config.json").read_text(encoding="utf-8"))
    (model_copy / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}), encoding="utf-8")
    with pytest.raises(ValueError, match="not a plain BERT"):
        write_bert(model_copy, tmp_path)


def test_an_altered_tokenizer_of_the_packaged_model_is_refused(
    model_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = (model_copy / "tokenizer.json").read_text(encoding="utf-8")
    assert '"lowercase":true' in tokenizer
    (model_copy / "tokenizer.json").write_text(tokenizer.replace('"lowercase":true', '"lowercase":false'))
    packaged = find_model(None)
    altered = ModelSource(packaged.name, model_copy, packaged.weights)
    monkeypatch.setattr(export, "find_model", lambda *_, **__: altered)
    with pytest.raises(ModelError, match=r"gives other vectors than the reference \(cosine -?0\.\d+\)\. Install"):
        prepare_encoder(None, tmp_path / "encoder", notify=pytest.fail)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model"]
