"""The reranker: for each sentence of a window, how sure it is that the sentence answers the question.

One ONNX file comes with the package: the graph, int8 weights and the tokenizer, made by `embeddings.training`. It is
opened when the first question needs it. Nothing here imports PyTorch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from embeddings.config import RERANKER_MAX_TOKENS
from embeddings.errors import RerankerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "reranker.onnx"
"""The shipped reranker's file, in this package's folder."""

DIGEST = "d29ff6f9c83e6572f06e63ba67fea47c6cb58d8a6a4dc2a0f5644fb91ce42ac3"
"""SHA-256 of the only file that is taken for the shipped reranker."""


TOKENIZER = "tokenizer"
"""The key of the ONNX file's metadata under which the tokenizer stands."""

_NOT_A_SENTENCE = -1
# Of onnxruntime's levels (0 verbose to 4 fatal).
_ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True)
class RerankerIdentity:
    """What decides a reranker's scores: `name`, and the SHA-256 (hex) of its weights."""

    name: str
    weights: str


class Reranker(Protocol):
    """Reads windows of consecutive sentences."""

    @property
    def identity(self) -> RerankerIdentity:
        """What decides the scores."""

    def read(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """How sure it is of each sentence of each window, in their order; higher is surer.

        The scores are raw and unbounded: comparable across questions, but not with another reranker's. A sentence that
        is beyond what the reranker reads of a window scores minus infinity.
        """


@dataclass(frozen=True, slots=True)
class Tokens:
    """A question with a window, as the reranker's model takes them.

    Attributes:
        ids: the tokens.
        kinds: 0 for the question, 1 for the sentences.
        owners: for each token the place of its sentence, or -1.
        offsets: for each token where it starts and ends in its text.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    owners: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


def tokenise(tokenizer: Tokenizer, question: str, sentences: Sequence[str]) -> Tokens:
    """A question and a window's sentences, one space between them, as one pair."""
    # The tokenizer refuses half a surrogate pair, which a terminal's undecodable bytes leave in a text.
    encoding = tokenizer.encode(
        question.encode(errors="replace").decode(), " ".join(sentences).encode(errors="replace").decode()
    )
    ends = np.cumsum([len(sentence) + 1 for sentence in sentences])
    starts = np.array([start for start, _ in encoding.offsets])
    owners = np.where(np.array(encoding.type_ids) == 1, np.searchsorted(ends, starts, side="right"), _NOT_A_SENTENCE)
    # The separator at the end has the kind of the sentences and no place among them.
    owners[np.array(encoding.special_tokens_mask) == 1] = _NOT_A_SENTENCE
    return Tokens(tuple(encoding.ids), tuple(encoding.type_ids), tuple(owners.tolist()), tuple(encoding.offsets))


def prepare_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """Have a tokenizer cut the sentences, never the question, where the reranker stops reading; return it."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(RERANKER_MAX_TOKENS, strategy="only_second")
    return tokenizer


def packaged() -> Path:
    """Where the shipped reranker stands, whether or not it is there."""
    return Path(str(resources.files("embeddings.reranking"))) / FILE


class OnnxReranker:
    """An exported reranker on onnxruntime. Safe to call from several threads at once."""

    def __init__(self, identity: RerankerIdentity, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        self._identity = identity
        self._tokenizer = tokenizer
        self._session = session

    @classmethod
    def open(cls, file: Path | None = None, digest: str | None = None) -> OnnxReranker:
        """Open a reranker's file.

        Args:
            file: what `embeddings.training` exported; None for the shipped one.
            digest: the SHA-256 that it must have; None for the shipped reranker's, or any where `file` is given.

        Raises:
            RerankerError: it is missing, damaged, or another file.
        """
        wanted = DIGEST if file is None else digest
        file = file or packaged()
        try:
            content = file.read_bytes()
        except OSError as error:
            raise RerankerError(
                f"{file}: the reranker can't be read ({error.strerror}); install the package again"
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if wanted is not None and found != wanted:
            raise RerankerError(
                f"{file}: the reranker is damaged, or not the one of this version; install the package again"
            )
        try:
            session = onnxruntime.InferenceSession(content, _session_options(), providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_str(session.get_modelmeta().custom_metadata_map[TOKENIZER])
        except Exception as error:
            # Both libraries raise kin of no common base but this.
            reason = str(error).splitlines()[0]
            raise RerankerError(f"{file}: not a reranker ({reason})") from error
        return cls(RerankerIdentity(file.stem, found), prepare_tokenizer(tokenizer), session)

    @property
    def identity(self) -> RerankerIdentity:
        """What decides the scores."""
        return self._identity

    def read(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """How sure it is of each sentence of each window, in their order; see `Reranker.read`."""
        # One by one: on one thread a batch costs what its padding does, and saves nothing.
        return [self._read(question, window) for window in windows]

    def _read(self, question: str, window: Sequence[str]) -> list[float]:
        inputs = padded([tokenise(self._tokenizer, question, window)], len(window))
        (scores,) = self._session.run(None, inputs)
        scores[inputs["members"].sum(axis=2) == 0] = -np.inf
        read: list[float] = scores[0].tolist()
        return read


def padded(tokens: Sequence[Tokens], sentences: int) -> dict[str, NDArray[np.int64] | NDArray[np.float32]]:
    """Windows as one batch of the model's inputs.

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


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False
    # The graph was optimised when it was exported.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    return options
