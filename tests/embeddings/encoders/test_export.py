"""Models are exported once, checked against the reference, and moved into place whole or not at all."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sentence_transformers.sentence_transformer.modules import Dense

from embeddings.config import EXPORT_MIN_COSINE
from embeddings.encoders import export
from embeddings.encoders.base import ONNX, SENTENCE_TRANSFORMERS
from embeddings.encoders.export import open_encoder, prepare_encoder
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.stored import DESCRIPTION, GRAPH, TOKENIZER, verify_encoder
from embeddings.encoders.weights import DEFAULT_MODEL, find_model
from embeddings.errors import IndexDamagedError, IndexWriteError, ModelError
from tests.embeddings.fixtures.encoders import least_cosine
from tests.embeddings.fixtures.tiny_models import save_bert, save_model, save_t5
from tests.project import ROOT


@contextmanager
def small_files_only() -> Iterator[None]:
    """Act as if the disk were full after 10 kB.

    Not a fixture: pytest reports a test before its fixtures end, and couldn't write that into a longer file.
    """
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_opening_an_export_imports_none_of_the_heavy_libraries(encoder_directory: Path) -> None:
    program = """
import sys
from pathlib import Path
from embeddings.encoders.export import open_encoder, prepare_encoder
from embeddings.encoders.onnx import verify_encoder

