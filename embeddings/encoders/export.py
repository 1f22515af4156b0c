"""Make the encoder that is stored with an index: export the model once, check the export, move it into place.

Exporting the packaged model, and opening an exported encoder, import neither PyTorch nor sentence-transformers nor
transformers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from embeddings.config import EXPORT_MIN_COSINE
from embeddings.encoders.base import ONNX, Encoder, EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.encoders.stored import (
    GRAPH,
    TOKENIZER,
    WEIGHTS,
    StoredEncoder,
    StoredFile,
    read_description,
    verify_encoder,
    write_description,
)
from embeddings.encoders.weights import DEFAULT_MODEL, ModelSource, find_model
from embeddings.errors import REBUILD, IndexDamagedError, IndexVersionError, IndexWriteError, ModelError, remedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder

# Short and long texts, so that a batch of them is padded; one longer than any model reads; scripts, signs and cases.
_SAMPLE = (
    "Why?",
    "What is a deferral, and who may ask for one?",
    "“She’d never say so—not to me…” (2010), he wrote; cf. p. 12–13.",
    "НЕ ОТПУСКАЙ МЕНЯ — わたしを離さないで — Nunca me abandones, ¿verdad?",
    "🙂🙃 🫠 100% e=mc² naïve café ﬁne ½",
    "The film is quiet, and it trusts its actors. " * 6,
    "Donor, carer, completion: words that hide what they name. " * 120,
)

# What sentence-transformers gives for `_SAMPLE` with the packaged model, float32, a row for each text.
_PACKAGED_VECTORS = Path(__file__).with_name("packaged_vectors.npy")


def prepare_encoder(model: ModelSource | str | None, directory: Path, *, notify: Callable[[str], None]) -> Encoder:
    """Return the encoder of `model`, exported into `directory` unless it is already there.

    The packaged model's graph is written from its weights, and that of any other model is traced with PyTorch. One that
    can't be exported runs on sentence-transformers. The caller must hold the index's lock, because two
    exports into one directory would disturb each other.

    Args:
        model: None for the packaged model, a folder's path, a name on the hub, or what `find_model` returned for one.
        directory: the encoder's own folder. Other content is removed when the model changes.
        notify: receives a line if the model can't be exported.

    Raises:
        ModelError: the model can't be found, loaded or trusted.
        IndexWriteError: `directory` can't be written; its content is untouched.
    """
    source = model if isinstance(model, ModelSource) else find_model(model)
    present = _open_present(source, directory)
    if present is not None:
        return present
    beside = directory.with_name(f".{directory.name}.new")
    unexported: Encoder | None = None
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        if source.name == DEFAULT_MODEL:
            _write_packaged(source, beside)
        else:
            unexported = _write_traced(source, beside, notify)
        _move_into_place(beside, directory)
    except OSError as error:
        raise IndexWriteError(
            f"{directory}: The folder can't be written ({error.strerror or error}). {remedy(error)}"
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return unexported or OnnxEncoder.open(directory)


def open_encoder(directory: Path, identity: EncoderIdentity) -> Encoder:
    """Open the encoder that an index was built with.

    Raises:
        IndexDamagedError: it is missing, truncated, altered, or another encoder.
        IndexVersionError: another version of this program wrote it.
        ModelError: it runs on sentence-transformers, and its model is missing or has changed.
    """
    stored = read_description(directory).identity
    if stored != identity:
        raise IndexDamagedError(
            f"{directory}: The index was built with the encoder {identity.model}, not {stored.model}. {REBUILD}"
        )
    return OnnxEncoder.open(directory) if identity.runtime == ONNX else load_reference(identity)


def load_reference(identity: EncoderIdentity, *, allow_download: bool = False) -> SentenceTransformersEncoder:
    """Load the model of an identity on sentence-transformers.

    Raises:
        ModelError: the model is missing, has changed, or can't be loaded by this installation.
    """
    source = find_model(identity.model, allow_download=allow_download)
    if source.weights != identity.weights:
        raise ModelError(f"{identity.model}: The model has changed since the index was built. {REBUILD}")
    return _load(source)


def _load(source: ModelSource) -> SentenceTransformersEncoder:
    # Imported here because it imports PyTorch.
    try:
        from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{source.name}: Loading this model needs the package {error.name}, which is not installed. "
            "Run `pip install .` in the clone of review-bot."
        ) from error
    return SentenceTransformersEncoder.load(source)


def _open_present(source: ModelSource, directory: Path) -> Encoder | None:
    """Open the encoder in `directory` if it is undamaged and of this model."""
    try:
        identity = verify_encoder(directory).identity
        if (identity.model, identity.weights) == (source.name, source.weights):
            return open_encoder(directory, identity)
    except (IndexDamagedError, IndexVersionError):
        # It is exported again.
        pass
    return None


def _write_packaged(source: ModelSource, directory: Path) -> None:
    """Write the encoder of the packaged model into `directory` and check it.

    Raises:
        ModelError: it does not give the reference's vectors.
        OSError: `directory` can't be written.
    """
    # Imported here because opening an encoder does not need it.
    from embeddings.encoders.bert import write_bert

    settings = json.loads((source.folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(source.folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings["max_seq_length"])
    (directory / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    dimension = write_bert(source.folder, directory)
    identity = EncoderIdentity(source.name, source.weights, dimension, settings["max_seq_length"], ONNX)
    _describe(directory, identity, tokenizer.token_to_id("[PAD]") or 0, "")
    cosine = _least_cosine(np.load(_PACKAGED_VECTORS), OnnxEncoder.open(directory))
    if not cosine >= EXPORT_MIN_COSINE:
        raise ModelError(
            f"{source.name}: The encoder gives other vectors than the reference (cosine {cosine:.4f}). "
            "Install the releases of onnxruntime and tokenizers that review-bot names."
        )


def _write_traced(source: ModelSource, directory: Path, notify: Callable[[str], None]) -> Encoder | None:
    """Write the encoder of a model into `directory`. Return the model itself if it can't be exported, or None."""
    reference = _load(source)
    reason = _export(reference, directory)
    if reason is None:
        return None
    shutil.rmtree(directory)
    directory.mkdir()
    write_description(directory, StoredEncoder(reference.identity))
    notify(f"{source.name} can't be exported ({reason}). It runs on sentence-transformers, which is slower.")
    return reference


