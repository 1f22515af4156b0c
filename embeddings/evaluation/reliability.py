"""Whether confidences are probabilities: of answers with a confidence of .8, four in five are right.

An answer is right if its first quote, shown or refused, overlaps the text that answers; an unanswerable question has no
right answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from embeddings.config import RELIABILITY_BINS, RELIABILITY_RESAMPLES
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Result
from embeddings.evaluation.significance import Floats

_SEED = 2024


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence is in [`low`, `high`), the last bin including 1."""

    low: float
    high: float
    answers: int
    confidence: float  # their mean confidence
    right: float  # the share of them that are right


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far confidences are from the shares of right answers, over bins of equal width that have answers.

    `ece` is the expected calibration error (Guo et al., 2017): the mean over the answers of the distance between the
    mean confidence of a bin and its share of right answers. Few answers are never spread evenly, so `chance` is the
    ECE to expect of the same confidences if each were exactly the probability (Bröcker and Smith, 2007).
    """

    ece: float
    chance: float
    bins: tuple[Bin, ...]


def judged_answers(results: Iterable[Result]) -> tuple[Floats, Floats]:
    """Return the confidence of each answer and whether it is right, 1 or 0.

    Left out are results without a confidence, and answerable questions without relevant spans (BEIR).
    """
    judged = [
        (result.confidence, result.values.get(Measure.FIRST_UNREFUSED, 0.0))
        for result in results
        if result.confidence is not None and (Measure.FIRST_UNREFUSED in result.values or not result.answerable)
    ]
    pairs = np.array(judged, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def reliability(results: Sequence[Result]) -> Reliability | None:
    """Return how reliable the confidences are; None if no answer can be right, or none has a confidence."""
    confidence, right = judged_answers(results)
    if not right.any():
        return None
    generator = np.random.default_rng(_SEED)
    drawn = generator.random((RELIABILITY_RESAMPLES, len(confidence))) < confidence
    place = np.minimum((confidence * RELIABILITY_BINS).astype(np.intp), RELIABILITY_BINS - 1)
    members = np.eye(RELIABILITY_BINS)[place]
    bins = tuple(
        Bin(
            number / RELIABILITY_BINS,
            (number + 1) / RELIABILITY_BINS,
            int(chosen.sum()),
            float(confidence[chosen].mean()),
            float(right[chosen].mean()),
        )
        for number in range(RELIABILITY_BINS)
        if (chosen := place == number).any()
    )
    return Reliability(
        float(_errors(right[None] - confidence, members)[0]),
        float(_errors(drawn - confidence, members).mean()),
        bins,
    )


def reliability_record(found: Reliability | None) -> dict[str, object] | None:
    """Return the reliability as a JSON object."""
    if found is None:
        return None
    return {"ECE": found.ece, "chance": found.chance, "bins": [asdict(each) for each in found.bins]}


def _errors(gaps: Floats, members: Floats) -> Floats:
    """Return the ECE of each row of gaps, of which column j of `members` has those in bin j."""
    return np.asarray(np.abs(gaps @ members).sum(axis=1) / gaps.shape[1])
