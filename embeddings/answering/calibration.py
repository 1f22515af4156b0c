"""What raw scores mean: the probability of a right answer, and the thresholds of answered, nearest and unanswered.

Both are stored with the encoder and the reranker that they were chosen for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

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
_ALMOST_NOTHING = 1e-12  # the least probability, and the greatest from 1, that has a score


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
class PlattScaling:
    """A raw score to the probability that the first quote is right, by a logistic curve that rises.

    It is Platt's (1999) on the logarithm of the score, which is beta calibration (Kull, Silva Filho and Flach, 2017)
    without its second slope: high scores differ less than low ones. It keeps their order, so no AUROC changes.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (0 < self.slope < math.inf and math.isfinite(self.intercept)):
            raise CalibrationError(
                f"A slope must be above 0 and an intercept a number, not {self.slope} and {self.intercept}. "
                "Run `review-bot calibrate`."
            )

    def probability(self, score: float) -> float:
        """Return the probability of a raw score."""
        if score <= 0:
            return 0.0
        # In this form no exponential overflows.
        return 0.5 + 0.5 * math.tanh((self.slope * math.log(score) + self.intercept) / 2)

    def score(self, probability: float) -> float:
        """Return the raw score of a probability."""
        within = min(max(probability, _ALMOST_NOTHING), 1 - _ALMOST_NOTHING)
        return min(1.0, math.exp((math.log(within / (1 - within)) - self.intercept) / self.slope))


@dataclass(frozen=True, slots=True)
class RerankerCalibration:
    """What a reranker's scores mean for the confidence."""

    thresholds: Thresholds  # of the states of an answer with this reranker
    middle: float  # the score of a sentence that as likely as not answers
    spread: float  # how far from the middle scores are nearly certain
    scaling: PlattScaling | None = None  # makes probabilities of raw scores; without it the confidence is the raw score

    def __post_init__(self) -> None:
        if not (math.isfinite(self.middle) and 0 < self.spread < math.inf):
            raise CalibrationError(
                f"A reranker's middle must be a number and its spread above 0, not {self.middle} and {self.spread}. "
                "Run `review-bot calibrate`."
            )


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen for an encoder: alone, and with each reranker, by the SHA-256 of the reranker's weights.

    `thresholds` is None if nobody has calibrated the encoder without a reranker. `scaling` makes probabilities of its
    raw scores. Thresholds are on the scale of the confidence: probabilities where there is a scaling.
    """

    thresholds: Thresholds | None = None
    rerankers: Mapping[str, RerankerCalibration] = field(default_factory=dict)
    scaling: PlattScaling | None = None


_Chosen = TypeVar("_Chosen", Calibration, RerankerCalibration)


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
    rerankers = {weights: _scaled(each, packaged.rerankers.get(weights)) for weights, each in chosen.rerankers.items()}
    alone = _scaled(chosen, packaged) if chosen.thresholds is not None else packaged
    return Calibration(alone.thresholds, {**packaged.rerankers, **rerankers}, alone.scaling)


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
    alone = calibration if calibration.thresholds is not None else stored
    rerankers = {**stored.rerankers, **calibration.rerankers}
    entry: dict[str, object] = {"model": encoder.model}
    if alone.thresholds is not None:
        entry |= asdict(alone.thresholds) | _scaling_record(alone.scaling)
    if rerankers:
        entry["readers"] = {
            weights: asdict(chosen.thresholds)
            | {"middle": chosen.middle, "spread": chosen.spread}
            | _scaling_record(chosen.scaling)
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
                    reranker: RerankerCalibration(
                        _thresholds(chosen), float(chosen["middle"]), float(chosen["spread"]), _scaling(chosen)
                    )
                    for reranker, chosen in entry.get("readers", {}).items()
                },
                _scaling(entry),
            )
            for weights, entry in json.loads(content).items()
        }
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CalibrationError(f"{place}: This is not a calibration ({error}). Run `review-bot calibrate`.") from error


def _thresholds(entry: Mapping[str, Any]) -> Thresholds:
    return Thresholds(answered=float(entry["answered"]), nearest=float(entry["nearest"]))


def _scaling(entry: Mapping[str, Any]) -> PlattScaling | None:
    return PlattScaling(float(entry["slope"]), float(entry["intercept"])) if "slope" in entry else None


def _scaling_record(scaling: PlattScaling | None) -> dict[str, float]:
    return asdict(scaling) if scaling is not None else {}


def _scaled(chosen: _Chosen, packaged: _Chosen | None) -> _Chosen:
    """Return what was stored without a scaling with the packaged one: with the same states, and probabilities."""
    scaling = packaged.scaling if packaged is not None else None
    if scaling is None or chosen.scaling is not None or chosen.thresholds is None:
        return chosen
    answered, nearest = (scaling.probability(each) for each in (chosen.thresholds.answered, chosen.thresholds.nearest))
    return replace(chosen, thresholds=Thresholds(answered, nearest), scaling=scaling)


UNCALIBRATED = Thresholds(UNCALIBRATED_ANSWERED, UNCALIBRATED_NEAREST)
"""The thresholds of an encoder that nobody has calibrated."""


UNCALIBRATED_RERANKER = RerankerCalibration(UNCALIBRATED, UNCALIBRATED_RERANKER_MIDDLE, UNCALIBRATED_RERANKER_SPREAD)
"""The calibration of a reranker that nobody has calibrated."""
