"""An exported model on onnxruntime, which opens in a fraction of the time that importing PyTorch takes.

Nothing here imports PyTorch, transformers or sentence-transformers. `embeddings.encoders.export` does, to make the
folder that is opened here, whose files `embeddings.encoders.stored` lists.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from embeddings.config import ENCODER_THREADED_TEXTS, ENCODER_THREADS, ENCODER_WINDOW_TEXTS
from embeddings.encoders.base import batches_by_length, replace_surrogates, without_unknown
from embeddings.encoders.stored import GRAPH, TOKENIZER, StoredEncoder, read_description, verify_encoder
from embeddings.errors import (
    CHECK_MACHINE,
    IndexUnreadableError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"

_UNKNOWN_TOKENS = ("[UNK]", "<unk>")
# Of onnxruntime's levels (0 verbose to 4 fatal).
_ERRORS_ONLY = 3

_Batch = tuple[list[int], list[list[int]]]
"""Texts that are encoded together: their indices among all texts, and the token ids of each."""


class OnnxEncoder:
    """An exported model on onnxruntime. Safe to call from several threads at once.

    Attributes:
        identity: what decides the vectors.
    """

    def __init__(self, stored: StoredEncoder, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        self.identity = stored.identity
        self._stored = stored
        self._tokenizer = tokenizer
        self._session = session
        self._unknown = {tokenizer.token_to_id(token) for token in _UNKNOWN_TOKENS}

    @classmethod
    def open(cls, directory: Path) -> OnnxEncoder:
        """Open the encoder that `embeddings.encoders.export.prepare_encoder` put into `directory`.

        Raises:
            IndexDamagedError: a file is missing, truncated or altered.
            IndexUnreadableError: this user or this machine can't read it.
            IndexVersionError: another version of this program wrote it.
        """
        stored = read_description(directory)
        for file in stored.files:
            file.check(directory, thoroughly=False)
        try:
            tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
            session = onnxruntime.InferenceSession(
                directory / GRAPH, session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # The errors of both libraries have no other common base. Rebuilding mends only altered files.
            verify_encoder(directory)
            reason = str(error).splitlines()[0]
            raise IndexUnreadableError(
                f"{directory}: The encoder can't be loaded ({reason}). {CHECK_MACHINE}"
            ) from error
        return cls(stored, tokenizer, session)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, in their order; see `Encoder.encode`."""
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        for indices, rows in self._encode_batches(texts):
            vectors[indices] = rows
            if progress is not None:
                progress(len(indices))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; see `Encoder.count_tokens`."""
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        return [
            len(encoding.ids) + sum(len(rest.ids) - special for rest in encoding.overflowing)
            for encoding in self._tokenizer.encode_batch(self._prompted(texts))
        ]

    def _encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield indices of `texts` and their vectors, batch by batch."""
        if len(texts) <= ENCODER_THREADED_TEXTS or (os.cpu_count() or 1) < ENCODER_THREADS:
            for window in _windows(len(texts)):
                yield from map(self._run, self._batches(texts, window))
            return
        # One session serves all threads: it stores nothing between runs, and its weights exist once.
        with ThreadPoolExecutor(ENCODER_THREADS) as pool:
            try:
                for window in _windows(len(texts)):
                    yield from pool.map(self._run, self._batches(texts, window))
            finally:
                # An interrupted caller does not wait for the rest.
                pool.shutdown(wait=False, cancel_futures=True)

    def _batches(self, texts: Sequence[str], window: range) -> Iterator[_Batch]:
        prompted = self._prompted(texts[window.start : window.stop])
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prompted)]
        for index, ids in enumerate(tokens):
            if not self._unknown.isdisjoint(ids):
                tokens[index] = self._known_tokens(prompted[index])
        for batch in batches_by_length([len(ids) for ids in tokens]):
            yield [window[index] for index in batch], [tokens[index] for index in batch]

    def _known_tokens(self, prompted: str) -> list[int]:
        """Return the tokens of a text with unknown ones, or none if the model can't read it."""
        encoding, first = self._tokenizer.encode(prompted), len(self._stored.prompt)
        unknown = [
            (start - first, end - first)
            for number, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
            if number in self._unknown and start >= first
        ]
        known = without_unknown(prompted[first:], unknown)
        ids: list[int] = [] if known is None else self._tokenizer.encode(prompted[:first] + known).ids
        return ids

    def _prompted(self, texts: Iterable[str]) -> list[str]:
        return [self._stored.prompt + replace_surrogates(text) for text in texts]

    def _run(self, batch: _Batch) -> tuple[list[int], NDArray[np.float32]]:
        indices, tokens = batch
        # A tokenizer without special tokens has no token for an empty text, and the graph needs a column.
        shape = len(tokens), max(1, *(len(ids) for ids in tokens))
        input_ids = np.full(shape, self._stored.pad_id, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        for row, ids in enumerate(tokens):
            input_ids[row, : len(ids)] = ids
            attention_mask[row, : len(ids)] = 1
        (vectors,) = self._session.run(None, {INPUT_IDS: input_ids, ATTENTION_MASK: attention_mask})
        vectors[[not ids for ids in tokens]] = 0.0
        return indices, vectors


def session_options() -> onnxruntime.SessionOptions:
    """Return onnxruntime's options for an optimized graph that runs on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A memory plan for each shape of batch saves no time here, and costs a tenth of the memory.
    options.enable_mem_pattern = False
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    return options


def _windows(count: int) -> Iterator[range]:
    for start in range(0, count, ENCODER_WINDOW_TEXTS):
        yield range(start, min(start + ENCODER_WINDOW_TEXTS, count))
