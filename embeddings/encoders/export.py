"""From a model to the encoder that is kept with an index: exported once, checked, and moved into place.

Opening an encoder that was exported before imports neither PyTorch nor sentence-transformers nor transformers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.encoders.base import ONNX, Encoder, EncoderIdentity
from embeddings.encoders.onnx import (
    GRAPH,
    TOKENIZER,
    WEIGHTS,
    OnnxEncoder,
    StoredEncoder,
    describe_file,
    read_description,
    verify_encoder,
    write_description,
)
from embeddings.encoders.weights import ModelSource, find_model
from embeddings.errors import IndexDamagedError, IndexVersionError, IndexWriteError, ModelError

if TYPE_CHECKING:
    from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder

LEAST_COSINE = 0.9999
"""The least cosine between an exported model's vector of a text and the reference's."""

# Short and long, so that a batch of them is padded; longer than any model reads; scripts, signs and cases.
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
    """The encoder of `model`, in `directory`; exported into it unless it is there already.

    A model that can't be exported runs on sentence-transformers, and `notify` is told so. The caller holds the
    index's lock: two exports into one directory at a time would disturb each other.

    Args:
        model: None for the packaged model, a folder's path, or a name on the hub.
        directory: the encoder's own folder; what else stands in it is removed when the model changes.
        notify: told in one line what the user should know.
        allow_download: whether a model of the hub's may be fetched.

    Raises:
        ModelError: the model can't be found, loaded or trusted.
        IndexWriteError: `directory` can't be written; what was in it is untouched.
    """
    source = find_model(model, allow_download=allow_download)
    kept = _kept(source, directory)
    if kept is not None:
        return kept
    reference = _loaded(source)
    beside = directory.with_name(f".{directory.name}.new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        reason = _export(reference, beside)
        if reason is not None:
            shutil.rmtree(beside)
            beside.mkdir()
            write_description(beside, StoredEncoder(reference.identity))
            notify(f"{source.name} can't be exported ({reason}); it runs on sentence-transformers, which is slower.")
        _move_into_place(beside, directory)
    except OSError as error:
        raise IndexWriteError(f"{directory}: can't be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return reference if reason is not None else OnnxEncoder.open(directory)


def open_encoder(directory: Path, identity: EncoderIdentity) -> Encoder:
    """Open the encoder that an index was built with.

    Raises:
        IndexDamagedError: it is missing, truncated or altered, or another one.
        IndexVersionError: another version of this program wrote it.
        ModelError: it runs on sentence-transformers, and its model has gone or changed.
    """
    stored = read_description(directory).identity
    if stored != identity:
        raise IndexDamagedError(
            f"{directory}: holds the encoder {stored.model}, not the index's {identity.model}; "
            "run `review-bot index --rebuild`"
        )
    if identity.runtime == ONNX:
        return OnnxEncoder.open(directory)
    return load_reference(identity)


def load_reference(identity: EncoderIdentity, *, allow_download: bool = False) -> SentenceTransformersEncoder:
    """The model of that identity on sentence-transformers.

    Raises:
        ModelError: it has gone or changed, can't be loaded, or this installation leaves out what loads it.
    """
    source = find_model(identity.model, allow_download=allow_download)
    if source.weights != identity.weights:
        raise ModelError(f"{identity.model}: changed since the index was built; run `review-bot index --rebuild`")
    return _loaded(source)


def _loaded(source: ModelSource) -> SentenceTransformersEncoder:
    """The model on sentence-transformers.

    Raises:
        ModelError: it can't be loaded, or this installation leaves out what loads it.
    """
    # Imported here because it imports PyTorch.
    try:
        from embeddings.encoders.sentence_transformers import SentenceTransformersEncoder
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{source.name}: to make its encoder takes {error.name}, which is not installed here; "
            "run `review-bot index` where all of review-bot is, and bring the folder .index along"
        ) from error
    return SentenceTransformersEncoder.load(source)


def _kept(source: ModelSource, directory: Path) -> Encoder | None:
    """The encoder in `directory` if it is a sound one of this very model."""
    try:
        identity = verify_encoder(directory).identity
        if (identity.model, identity.weights) == (source.name, source.weights):
            return open_encoder(directory, identity)
    except (IndexDamagedError, IndexVersionError):
        # What can't be opened is exported again.
        pass
    return None


def _export(reference: SentenceTransformersEncoder, directory: Path) -> str | None:
    """Export into `directory` and check the outcome; or say why it can't be done."""
    # Imported here because it imports PyTorch.
    from embeddings.encoders.trace import trace

    try:
        pad_id = trace(reference, directory)
        stored = StoredEncoder(
            replace(reference.identity, runtime=ONNX),
            pad_id,
            reference.prompt,
            tuple(describe_file(directory / name) for name in (TOKENIZER, GRAPH, WEIGHTS)),
        )
        write_description(directory, stored)
        cosine = _least_cosine(reference, OnnxEncoder.open(directory))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign model's code may raise anything
        return next(iter(str(error).strip().splitlines()), type(error).__name__)
    # Worded so that a cosine that is no number is refused.
    return None if cosine >= LEAST_COSINE else f"its cosine with the reference is {cosine:.4f}"


def _least_cosine(reference: Encoder, runtime: Encoder) -> float:
    expected = reference.encode(_SAMPLE)
    together = (expected * runtime.encode(_SAMPLE)).sum(axis=1).min()
    alone = min(float(row @ runtime.encode([text])[0]) for text, row in zip(_SAMPLE, expected, strict=True))
    return min(float(together), alone)


def _move_into_place(beside: Path, directory: Path) -> None:
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    # A folder that holds something can't be replaced in one step.
    if directory.exists():
        directory.rename(old)
    beside.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
