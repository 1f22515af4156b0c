"""The thresholds between answered, nearest and unanswered, stored with the encoder that they were chosen for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from embeddings.encoding import EncoderIdentity
from embeddings.errors import CalibrationError

FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The confidence from which on an answer is `answered`, and from which on at least `nearest`; both in [0, 1]."""

    answered: float
    nearest: float

    def __post_init__(self) -> None:
        if not 0 <= self.nearest <= self.answered <= 1:
            raise CalibrationError(
                f"thresholds must obey 0 <= nearest <= answered <= 1, not nearest {self.nearest}, "
                f"answered {self.answered}; run `review-bot calibrate`"
            )


def load_thresholds(data: Path, encoder: EncoderIdentity) -> Thresholds | None:
    """The thresholds for an encoder: this data directory's own, else those that come with the program.

    Returns None where nobody has calibrated that encoder.

    Raises:
        CalibrationError: the data directory's own can't be read, or were chosen for another encoder.
    """
    own = data / FILE
    if own.is_file():
        stored = _read(own.read_bytes(), str(own))
        if encoder.weights not in stored:
            raise CalibrationError(
                f"{own}: these thresholds were chosen for another encoder than {encoder.model}; "
                "run `review-bot calibrate`, or remove the file"
            )
        return stored[encoder.weights]
    packaged = resources.files("embeddings").joinpath(FILE)
    return _read(packaged.read_bytes(), str(packaged)).get(encoder.weights)


def save_thresholds(data: Path, encoder: EncoderIdentity, thresholds: Thresholds) -> Path:
    """Store the thresholds for an encoder in the data directory, in one step; return the file."""
    file = data / FILE
    content = {encoder.weights: {"model": encoder.model} | asdict(thresholds)}
    beside = file.with_name(f"{FILE}.partial")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)
    return file


def _read(content: bytes, place: str) -> dict[str, Thresholds]:
    try:
        return {
            weights: Thresholds(answered=float(entry["answered"]), nearest=float(entry["nearest"]))
            for weights, entry in json.loads(content).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalibrationError(f"{place}: not a calibration ({error}); run `review-bot calibrate`") from error
