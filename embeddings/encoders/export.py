"""Make the encoder that is stored with an index: export the model once, check the export, move it into place.

Opening an exported encoder imports neither PyTorch nor sentence-transformers nor transformers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.config import EXPORT_MIN_COSINE
from embeddings.encoders.base import ONNX, Encoder, EncoderIdentity
from embeddings.encoders.onnx import (
    GRAPH,
    TOKENIZER,
    WEIGHTS,
    OnnxEncoder,
    StoredEncoder,
    StoredFile,
    read_description,
    verify_encoder,
    write_description,
)
from embeddings.encoders.weights import ModelSource, find_model
from embeddings.errors import REBUILD, IndexDamagedError, IndexVersionError, IndexWriteError, ModelError

if TYPE_CHECKING:
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


def prepare_encoder(
    model: str | None, directory: Path, *, notify: Callable[[str], None], allow_download: bool = False
) -> Encoder:
    """Return the encoder of `model`, exported into `directory` unless it is already there.

    A model that can't be exported runs on sentence-transformers. The caller must hold the index's lock, because two
    exports into one directory would disturb each other.

    Args:
        model: None for the packaged model, a folder's path, or a name on the hub.
        directory: the encoder's own folder. Other content is removed when the model changes.
        notify: receives a line if the model can't be exported.
        allow_download: whether a model may be downloaded from the hub.

    Raises:
        ModelError: the model can't be found, loaded or trusted.
        IndexWriteError: `directory` can't be written; its content is untouched.
    """
    source = find_model(model, allow_download=allow_download)
    present = _open_present(source, directory)
    if present is not None:
        return present
    reference = _load(source)
    beside = directory.with_name(f".{directory.name}.new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        reason = _export(reference, beside)
        if reason is not None:
            shutil.rmtree(beside)
            beside.mkdir()
            write_description(beside, StoredEncoder(reference.identity))
            notify(f"{source.name} can't be exported ({reason}). It runs on sentence-transformers, which is slower.")
        _move_into_place(beside, directory)
    except OSError as error:
        raise IndexWriteError(f"{directory}: The folder can't be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return reference if reason is not None else OnnxEncoder.open(directory)


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


def _export(reference: SentenceTransformersEncoder, directory: Path) -> str | None:
    """Export into `directory` and check the export. Return why that is impossible, or None."""
    # Imported here because it imports PyTorch.
    from embeddings.encoders.trace import trace

    try:
        pad_id = trace(reference, directory)
        files = tuple(StoredFile.of(directory / name) for name in (TOKENIZER, GRAPH, WEIGHTS))
        identity = replace(reference.identity, runtime=ONNX)
        write_description(directory, StoredEncoder(identity, pad_id, reference.prompt, files))
        cosine = _least_cosine(reference, OnnxEncoder.open(directory))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign model's code may raise anything
        return next(iter(str(error).strip().splitlines()), type(error).__name__)
    # Written so that NaN is refused.
    return None if cosine >= EXPORT_MIN_COSINE else f"its cosine with the reference is {cosine:.4f}"


def _least_cosine(reference: Encoder, runtime: Encoder) -> float:
    expected = reference.encode(_SAMPLE)
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