def _export(reference: SentenceTransformersEncoder, directory: Path) -> str | None:
    """Export into `directory` and check the export. Return why that is impossible, or None."""
    # Imported here because it imports PyTorch.
    from embeddings.encoders.trace import trace

    try:
        pad_id = trace(reference, directory)
        _describe(directory, replace(reference.identity, runtime=ONNX), pad_id, reference.prompt)
        cosine = _least_cosine(reference.encode(_SAMPLE), OnnxEncoder.open(directory))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign model's code may raise anything
        return next(iter(str(error).strip().splitlines()), type(error).__name__)
    # Written so that NaN is refused.
    return None if cosine >= EXPORT_MIN_COSINE else f"its cosine with the reference is {cosine:.4f}"


def _describe(directory: Path, identity: EncoderIdentity, pad_id: int, prompt: str) -> None:
    files = tuple(StoredFile.of(directory / name) for name in (TOKENIZER, GRAPH, WEIGHTS))
    write_description(directory, StoredEncoder(identity, pad_id, prompt, files))


def _least_cosine(expected: NDArray[np.float32], runtime: Encoder) -> float:
    """Return the least cosine of an export's vectors of `_SAMPLE` with the `expected` ones."""
    together = runtime.encode(_SAMPLE)
    alone = [runtime.encode([text])[0] for text in _SAMPLE]
    # Texts that the model can't read have no direction, and both encoders have to say so.
    return min(
        float(one @ other) if one.any() else float(not other.any())
        for others in (together, alone)
        for one, other in zip(expected, others, strict=True)
    )


def _move_into_place(beside: Path, directory: Path) -> None:
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    # A folder that is not empty can't be replaced in one step.
    if directory.exists():
        directory.rename(old)
    beside.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
