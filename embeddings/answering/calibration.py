"""The thresholds of answered, nearest and unanswered, stored with the encoder and the reranker they were chosen for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from embeddings.config import (
    UNCALIBRATED_ANSWERED,
    UNCALIBRATED_NEAREST,
    UNCALIBRATED_RERANKER_MIDDLE,
    UNCALIBRATED_RERANKER_SPREAD,
)
from embeddings.documents.outputs import write_output, written_by_us
from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import CalibrationError

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least confidence of `answered` and of `nearest`, both in [0, 1]."""

    answered: float
    nearest: float

    def __post_init__(self) -> None:
        if not 0 <= self.nearest <= self.answered <= 1:
            raise CalibrationError(
                f"Thresholds must obey 0 <= nearest <= answered <= 1, but nearest is {self.nearest} and answered "
                f"{self.answered}. Run `review-bot calibrate`."
            )


@dataclass(frozen=True, slots=True)
class RerankerCalibration:
    """What a reranker's scores mean for the confidence."""

    thresholds: Thresholds  # of the states of an answer with this reranker
    middle: float  # the score of a sentence that as likely as not answers
    spread: float  # how far from the middle scores are nearly certain

    def __post_init__(self) -> None:
        if not (math.isfinite(self.middle) and 0 < self.spread < math.inf):
            raise CalibrationError(
                f"A reranker's middle must be a number and its spread above 0, not {self.middle} and {self.spread}. "
                "Run `review-bot calibrate`."
            )


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen for an encoder: alone, and with each reranker, by the SHA-256 of the reranker's weights.

    `thresholds` is None if nobody has calibrated the encoder without a reranker.
    """

    thresholds: Thresholds | None = None
    rerankers: Mapping[str, RerankerCalibration] = field(default_factory=dict)


def load_calibration(data: Path, encoder: EncoderIdentity) -> Calibration:
    """Return an encoder's calibration: the data directory's own, and the program's for what that leaves out.

    Raises:
        CalibrationError: the data directory's own can't be read, or is for another encoder.
    """
    packaged = packaged_calibration(encoder)
    own = data / CALIBRATION_FILE
    if not own.is_file():
        return packaged
    stored = _read(own.read_bytes(), str(own))
    if encoder.weights not in stored:
        raise CalibrationError(
            f"{own}: These thresholds were chosen for another encoder than {encoder.model}. "
            "Run `review-bot calibrate`, or remove them with `review-bot calibrate --reset`."
        )
    chosen = stored[encoder.weights]
    return Calibration(chosen.thresholds or packaged.thresholds, {**packaged.rerankers, **chosen.rerankers})


def packaged_calibration(encoder: EncoderIdentity) -> Calibration:
    """Return the calibration that comes with the program; it is empty for any encoder but the default."""
    place = resources.files("embeddings.answering").joinpath(CALIBRATION_FILE)
    return _read(place.read_bytes(), str(place)).get(encoder.weights, Calibration())


def save_calibration(data: Path, encoder: EncoderIdentity, calibration: Calibration) -> Path:
    """Store an encoder's calibration in the data directory, in one step, and return the file.

    What is stored for this encoder and not in `calibration` stays. A file for another encoder, or one that can't be
    read, is replaced.
    """
    file = data / CALIBRATION_FILE
    try:
        stored = _read(file.read_bytes(), str(file)).get(encoder.weights, Calibration())
    except (OSError, CalibrationError):
        stored = Calibration()
    thresholds, rerankers = calibration.thresholds or stored.thresholds, {**stored.rerankers, **calibration.rerankers}
    entry: dict[str, object] = {"model": encoder.model}
    if thresholds is not None:
        entry |= asdict(thresholds)
    if rerankers:
        entry["readers"] = {
            weights: asdict(chosen.thresholds) | {"middle": chosen.middle, "spread": chosen.spread}
            for weights, chosen in rerankers.items()
        }
    write_output(file, json.dumps({encoder.weights: entry}, ensure_ascii=False, indent=1) + "\n", written_by_us)
    return file


def _read(content: bytes, place: str) -> dict[str, Calibration]:
    try:
        return {
            weights: Calibration(
                _thresholds(entry) if "answered" in entry else None,
                {
                    reranker: RerankerCalibration(_thresholds(chosen), float(chosen["middle"]), float(chosen["spread"]))
                    for reranker, chosen in entry.get("readers", {}).items()
                },
            )
            for weights, entry in json.loads(content).items()
        }
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CalibrationError(f"{place}: This is not a calibration ({error}). Run `review-bot calibrate`.") from error


def _thresholds(entry: Mapping[str, Any]) -> Thresholds:
    return Thresholds(answered=float(entry["answered"]), nearest=float(entry["nearest"]))


UNCALIBRATED = Thresholds(UNCALIBRATED_ANSWERED, UNCALIBRATED_NEAREST)
"""The thresholds of an encoder that nobody has calibrated."""


UNCALIBRATED_RERANKER = RerankerCalibration(UNCALIBRATED, UNCALIBRATED_RERANKER_MIDDLE, UNCALIBRATED_RERANKER_SPREAD)
"""The calibration of a reranker that nobody has calibrated."""
