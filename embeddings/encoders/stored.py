"""What is stored of an encoder: its description, and how to detect that its files were altered. Opens no model.

encoder.json       the identity, how the model pads, and the size and SHA-256 of each file below
tokenizer.json     the tokenizer, set to truncate where the model stops reading
model.onnx         the graph, from token ids to unit vectors, already optimized
model.onnx.data    the weights, apart from the graph so that they are mapped into memory, not copied
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings.documents.filesystem import digest_of
from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import REBUILD, IndexDamagedError, IndexVersionError, unreadable

DESCRIPTION = "encoder.json"
TOKENIZER = "tokenizer.json"
GRAPH = "model.onnx"
WEIGHTS = "model.onnx.data"

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of an encoder's folder, and how to detect that it was altered.

    `modified_ns` is the time of its last change, as `os.stat_result.st_mtime_ns` gives it.
    """

    name: str
    size: int
    sha256: str
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> StoredFile:
        """Describe a file.

        Raises:
            OSError: it can't be read.
        """
        status = path.stat()
        return cls(path.name, status.st_size, digest_of(path), status.st_mtime_ns)

    def check(self, directory: Path, *, thoroughly: bool) -> None:
        """Compare the file in `directory` with what was written.

        Digesting the weights takes as long as opening the encoder. So unless it is checked thoroughly, a file of the
        right size and time passes. A copy has another time: it is digested, and passes if it is the same.

        Raises:
            IndexDamagedError: the file is missing, truncated or altered.
            IndexUnreadableError: this user or this machine can't read it.
        """
        path = directory / self.name
        try:
            status = path.stat()
            if status.st_size != self.size:
                raise IndexDamagedError(
                    f"{path}: The file has {status.st_size} bytes instead of {self.size}. {REBUILD}"
                )
            if not thoroughly and status.st_mtime_ns == self.modified_ns:
                return
            if StoredFile.of(path).sha256 != self.sha256:
                raise IndexDamagedError(f"{path}: The file has changed since it was written. {REBUILD}")
        except OSError as error:
            raise unreadable(path, error) from error


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """The content of `encoder.json`.

    Attributes:
        identity: what decides the vectors.
        pad_id: the token that fills a batch's shorter rows.
        prompt: what the model expects before each text.
        files: the files beside it; none for a model that runs on sentence-transformers.
    """

    identity: EncoderIdentity
    pad_id: int = 0
    prompt: str = ""
    files: tuple[StoredFile, ...] = ()


def write_description(directory: Path, stored: StoredEncoder) -> None:
    """Write `encoder.json`.

    Raises:
        OSError: it can't be written.
    """
    content = json.dumps({"format": _FORMAT} | asdict(stored), indent=2, ensure_ascii=False)
    (directory / DESCRIPTION).write_text(content + "\n", encoding="utf-8")


def read_description(directory: Path) -> StoredEncoder:
    """Read `encoder.json`.

    Raises:
        IndexDamagedError: it is missing or not what was written.
        IndexUnreadableError: this user or this machine can't read it.
        IndexVersionError: another version of this program wrote it.
    """
    path = directory / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise IndexVersionError(f"{path}: The file has format {content['format']} instead of {_FORMAT}. {REBUILD}")
        return StoredEncoder(
            identity=EncoderIdentity(**content["identity"]),
            pad_id=content["pad_id"],
            prompt=content["prompt"],
            files=tuple(StoredFile(**file) for file in content["files"]),
        )
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"{path}: The file can't be read ({error}). {REBUILD}") from error


def verify_encoder(directory: Path) -> StoredEncoder:
    """Read every byte of an encoder's folder and compare it with what was written.

    Raises:
        IndexDamagedError: a file is missing, truncated or altered.
        IndexVersionError: another version of this program wrote it.
    """
    stored = read_description(directory)
    for file in stored.files:
        file.check(directory, thoroughly=True)
    return stored
