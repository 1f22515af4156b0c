"""The ONNX encoder gives the reference's vectors, and refuses files that were altered."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.config import EXPORT_MIN_COSINE
from embeddings.encoders.base import ONNX, EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
from embeddings.encoders.stored import DESCRIPTION, GRAPH, TOKENIZER, WEIGHTS, StoredFile, verify_encoder
from embeddings.encoders.weights import DEFAULT_MODEL, DEFAULT_WEIGHTS, find_model
from embeddings.errors import CHECK_MACHINE, REBUILD, IndexDamagedError, IndexUnreadableError, IndexVersionError
from tests.embeddings.fixtures.encoders import least_cosine
from tests.project import OWNERS

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
    "⭐⭐⭐⭐",
    "ผู้กำกับคือใคร",
    "🤔 eh",
    "映画",
)
UNREADABLE = ("⭐⭐⭐⭐", "⭐⭐ ⭐⭐!", "🎬 — 🎬", "ผู้กำกับคือใคร", "ผู้กำกับคือใคร??? (film)", "映画", "a" * 480)


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    return [text for text in re.split(r"(?<=[.?!])\s+", OWNERS.read_text(encoding="utf-8")) if text]


# The vectors


def test_the_packaged_models_identity_names_its_weights(encoder: OnnxEncoder, encoder_directory: Path) -> None:
    assert encoder.identity == EncoderIdentity(DEFAULT_MODEL, DEFAULT_WEIGHTS, 384, 256, ONNX)
    assert {path.name for path in encoder_directory.iterdir()} == {DESCRIPTION, TOKENIZER, GRAPH, WEIGHTS}


def test_vectors_are_those_of_the_reference(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, sentences: list[str]
) -> None:
    # Every third sentence, because the reference is slow.
    assert least_cosine(encoder, reference, sentences[::3]) >= EXPORT_MIN_COSINE


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_the_vector_of_an_odd_text_alone_is_that_of_the_reference(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, text: str
) -> None:
    assert least_cosine(encoder, reference, [text]) >= EXPORT_MIN_COSINE


def test_every_vector_has_length_one_or_none(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(ODD_TEXTS)
    assert (vectors.shape, vectors.dtype.name) == ((len(ODD_TEXTS), 384), "float32")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), vectors.any(axis=1), atol=1e-5)


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_that_the_model_mostly_does_not_know_has_a_vector_of_zeros(encoder: OnnxEncoder, text: str) -> None:
    assert not encoder.encode([text, "A film.", text])[[0, 2]].any()


@pytest.mark.parametrize(
    ("text", "known"),
    [("🤔 eh", " eh"), ("Loved it 😍😍!", "Loved it !"), ("⭐⭐⭐⭐ Great film", " Great film"), ("2010 🎬", "2010 ")],
)
def test_symbols_that_the_model_does_not_know_change_no_vector(encoder: OnnxEncoder, text: str, known: str) -> None:
    one, other = encoder.encode([text, known])
    assert float(one @ other) == pytest.approx(1, abs=1e-5)


def test_without_texts_there_are_no_vectors_and_no_tokens(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder
) -> None:
    for one in (encoder, reference):
        assert one.encode([]).shape == (0, 384)
        assert one.count_tokens([]) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_vector_does_not_depend_on_the_other_texts(encoder: OnnxEncoder, texts: list[str], random: Random) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)
    shuffled = encoder.encode([texts[index] for index in order])
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(shuffled, alone[order], atol=1e-5)


@pytest.mark.slow
def test_texts_encoded_by_several_threads_keep_their_order(encoder: OnnxEncoder, sentences: list[str]) -> None:
    texts = sentences[:100]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode(texts), alone, atol=1e-5)


def test_texts_beyond_one_window_keep_their_order(tiny_export: Path) -> None:
    encoder = OnnxEncoder.open(tiny_export)
    texts = [("the film ", "she is ", "what ")[number % 3] * (number % 7) for number in range(9000)]
    once = {text: encoder.encode([text])[0] for text in set(texts)}
    np.testing.assert_allclose(encoder.encode(texts), [once[text] for text in texts], atol=1e-5)


def test_several_threads_may_encode_at_once(encoder: OnnxEncoder, sentences: list[str]) -> None:
    texts = sentences[:40]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        for number, vectors in enumerate(pool.map(lambda text: encoder.encode([text]), texts)):
            np.testing.assert_allclose(vectors[0], expected[number], atol=1e-5)


def test_text_beyond_the_models_limit_does_not_count(encoder: OnnxEncoder) -> None:
    # 254 words and two special tokens.
    whole, beyond = encoder.encode(["film " * 254, "film " * 254 + "and what nobody reads"])
    np.testing.assert_allclose(beyond, whole, atol=1e-5)


def test_tokens_are_counted_as_the_reference_counts_them_also_beyond_the_limit(
    encoder: OnnxEncoder, reference: SentenceTransformersEncoder, sentences: list[str]
) -> None:
    texts = [*ODD_TEXTS, *sentences]
    assert encoder.count_tokens(texts) == reference.count_tokens(texts)
    assert encoder.count_tokens(["film " * 2000]) == [2002]


@pytest.mark.parametrize("count", [3, 300])
def test_progress_adds_up_to_the_number_of_texts(tiny_export: Path, tiny_model: Path, count: int) -> None:
    for encoder in (OnnxEncoder.open(tiny_export), SentenceTransformersEncoder.load(find_model(str(tiny_model)))):
        done: list[int] = []
        encoder.encode(["the film"] * count, progress=done.append)
        assert sum(done) == count


def test_encoding_can_be_interrupted(tiny_export: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    encoder = OnnxEncoder.open(tiny_export)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(["the film"] * 1000, progress=interrupt)
    assert encoder.encode(["the film"]).shape == (1, 32)


# What is refused


def refusal(directory: Path) -> str:
    with pytest.raises(IndexDamagedError) as caught:
        OnnxEncoder.open(directory)
    return str(caught.value)


@pytest.mark.parametrize("name", [DESCRIPTION, TOKENIZER, GRAPH, WEIGHTS])
def test_a_missing_file_is_refused(export_copy: Path, name: str) -> None:
    (export_copy / name).unlink()
    assert refusal(export_copy) == f"{export_copy / name}: The file is missing. {REBUILD}"


@pytest.mark.parametrize("name", [TOKENIZER, GRAPH, WEIGHTS])
def test_a_truncated_or_altered_file_is_refused(export_copy: Path, name: str) -> None:
    content = bytearray((export_copy / name).read_bytes())
    os.truncate(export_copy / name, 1000)
    size = f"The file has 1000 bytes instead of {len(content)}."
    assert refusal(export_copy) == f"{export_copy / name}: {size} {REBUILD}"
    content[len(content) // 2] ^= 1
    (export_copy / name).write_bytes(content)
    assert refusal(export_copy) == f"{export_copy / name}: The file has changed since it was written. {REBUILD}"


def test_verifying_finds_a_change_that_left_size_and_time_as_they_were(export_copy: Path) -> None:
    path = export_copy / WEIGHTS
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    OnnxEncoder.open(export_copy)
    with pytest.raises(IndexDamagedError, match="The file has changed since it was written"):
        verify_encoder(export_copy)


def test_a_copy_with_other_times_opens(tiny_export: Path, tmp_path: Path) -> None:
    for path in tiny_export.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    texts = ["the film"]
    np.testing.assert_array_equal(OnnxEncoder.open(tmp_path).encode(texts), OnnxEncoder.open(tiny_export).encode(texts))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1, "identity": {}}'])
def test_a_broken_description_is_refused(export_copy: Path, content: str) -> None:
    (export_copy / DESCRIPTION).write_text(content)
    assert re.fullmatch(rf"[^\n]+encoder\.json: The file can't be read \(.*\)\. {REBUILD}", refusal(export_copy))


def test_an_export_in_another_format_is_refused(export_copy: Path) -> None:
    (export_copy / DESCRIPTION).write_text('{"format": 99}')
    with pytest.raises(IndexVersionError) as caught:
        OnnxEncoder.open(export_copy)
    assert str(caught.value) == f"{export_copy / DESCRIPTION}: The file has format 99 instead of 1. {REBUILD}"


def test_a_graph_that_onnxruntime_refuses_is_an_error_of_one_line(export_copy: Path) -> None:
    (export_copy / GRAPH).write_bytes(b"no graph at all")
    content = json.loads((export_copy / DESCRIPTION).read_text())
    files = [asdict(StoredFile.of(export_copy / file["name"])) for file in content["files"]]
    (export_copy / DESCRIPTION).write_text(json.dumps(content | {"files": files}))
    with pytest.raises(IndexUnreadableError) as caught:
        OnnxEncoder.open(export_copy)
    # Rebuilding would write the same file.
    said = rf"[^\n]+: The encoder can't be loaded \([^\n]+\)\. {re.escape(CHECK_MACHINE)}"
    assert re.fullmatch(said, str(caught.value))