directory = Path(sys.argv[1])
open_encoder(directory, verify_encoder(directory).identity).encode(["What is a deferral?"])
prepare_encoder(None, directory, notify=print).encode(["What is a deferral?"] * 100)
print({"torch", "transformers", "sentence_transformers", "onnx", "scipy", "sklearn"} & set(sys.modules))
"""
    outcome = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, encoder_directory],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.stdout, outcome.stderr, outcome.returncode) == ("set()\n", "", 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: save_model(folder, pooling="mean"),
        lambda folder: save_model(folder, pooling="cls"),
        lambda folder: save_model(folder, pooling="max", normalise=False),
        lambda folder: save_model(folder, pooling=("cls", "mean")),
        lambda folder: save_model(folder, prompt="what is "),
    ],
    ids=["mean", "first token", "maximum, not normalized", "two at once", "prompt"],
)
@pytest.mark.slow
def test_an_export_gives_the_vectors_of_its_model(make: Callable[[Path], Path], tmp_path: Path) -> None:
    model = str(make(tmp_path / "model"))
    encoder = prepare_encoder(model, tmp_path / "encoder", notify=pytest.fail)
    reference = SentenceTransformersEncoder.load(find_model(model))
    texts = ["the film", "She is quiet.", "what, films? " * 40, ""]
    assert encoder.identity == replace(reference.identity, runtime=ONNX)
    assert least_cosine(encoder, reference, texts) >= EXPORT_MIN_COSINE
    assert encoder.count_tokens(texts) == reference.count_tokens(texts)


def test_a_model_without_a_limit_reads_512_tokens(tmp_path: Path) -> None:
    model = str(save_t5(tmp_path / "t5"))
    encoder = prepare_encoder(model, tmp_path / "encoder", notify=pytest.fail)
    assert (encoder.identity.max_tokens, encoder.identity.runtime) == (512, ONNX)
    whole, beyond = encoder.encode(["film " * 510, "film " * 510 + "the quiet"])
    np.testing.assert_allclose(beyond, whole, atol=1e-5)


def test_a_model_without_modules_is_pooled_by_the_mean(tmp_path: Path, tiny_export: Path) -> None:
    encoder = prepare_encoder(str(save_bert(tmp_path / "bert")), tmp_path / "encoder", notify=pytest.fail)
    assert least_cosine(encoder, OnnxEncoder.open(tiny_export), ["the film", "she is"]) >= EXPORT_MIN_COSINE


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: save_model(folder, more=[Dense(32, 16)]), "it has a Dense module"),
        (lambda folder: save_model(folder, pooling="lasttoken"), "it pools by lasttoken"),
        (
            lambda folder: save_model(folder, prompt="what is ", include_prompt=False),
            "it leaves its prompt out of the pooling",
        ),
        (
            lambda folder: save_model(folder, padding_side="left"),
            "its tokenizer does not pad and truncate on the right",
        ),
    ],
    ids=["dense", "last token", "prompt not pooled", "padding on the left"],
)
def test_a_model_that_cannot_be_exported_runs_on_sentence_transformers_with_a_notice(
    make: Callable[[Path], Path], reason: str, tmp_path: Path
) -> None:
    model = make(tmp_path / "model")
    notes: list[str] = []
    encoder = prepare_encoder(str(model), tmp_path / "encoder", notify=notes.append)
    assert notes == [f"{model} can't be exported ({reason}). It runs on sentence-transformers, which is slower."]
    assert encoder.identity.runtime == SENTENCE_TRANSFORMERS
    vectors = encoder.encode(["the film", "she is quiet"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    again = open_encoder(tmp_path / "encoder", encoder.identity)
    np.testing.assert_allclose(again.encode(["the film", "she is quiet"]), vectors, atol=1e-6)


def test_an_export_that_differs_from_the_reference_is_not_used(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "EXPORT_MIN_COSINE", 1.1)
    notes: list[str] = []
    encoder = prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=notes.append)
    (note,) = notes
    assert note.startswith(f"{tiny_model} can't be exported (its cosine with the reference is 1.0000).")
    assert encoder.identity.runtime == SENTENCE_TRANSFORMERS
    assert [path.name for path in (tmp_path / "encoder").iterdir()] == [DESCRIPTION]


def test_an_export_of_the_same_weights_is_used_again(tiny_model: Path, export_copy: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in export_copy.iterdir()}
    encoder = prepare_encoder(str(tiny_model), export_copy, notify=pytest.fail)
    assert encoder.identity.model == str(tiny_model)
    assert {path.name: path.stat().st_mtime_ns for path in export_copy.iterdir()} == before


def test_a_damaged_export_is_made_again(tiny_model: Path, export_copy: Path) -> None:
    (export_copy / GRAPH).write_bytes(b"")
    encoder = prepare_encoder(str(tiny_model), export_copy, notify=pytest.fail)
    assert encoder.identity == verify_encoder(export_copy).identity


def test_another_models_export_is_replaced(tmp_path: Path, export_copy: Path) -> None:
    other = save_model(tmp_path / "other", pooling="cls")
    encoder = prepare_encoder(str(other), export_copy, notify=pytest.fail)
    assert encoder.identity.model == str(other)
    assert verify_encoder(export_copy).identity == encoder.identity
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_an_error_that_leaves_nothing_behind(tiny_model: Path, tmp_path: Path) -> None:
    with (
        small_files_only(),
        pytest.raises(IndexWriteError, match=r"can't be written \(File too large\)\. Make room and try again\.$"),
    ):
        prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_for_a_second_copy_counts_as_full(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(IndexWriteError, match="No space left on device"):
        prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folders_place_is_an_error(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexWriteError, match=r"file/encoder: The folder can't be written \(Not a directory\)\."):
        prepare_encoder(str(tiny_model), tmp_path / "file" / "encoder", notify=pytest.fail)


def test_a_killed_export_leaves_the_old_one_in_place(export_copy: Path, tmp_path: Path) -> None:
    before = verify_encoder(export_copy)
    # The packaged model's export imports no PyTorch, which would take most of the test's time.
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from embeddings.encoders.export import prepare_encoder;"
            "prepare_encoder(None, Path(sys.argv[1]), notify=print)",
            export_copy,
        ],
        cwd=ROOT,
    )
    while process.poll() is None and not (tmp_path / ".copy.new" / TOKENIZER).exists():
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert (tmp_path / ".copy.new").is_dir()
    assert verify_encoder(export_copy) == before
    encoder = prepare_encoder(None, export_copy, notify=pytest.fail)
    assert encoder.identity.model == DEFAULT_MODEL
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_encoder_other_than_the_indexs_is_refused(tiny_export: Path, encoder: OnnxEncoder) -> None:
    with pytest.raises(IndexDamagedError, match=f"The index was built with the encoder {DEFAULT_MODEL}, not "):
        open_encoder(tiny_export, encoder.identity)


def test_a_changed_model_on_sentence_transformers_is_refused(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", pooling="lasttoken")
    encoder = prepare_encoder(str(model), tmp_path / "encoder", notify=lambda _: None)
    (model / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 32, "pooling_mode": "cls"}')
    with pytest.raises(ModelError, match="The model has changed since the index was built"):
        open_encoder(tmp_path / "encoder", encoder.identity)


def test_a_folder_without_a_model_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^[^\n]+: sentence-transformers can't load this model \([^\n]+\)\.$"):
        prepare_encoder(str(tmp_path), tmp_path / "encoder", notify=pytest.fail)
    assert list(tmp_path.iterdir()) == []
