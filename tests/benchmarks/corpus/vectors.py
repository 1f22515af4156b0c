"""Vectors for more text than can be encoded, made of real vectors.

Encoding a million passages with their four million sentences would take most of a day. So a *bank* of real passages
with their sentences is encoded once, and the vector of every other text is a mix of two members of the bank and of
noise. The first member depends on the text's longest word, so that a passage resembles its sentence with that word. The
second, their shares and the noise depend on the whole text. The planted passages, their sentences, and every question
are really encoded.

Made vectors are closer to one another than real ones, because many share a member of the bank, and a little farther
from questions. The benchmark `quality` reports both (`closeness`), and what made vectors change in the answers to a
corpus that is encoded both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.base import Encoder, EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from tests.benchmarks.corpus.facts import FACTS
from tests.benchmarks.corpus.reviews import Corpus, carrier
from tests.benchmarks.harness.processes import Spent, spent
from tests.embeddings.fixtures.encoders import WrappedEncoder
from tests.embeddings.fixtures.reviews import review

Floats = NDArray[np.float32]

SENTENCES_EACH = 3
"""Sentences of each passage in the bank: the least that a passage has."""

LARGEST_SHARE = 0.5
"""The largest share of the second member of the bank. The first has the rest."""

NOISE = 0.5
"""The length of the noise. Vectors have length one."""

_LONG = 220
"""Characters from which a text is made of passages rather than sentences."""

_NOISES = 4096
_BANK_SEED = 1


class CachingEncoder(WrappedEncoder):
    """An encoder that encodes and counts each text once, so that asking again costs everything but the encoder."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._tokens: dict[str, int] = {}
        self.vectors: dict[str, Floats] = {}

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.encoder.encode(new, progress), strict=True))
        return np.stack([self.vectors[text] for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        new = [text for text in texts if text not in self._tokens]
        if new:
            self._tokens.update(zip(new, self.encoder.count_tokens(new), strict=True))
        return [self._tokens[text] for text in texts]


class TimedEncoder(WrappedEncoder):
    """An encoder that adds up what encoding takes."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.spent = Spent()

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        with spent() as took:
            vectors = self.encoder.encode(texts, progress)
        self.spent.cpu += took.cpu
        self.spent.wall += took.wall
        return vectors


class SyntheticEncoder(WrappedEncoder):
    """An encoder with real vectors of known texts and made vectors of all others. Tokens are really counted."""

    def __init__(self, encoder: OnnxEncoder, known: dict[str, Floats], passages: Floats, sentences: Floats) -> None:
        super().__init__(encoder)
        self._known = known
        self._passages = passages
        self._sentences = sentences
        noise = np.random.default_rng(0).standard_normal((_NOISES, passages.shape[1])).astype(np.float32)
        self._noise = noise / np.linalg.norm(noise, axis=1, keepdims=True)

    @classmethod
    def open(cls, bank: Path, encoder: Path) -> SyntheticEncoder:
        """Open what `prepare` wrote to `bank`, with the runtime encoder's folder."""
        with np.load(bank, allow_pickle=False) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
            return cls(OnnxEncoder.open(encoder), known, stored["passages"], stored["sentences"])

    @property
    def identity(self) -> EncoderIdentity:
        return replace(self.encoder.identity, model="synthesised from the packaged model's vectors")

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        vectors = self.made(texts)
        for place, text in enumerate(texts):
            if text in self._known:
                vectors[place] = self._known[text]
        if progress is not None:
            progress(len(texts))
        return vectors

    def made(self, texts: Sequence[str]) -> Floats:
        """Return made vectors of texts, known or not."""
        anchors = np.array([crc32(max(text.split(), key=len, default="").encode()) for text in texts], np.uint32)
        digests = b"".join(blake2b(text.encode(errors="replace"), digest_size=24).digest() for text in texts)
        numbers = np.frombuffer(digests, np.uint32).reshape(len(texts), 6)
        return self.mixed(anchors, numbers, np.array([len(text) >= _LONG for text in texts]))

    def mixed(self, anchors: NDArray[np.uint32], numbers: NDArray[np.uint32], long: NDArray[np.bool_]) -> Floats:
        """Mix vectors.

        Args:
            anchors: (n,) the first member of the bank.
            numbers: (n, 6) all other choices, uniform over 32 bits.
            long: (n,) True if the text is as long as a passage.
        """
        one, other = anchors % len(self._passages), numbers[:, 0] % len(self._passages)
        share = (numbers[:, 1] / np.float32(2**32) * LARGEST_SHARE).astype(np.float32)[:, None]
        mixed: Floats = (1 - share) * self._members(one, numbers[:, 2], long[:, None])
        mixed += share * self._members(other, numbers[:, 3], long[:, None])
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        # Two of 4,096 noises have sixteen million different sums.
        mixed += NOISE * np.float32(0.5**0.5) * self._noise[numbers[:, 4] % _NOISES]
        mixed += NOISE * np.float32(0.5**0.5) * self._noise[numbers[:, 5] % _NOISES]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        return mixed

    def _members(self, members: NDArray[np.uint32], which: NDArray[np.uint32], long: NDArray[np.bool_]) -> Floats:
        sentences = self._sentences[members, which % SENTENCES_EACH]
        chosen: Floats = np.where(long, self._passages[members], sentences)
        return chosen


def prepare(encoder: str, file: str, bank: int) -> None:
    """Encode a bank of that many passages, and the planted text, for `SyntheticEncoder.open`."""
    from embeddings.library import Library

    caching = CachingEncoder(OnnxEncoder.open(Path(encoder)))
    # Indexing the planted sections alone shows what the engine encodes of them.
    planted = review("planted", {fact.heading: carrier(number) for number, fact in enumerate(FACTS)})
    Library.of([planted], Path(file).with_name("planted"), caching).close()
    known = caching.vectors
    passages, sentences = _bank_texts(bank)
    np.savez(
        file,
        texts=np.array(list(known)),
        vectors=np.stack(list(known.values())),
        passages=caching.encode(passages),
        sentences=caching.encode(sentences).reshape(len(passages), SENTENCES_EACH, -1),
    )


def closeness(bank: str, encoder: str) -> dict[str, float]:
    """Return how close passages are to the nearest other, and to planted text: median cosines, real and made."""
    maker = SyntheticEncoder.open(Path(bank), Path(encoder))
    with np.load(bank, allow_pickle=False) as stored:
        real, planted = stored["passages"], stored["vectors"]
    found: dict[str, float] = {}
    for name, passages in (("real", real), ("made", maker.made(_bank_texts(len(real), _BANK_SEED + 1)[0]))):
        cosines = passages @ passages.T
        np.fill_diagonal(cosines, -1)
        found[f"{name}, passage to passage"] = float(np.median(cosines.max(axis=1)))
        found[f"{name}, planted text to passage"] = float(np.median((planted @ passages.T).max(axis=1)))
    return found


def _bank_texts(size: int, seed: int = _BANK_SEED) -> tuple[list[str], list[str]]:
    """Return the passages of a corpus, and the first few sentences of each."""
    passages = list(Corpus(size, seed).texts())
    return passages, [sentence.rstrip(".") + "." for text in passages for sentence in text.split(". ")[:SENTENCES_EACH]]
