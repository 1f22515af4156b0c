"""Encoding what an index lacks: chunk by chunk, each kept before the next, so that no text is encoded twice."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.base import Encoder
from embeddings.index.build.planner import Plan
from embeddings.index.build.vector_cache import Digests, Journal, StoredVectors, VectorCache
from embeddings.index.vectors import encode_fp16, normalize

Progress = Callable[[int, int], None]
"""Called with the number of characters encoded so far, and of all that have to be: time goes by these, not by texts."""

CHUNK_TEXTS = 2048
"""After so many texts their vectors are kept: what an interruption costs, half a minute of work at most."""


def encode_missing(
    plans: Sequence[Plan], directory: Path, encoder: Encoder, progress: Progress | None = None
) -> VectorCache:
    """The vectors of all that the plans hold: those that are there already, and the others, encoded.

    Args:
        plans: what is to be written.
        directory: where interrupted builds leave what they had encoded.
        encoder: what encodes.
        progress: told how far it is.

    Raises:
        OSError: what is encoded can't be kept.
    """
    old = [kept for plan in plans for kept in plan.kept()]
    wanted: Digests = np.concatenate([np.zeros((0, 2), np.uint64), *(plan.new_digests for plan in plans)])
    size = 2 * encoder.identity.dimension
    if not len(wanted):
        return VectorCache(old)
    journal = Journal(directory / _name(encoder), size)
    missing = (VectorCache([*old, journal.kept()]).find(wanted) < 0) & _first(wanted)
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
    return VectorCache([*old, journal.kept()])


def discard_small_journals(directory: Path) -> None:
    """Remove what interrupted builds had encoded, where it is less than a chunk: a full disk is left as it was."""
    if sum(Journal.count_in(folder) for folder in directory.glob("*")) < CHUNK_TEXTS:
        shutil.rmtree(directory, ignore_errors=True)


class _Chunks:
    """Texts on their way through the encoder into the journal."""

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
        if len(self._texts) >= CHUNK_TEXTS:
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

        # An encoder's word is not enough: a row of another length would be taken for closer than it is.
        vectors = normalize(self._encoder.encode(self._texts, progress=count))
        self._journal.append(StoredVectors(np.concatenate(self._digests), encode_fp16(vectors)))
        self._done += characters
        self._texts, self._digests = [], []


def _first(wanted: Digests) -> NDArray[np.bool_]:
    """Which digests stand there for the first time."""
    order = np.lexsort((wanted[:, 1], wanted[:, 0]))
    inner = (wanted[order][1:] == wanted[order][:-1]).all(axis=1)
    first = np.ones(len(wanted), bool)
    first[order[1:]] = ~inner
    return first


def _name(encoder: Encoder) -> str:
    content = json.dumps(asdict(encoder.identity), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
