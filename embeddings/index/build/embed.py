"""Encode the texts that an index lacks, chunk by chunk. Each chunk is stored before the next, so none is lost."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.config import ENCODE_CHUNK_TEXTS
from embeddings.encoders.base import Encoder
from embeddings.index.build.options import Progress
from embeddings.index.build.planner import Plan
from embeddings.index.build.vector_cache import NO_DIGESTS, Journal, StoredVectors, VectorCache
from embeddings.index.collection import Digests
from embeddings.index.vectors import encode_fp16, normalize


def encode_missing(
    plans: Sequence[Plan], directory: Path, encoder: Encoder, progress: Progress | None = None
) -> VectorCache:
    """Return the vectors of all texts of the plans: those that exist, and the others, encoded.

    `directory` has the journals of interrupted builds. Raises OSError if encoded vectors can't be stored.
    """
    old = [vectors for plan in plans for vectors in plan.old_vectors()]
    wanted: Digests = np.concatenate([NO_DIGESTS, *(plan.new_digests for plan in plans)])
    if not len(wanted):
        return VectorCache(old)
    identity = json.dumps(asdict(encoder.identity), sort_keys=True)
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    journal = Journal(directory / name, 2 * encoder.identity.dimension)
    missing = (VectorCache([*old, journal.read()]).find(wanted) < 0) & _is_first(wanted)
    lengths = np.concatenate([plan.new_lengths for plan in plans])
    chunks = _Chunks(encoder, journal, progress, int(lengths[missing].sum()))
    at = 0
    for plan in plans:
        for number in plan.new:
            texts = list(plan.texts(number))
            own = slice(at, at + len(texts))
            chunks.add(
                [text for text, lacks in zip(texts, missing[own], strict=True) if lacks], wanted[own][missing[own]]
            )
            at += len(texts)
    chunks.close()
    return VectorCache([*old, journal.read()])


def discard_small_journals(directory: Path) -> None:
    """Remove the journals if they have less than a chunk in all, so that a full disk is left as it was."""
    if sum(map(Journal.max_texts, directory.glob("*"))) < ENCODE_CHUNK_TEXTS:
        shutil.rmtree(directory, ignore_errors=True)


class _Chunks:
    """Collects texts, and encodes them into the journal a chunk at a time."""

    def __init__(self, encoder: Encoder, journal: Journal, progress: Progress | None, total: int) -> None:
        self._encoder = encoder
        self._journal = journal
        self._progress = progress
        self._total = total
        self._done = 0
        self._texts: list[str] = []
        self._digests: list[Digests] = []

    def add(self, texts: list[str], digests: Digests) -> None:
        self._texts.extend(texts)
        self._digests.append(digests)
        if len(self._texts) >= ENCODE_CHUNK_TEXTS:
            self.close()

    def close(self) -> None:
        if not self._texts:
            return
        characters, encoded = sum(map(len, self._texts)), 0

        def count(more: int) -> None:
            nonlocal encoded
            encoded += more
            if self._progress is not None:
                self._progress(self._done + characters * encoded // len(self._texts), self._total)

        # Normalized whatever the encoder promises: a longer row would score as closer than it is.
        vectors = normalize(self._encoder.encode(self._texts, progress=count))
        self._journal.append(StoredVectors(np.concatenate(self._digests), encode_fp16(vectors)))
        self._done += characters
        self._texts, self._digests = [], []


def _is_first(wanted: Digests) -> NDArray[np.bool_]:
    """Return which digests occur for the first time."""
    order = np.lexsort((wanted[:, 1], wanted[:, 0]))
    repeated = (wanted[order][1:] == wanted[order][:-1]).all(axis=1)
    first = np.ones(len(wanted), bool)
    first[order[1:]] = ~repeated
    return first
