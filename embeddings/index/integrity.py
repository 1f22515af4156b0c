"""Compare the files of an index and of its model with what was written, without opening them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents.filesystem import digest_of
from embeddings.encoders.base import ONNX
from embeddings.encoders.stored import read_description, verify_encoder
from embeddings.encoders.weights import DEFAULT_MODEL, DEFAULT_WEIGHTS, find_model
from embeddings.errors import (
    REBUILD,
    IndexDamagedError,
    IndexMissingError,
    IndexVersionError,
    ModelError,
    ModelMissingError,
    unreadable,
)
from embeddings.index.manifest import COLLECTIONS, INDEX_DIRECTORY, IndexedCollection, Manifest


def verify_index(data: Path) -> None:
    """Read every byte of a data directory's index and compare it with what was written.

    The errors are those of `Library.open`.
    """
    directory = data / INDEX_DIRECTORY
    verify_files(directory, Manifest.open(directory))


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Read every byte of an index and compare it with what was written.

    Raises:
        IndexDamagedError: a file is missing, incomplete or altered.
        IndexVersionError: another version of this program wrote the encoder.
        IndexUnreadableError: this user or this machine can't read it.
    """
    for entry in manifest.collections:
        verify_collection(directory / COLLECTIONS / entry.name / entry.generation, entry)
    if manifest.encoder.runtime == ONNX:
        verify_encoder(directory / manifest.encoder_folder)


def check_files(directory: Path, manifest: Manifest) -> None:
    """Compare the files of an index with what was written by their sizes, and those of the encoder by their times too.

    The errors are those of `verify_files`.
    """
    for entry in manifest.collections:
        check_sizes(directory / COLLECTIONS / entry.name / entry.generation, entry)
    folder = directory / manifest.encoder_folder
    stored = read_description(folder)
    if stored.identity != manifest.encoder:
        raise IndexDamagedError(f"{folder}: This is not the encoder that the index was built with. {REBUILD}")
    for file in stored.files:
        file.check(folder, thoroughly=False)


def check_sizes(directory: Path, entry: IndexedCollection) -> None:
    """Compare the sizes of a collection's files with what was written.

    Raises:
        IndexDamagedError: a file is missing or has another size.
        IndexUnreadableError: this user or this machine can't read it.
    """
    for name, size in entry.files.items():
        file = directory / name
        try:
            found = file.stat().st_size
        except OSError as error:
            raise unreadable(file, error) from error
        if found != size:
            raise IndexDamagedError(f"{file}: The file has {found} bytes instead of {size}. {REBUILD}")


def verify_collection(directory: Path, entry: IndexedCollection) -> None:
    """Read every byte of a collection's files and compare it with what was written.

    Raises:
        IndexDamagedError: a file was altered.
        IndexUnreadableError: this user or this machine can't read them.
    """
    try:
        generation = generation_of(directory)
    except OSError as error:
        raise unreadable(Path(error.filename or directory), error) from error
    if generation != entry.generation:
        raise IndexDamagedError(f"{directory}: The index has changed since it was written. {REBUILD}")


def generation_of(directory: Path, *, flush: bool = False) -> str:
    """Return the name of the generation with the files of a folder, made from their names and content.

    With `flush` every file is flushed to the disk as well.
    """
    digest = hashlib.sha256()
    for file in sorted(directory.iterdir()):
        digest.update(file.name.encode())
        digest.update(bytes.fromhex(digest_of(file)))
        if flush:
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a data directory's encoder."""

    digest: str  # their SHA-256 (hex)
    default: bool  # True if they are the default model's
    from_index: bool = False  # True if the model isn't installed, so that the index has the only copy


def check_weights(data: Path) -> Weights:
    """Check the weights of a data directory's encoder, byte by byte; without a readable index, the default model's.

    Raises:
        ModelError: the model is missing, damaged, or another one than the index was built with.
        IndexDamagedError: the index's copy is damaged.
    """
    directory = data / INDEX_DIRECTORY
    try:
        manifest = Manifest.open(directory)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        return Weights(find_model(None).weights, default=True)
    identity = manifest.encoder
    default = identity.weights == DEFAULT_WEIGHTS
    try:
        found = find_model(identity.model).weights
    except ModelError as error:
        is_damaged = identity.model == DEFAULT_MODEL and not isinstance(error, ModelMissingError)
        if identity.runtime != ONNX or is_damaged:
            raise
        verify_encoder(directory / manifest.encoder_folder)
        return Weights(identity.weights, default, from_index=True)
    if found != identity.weights:
        raise ModelError(f"{identity.model} has changed since the index was built. {REBUILD}")
    return Weights(found, default)
