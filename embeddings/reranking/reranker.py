"""The reranker scores each sentence of a window by how likely it answers the question.

One ONNX file comes with the package: the graph, int8 weights and the tokenizer, made by `embeddings.training`. The
first question opens it. Nothing here imports PyTorch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.config import RERANKER_MAX_TOKENS, RERANKER_QUESTION_TOKENS
from embeddings.encoders.base import replace_surrogates
from embeddings.encoders.onnx import session_options
from embeddings.errors import CHECK_MACHINE, RerankerError, remedy

FILE = "reranker.onnx"
"""The shipped reranker's file, in this package's folder."""

DIGEST = "d29ff6f9c83e6572f06e63ba67fea47c6cb58d8a6a4dc2a0f5644fb91ce42ac3"
"""SHA-256 of the shipped reranker's file; any other file is refused."""

TOKENIZER = "tokenizer"
"""The key of the tokenizer in the ONNX file's metadata."""

_NOT_A_SENTENCE = -1


@dataclass(frozen=True, slots=True)
class RerankerIdentity:
    """What decides a reranker's scores: `name`, and the SHA-256 (hex) of its weights."""

    name: str
    weights: str


class Reranker(Protocol):
    """Scores windows of consecutive sentences."""

    @property
    def identity(self) -> RerankerIdentity:
        """What decides the scores."""

    def score(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return a score for each sentence of each window, in their order; higher means a likelier answer.

        The scores are raw and unbounded. They compare across questions, but not across rerankers. A sentence that the
        model can't read scores minus infinity.
        """


@dataclass(frozen=True, slots=True)
class Tokens:
    """A question with a window, as the model reads them."""

    ids: tuple[int, ...]  # the tokens
    kinds: tuple[int, ...]  # 0 for the question, 1 for the sentences
    owners: tuple[int, ...]  # each token's sentence, by position in the window, or -1
    offsets: tuple[tuple[int, int], ...]  # each token's start and end in its text


def tokenise(tokenizer: Tokenizer, question: str, sentences: Sequence[str]) -> Tokens:
    """Return the tokens of a question and a window's sentences, which one space separates.

    More than `RERANKER_MAX_TOKENS` are cut to the question's end and the window's beginning, so that both remain.
    """
    text = " ".join(sentences)
    encoding = tokenizer.encode(replace_surrogates(question), replace_surrogates(text))
    if len(encoding) > RERANKER_MAX_TOKENS:
        asked = tokenizer.encode(replace_surrogates(question), add_special_tokens=False)
        read = tokenizer.encode(replace_surrogates(text), add_special_tokens=False)
        left = RERANKER_MAX_TOKENS - tokenizer.num_special_tokens_to_add(is_pair=True)
        # People ask at the end of what they write, and a follow-up comes after the question before it.
        asked.truncate(max(RERANKER_QUESTION_TOKENS, left - len(read)), direction="left")
        read.truncate(left - len(asked))
        encoding = tokenizer.post_process(asked, read)
    ends = np.cumsum([len(sentence) + 1 for sentence in sentences])
    starts = np.array([start for start, _ in encoding.offsets])
    owners = np.where(np.array(encoding.type_ids) == 1, np.searchsorted(ends, starts, side="right"), _NOT_A_SENTENCE)
    # The separator at the end has the kind of the sentences, but belongs to none.
    owners[np.array(encoding.special_tokens_mask) == 1] = _NOT_A_SENTENCE
    return Tokens(tuple(encoding.ids), tuple(encoding.type_ids), tuple(owners.tolist()), tuple(encoding.offsets))


def prepare_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """Let a tokenizer neither pad nor cut, which `tokenise` does for both texts together; return it."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def shipped_file() -> Path:
    """Return the path of the shipped reranker, whether or not the file exists."""
    return Path(str(resources.files("embeddings.reranking"))) / FILE


class OnnxReranker:
    """An exported reranker on onnxruntime. Safe to call from several threads at once."""

    def __init__(self, identity: RerankerIdentity, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        self.identity = identity
        self._tokenizer = tokenizer
        self._session = session

    @classmethod
    def open(cls, file: Path | None = None) -> OnnxReranker:
        """Open a reranker's file that `embeddings.training` exported; None for the shipped one.

        Raises:
            RerankerError: the file is missing or damaged, or the shipped one is not that of `DIGEST`.
        """
        expected = DIGEST if file is None else None
        file = file or shipped_file()
        try:
            content = file.read_bytes()
        except OSError as error:
            raise RerankerError(
                f"{file}: The reranker can't be read ({error.strerror}). "
                + ("Install the package again." if isinstance(error, FileNotFoundError) else remedy(error))
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if expected not in (None, found):
            raise RerankerError(f"{file}: The reranker is damaged, or from another version. Install the package again.")
        try:
            session = onnxruntime.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_str(session.get_modelmeta().custom_metadata_map[TOKENIZER])
        except Exception as error:
            # The two libraries' exceptions have no other common base.
            reason = str(error).splitlines()[0]
            advice = "This is not a reranker" if expected is None else "The reranker can't be loaded"
            raise RerankerError(
                f"{file}: {advice} ({reason}). {'Name another file.' if expected is None else CHECK_MACHINE}"
            ) from error
        return cls(RerankerIdentity(file.stem, found), prepare_tokenizer(tokenizer), session)

    def score(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return a score for each sentence of each window; see `Reranker.score`."""
        # One by one, because on one thread a batch saves nothing and its padding costs time.
        return [self._score(question, window) for window in windows]

    def _score(self, question: str, window: Sequence[str]) -> list[float]:
        scored: list[float] = []
        while len(scored) < len(window):
            left = window[len(scored) :]
            inputs = pad([tokenise(self._tokenizer, question, left)], len(left))
            (scores,) = self._session.run(None, inputs)
            is_read = inputs["members"][0].any(axis=1)
            scores[0, ~is_read] = -np.inf
            # What the model had no room for is read in another pass.
            end = int(is_read.nonzero()[0].max(initial=0)) + 1
            scored.extend(scores[0, : end if is_read.any() else None].tolist())
        return scored


def pad(tokens: Sequence[Tokens], sentences: int) -> dict[str, NDArray[np.int64] | NDArray[np.float32]]:
    """Return windows as one batch of the model's inputs.

    Returns:
        `input_ids`, `attention_mask` and `token_type_ids`, each of shape (windows, tokens), and `members`, of shape
        (windows, sentences, tokens): 1 where a token belongs to a sentence.
    """
    shape = len(tokens), max(len(item.ids) for item in tokens)
    ids, mask, kinds = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    members = np.zeros((shape[0], sentences, shape[1]), dtype=np.float32)
    for row, item in enumerate(tokens):
        length = len(item.ids)
        ids[row, :length] = item.ids
        mask[row, :length] = 1
        kinds[row, :length] = item.kinds
        owners = np.array(item.owners)
        places = np.flatnonzero(owners >= 0)
        members[row, owners[places], places] = 1.0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds, "members": members}
