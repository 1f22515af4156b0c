"""Texts to unit vectors.

`Encoder` is what the rest of the engine asks for. `OnnxEncoder` is the one that does the work: an exported
model on onnxruntime, opened in a fraction of the time that PyTorch alone takes to import. Nothing here
imports PyTorch, transformers or sentence-transformers; `embeddings.encoders.export` does, to make what is opened here.

A runtime encoder's folder holds:

    encoder.json       the identity, how the model pads, and the size and SHA-256 of each file below
    tokenizer.json     the tokenizer, set to truncate where the model stops reading
    model.onnx         the graph, from token ids to unit vectors, already optimised
    model.onnx.data    the weights, apart from the graph so that they are mapped into memory, not copied
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from embeddings.encoders.base import EncoderIdentity, fill
from embeddings.errors import IndexDamagedError, IndexVersionError

if TYPE_CHECKING:
    from numpy.typing import NDArray


DESCRIPTION = "encoder.json"
TOKENIZER = "tokenizer.json"
GRAPH = "model.onnx"
WEIGHTS = "model.onnx.data"

INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"

_FORMAT = 1
_MEND = "run `review-bot index --rebuild`"

_WORKERS = 2
# Below this, starting a second thread is not worth it: a question is one text.
_MANY_TEXTS = 64
# Sorting looks this far ahead, so that a million texts are never held as token ids at once.
_WINDOW_TEXTS = 4096

_Batch = tuple[list[int], list[list[int]]]
"""Texts that are encoded together: their places among all texts, and the token ids of each."""

# Of onnxruntime's levels (0 verbose to 4 fatal): its warnings mean nothing to whoever asks a question.
_ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of an encoder's folder, and how to tell that it was altered.

    `modified_ns` is the time of its last change as `os.stat_result.st_mtime_ns` gives it.
    """

    name: str
    size: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """What `encoder.json` says.

    Attributes:
        identity: what decides the vectors.
        pad_id: the token that fills a batch's shorter rows.
        prompt: what the model wants to stand before each text.
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
        IndexVersionError: another version of this program wrote it.
    """
    path = directory / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise IndexVersionError(f"{path}: written in format {content['format']}, not {_FORMAT}; {_MEND}")
        return StoredEncoder(
            identity=EncoderIdentity(**content["identity"]),
            pad_id=content["pad_id"],
            prompt=content["prompt"],
            files=tuple(StoredFile(**file) for file in content["files"]),
        )
    except FileNotFoundError:
        raise IndexDamagedError(f"{path}: missing; {_MEND}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"{path}: unreadable ({error}); {_MEND}") from error


def describe_file(path: Path) -> StoredFile:
    """Size, digest and time of a file.

    Raises:
        OSError: it can't be read.
    """
    status = path.stat()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return StoredFile(path.name, status.st_size, digest, status.st_mtime_ns)


def verify_encoder(directory: Path) -> StoredEncoder:
    """Read every byte of an encoder's folder and compare it with what was written there.

    Raises:
        IndexDamagedError: a file is missing, truncated or altered.
        IndexVersionError: another version of this program wrote it.
    """
    stored = read_description(directory)
    for file in stored.files:
        _check(directory, file, thoroughly=True)
    return stored


def _check(directory: Path, file: StoredFile, *, thoroughly: bool) -> None:
    # Digesting the weights takes as long as opening the encoder does. So a file of the right size that nobody
    # has written to since is taken as it is; one that was copied is digested, and serves if it is the same.
    path = directory / file.name
    try:
        status = path.stat()
        if status.st_size != file.size:
            raise IndexDamagedError(f"{path}: {status.st_size} bytes instead of {file.size}; {_MEND}")
        if not thoroughly and status.st_mtime_ns == file.modified_ns:
            return
        if describe_file(path).sha256 != file.sha256:
            raise IndexDamagedError(f"{path}: altered since it was written; {_MEND}")
    except FileNotFoundError:
        raise IndexDamagedError(f"{path}: missing; {_MEND}") from None
    except OSError as error:
        raise IndexDamagedError(f"{path}: unreadable ({error.strerror}); {_MEND}") from error


class OnnxEncoder:
    """An exported model on onnxruntime. Safe to call from several threads at once."""

    def __init__(self, stored: StoredEncoder, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        self._stored = stored
        self._tokenizer = tokenizer
        self._session = session

    @classmethod
    def open(cls, directory: Path) -> OnnxEncoder:
        """Open the encoder that `embeddings.encoders.export.prepare_encoder` put into `directory`.

        Raises:
            IndexDamagedError: a file is missing, truncated or altered.
            IndexVersionError: another version of this program wrote it.
        """
        stored = read_description(directory)
        for file in stored.files:
            _check(directory, file, thoroughly=False)
        try:
            tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
            session = onnxruntime.InferenceSession(
                directory / GRAPH, _session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # Both libraries raise kin of no common base but this.
            reason = str(error).splitlines()[0]
            raise IndexDamagedError(f"{directory}: can't be loaded ({reason}); {_MEND}") from error
        return cls(stored, tokenizer, session)

    @property
    def identity(self) -> EncoderIdentity:
        """What decides the vectors."""
        return self._stored.identity

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The vectors of `texts`, in their order.

        A text of more than `identity.max_tokens` tokens is cut there.

        Args:
            texts: what to encode.
            progress: called with the number of texts done since its last call, by the calling thread.

        Returns:
            Shape (len(texts), `identity.dimension`), each row of length one.
        """
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for batch, rows in self._encode_batches(texts):
            vectors[batch] = rows
            if progress is not None:
                progress(len(batch))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens included, however long it is."""
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        return [
            len(encoding.ids) + sum(len(rest.ids) - special for rest in encoding.overflowing)
            for encoding in self._tokenizer.encode_batch(self._prompted(texts))
        ]

    def _encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Places in `texts` and their vectors, batch by batch."""
        if len(texts) <= _MANY_TEXTS or (os.cpu_count() or 1) < _WORKERS:
            for window in _windows(len(texts)):
                yield from map(self._run, self._batches(texts, window))
            return
        # One session serves both threads: it keeps nothing between runs, and its weights exist once.
        with ThreadPoolExecutor(_WORKERS) as pool:
            try:
                for window in _windows(len(texts)):
                    yield from pool.map(self._run, self._batches(texts, window))
            finally:
                # Whoever stops half-way does not wait for the other half.
                pool.shutdown(wait=False, cancel_futures=True)

    def _batches(self, texts: Sequence[str], window: range) -> Iterator[_Batch]:
        prompted = self._prompted(texts[window.start : window.stop])
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prompted)]
        for batch in fill([len(ids) for ids in tokens]):
            yield [window[place] for place in batch], [tokens[place] for place in batch]

    def _prompted(self, texts: Iterable[str]) -> list[str]:
        # The tokenizer refuses half a surrogate pair, which a terminal's undecodable bytes leave in a text.
        return [self._stored.prompt + text.encode(errors="replace").decode() for text in texts]

    def _run(self, batch: _Batch) -> tuple[list[int], NDArray[np.float32]]:
        places, tokens = batch
        # A tokenizer without special tokens makes nothing of an empty text; the graph wants a column.
        shape = len(tokens), max(1, *(len(ids) for ids in tokens))
        input_ids = np.full(shape, self._stored.pad_id, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        for row, ids in enumerate(tokens):
            input_ids[row, : len(ids)] = ids
            attention_mask[row, : len(ids)] = 1
        (vectors,) = self._session.run(None, {INPUT_IDS: input_ids, ATTENTION_MASK: attention_mask})
        return places, vectors


def _windows(count: int) -> Iterator[range]:
    for start in range(0, count, _WINDOW_TEXTS):
        yield range(start, min(start + _WINDOW_TEXTS, count))


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of memory for each shape of batch saves no time here, and costs a tenth of the memory.
    options.enable_mem_pattern = False
    # The graph was optimised when it was exported.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    return options
