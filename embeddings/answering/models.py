"""The encoder and the reranker that answer, each opened when first needed, and what their scores mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.answering.calibration import (
    UNCALIBRATED,
    UNCALIBRATED_RERANKER,
    Calibration,
    PlattScaling,
    RerankerCalibration,
    Thresholds,
)
from embeddings.encoders.base import ONNX, Encoder, EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import (
    REBUILD,
    IndexDamagedError,
    RerankerError,
)
from embeddings.index.manifest import Manifest
from embeddings.reranking.rerank import open_reranker
from embeddings.reranking.reranker import Reranker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class IndexEncoder:
    """The encoder that is stored with an index. Its first use opens it.

    `encode` and `count_tokens` raise `IndexDamagedError` if it is incomplete or altered.
    """

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._folder = directory / manifest.encoder_folder
        self.identity: EncoderIdentity = manifest.encoder

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`; see `Encoder.encode`."""
        return self._opened.encode(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; see `Encoder.count_tokens`."""
        return self._opened.count_tokens(texts)

    @cached_property
    def _opened(self) -> Encoder:
        if self.identity.runtime == ONNX:
            encoder: Encoder = OnnxEncoder.open(self._folder)
        else:
            # Imported here because it imports PyTorch, which only models without an export need.
            from embeddings.encoders.export import open_encoder

            encoder = open_encoder(self._folder, self.identity)
        if encoder.identity != self.identity:
            raise IndexDamagedError(f"{self._folder}: This is not the encoder that the index was built with. {REBUILD}")
        return encoder


class Models:
    """What encodes and reranks, and the thresholds of its scores.

    Args:
        encoder: encodes the questions.
        reranker: an opened reranker, its name as `Library.open` takes it, or None for none.
        calibration: what was chosen for the encoder, alone and with rerankers.
        thresholds: between the states of an answer; None takes the calibration's.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        reranker: Reranker | str | None = None,
        calibration: Calibration | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.encoder = encoder
        self.calibration = calibration or Calibration()
        self._reranker = reranker
        self._thresholds = thresholds

    def replaced(
        self,
        *,
        encoder: Encoder | None = None,
        reranker: Reranker | str | None = None,
        calibration: Calibration | None = None,
        thresholds: Thresholds | None = None,
    ) -> Models:
        """Return a copy with some of its parts replaced. `NO_RERANKER` leaves out the reranker."""
        return Models(
            encoder or self.encoder,
            reranker=reranker or self._reranker,
            calibration=calibration or self.calibration,
            thresholds=thresholds or self._thresholds,
        )

    @property
    def reranker(self) -> Reranker | None:
        """The reranker, opened when first needed; None if there is none or it can't be opened."""
        return self._opened_reranker[0]

    @property
    def reranker_problem(self) -> str | None:
        """Why the reranker can't be opened, in one line; None if it can."""
        return self._opened_reranker[1]

    @cached_property
    def _opened_reranker(self) -> tuple[Reranker | None, str | None]:
        if not isinstance(self._reranker, str):
            return self._reranker, None
        try:
            return open_reranker(self._reranker), None
        except RerankerError as error:
            return None, str(error)

    @property
    def reranker_calibration(self) -> RerankerCalibration | None:
        """What the reranker's scores mean; None if there is no reranker."""
        if self.reranker is None:
            return None
        return self.calibration.rerankers.get(self.reranker.identity.weights, UNCALIBRATED_RERANKER)

    @property
    def scaling(self) -> PlattScaling | None:
        """What makes probabilities of raw scores; None if the confidence is the raw score."""
        if self.reranker_calibration is not None:
            return self.reranker_calibration.scaling
        return self.calibration.scaling

    def confidence(self, score: float) -> float:
        """Return the confidence of a raw score: a probability if these models are calibrated, else the score itself."""
        return score if self.scaling is None else self.scaling.probability(score)

    def recalibrated(self, thresholds: Thresholds, scaling: PlattScaling | None) -> Calibration:
        """Return the calibration that gives these models other thresholds and another scaling."""
        if self.reranker is None or self.reranker_calibration is None:
            return Calibration(thresholds, scaling=scaling)
        chosen = replace(self.reranker_calibration, thresholds=thresholds, scaling=scaling)
        return Calibration(rerankers={self.reranker.identity.weights: chosen})

    @property
    def thresholds(self) -> Thresholds:
        """The confidences that separate the states of an answer."""
        if self._thresholds is not None:
            return self._thresholds
        if self.reranker_calibration is not None:
            return self.reranker_calibration.thresholds
        return self.calibration.thresholds or UNCALIBRATED

    @property
    def calibrated(self) -> bool:
        """True if the thresholds were chosen for this encoder with this reranker."""
        if self._thresholds is not None:
            return True
        if self.reranker is not None:
            return self.reranker.identity.weights in self.calibration.rerankers
        return self.calibration.thresholds is not None
