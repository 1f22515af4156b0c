"""Whether a figure, or a difference between two, could be chance. Every random choice is seeded.

Intervals hold 95%. Those of a mean and of an AUROC are percentile bootstraps over questions (Efron and Tibshirani,
1993); where all values are alike, which no resample varies, that of a mean is the score interval (Wilson, 1927). A
difference of means is tested by paired randomisation (Smucker, Allan and Carterette, 2007); two AUROCs over the same
questions by DeLong, DeLong and Clarke-Pearson (1988).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
"""Bootstrap resamples."""

PERMUTATIONS = 10_000
"""Random assignments of a randomisation test."""

_SEED = 2024
_TAILS = (0.025, 0.975)
_NORMAL_975 = 1.959964
_CELLS = 2_000_000
"""How many numbers a block of resamples may hold: 16 MB of them."""

Floats = NDArray[np.float64]
"""One number a question, or rows of them."""

Flags = NDArray[np.bool_]
"""Yes or no for each question."""

_Item = TypeVar("_Item", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `questions` questions, and its 95% interval."""

    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the second of two runs is above the first, its 95% interval, and p (two-sided)."""

    value: float
    low: float
    high: float
    p: float
    questions: int


def mean(values: Floats) -> Estimate | None:
    """The mean of one value in [0, 1] a question; None where there is no question."""
    if not len(values):
        return None
    low, high = _bootstrap_means(values) if np.ptp(values) > 0 else _wilson(float(values[0]), len(values))
    return Estimate(float(values.mean()), low, high, len(values))


def auroc(confidence: Floats, answerable: Flags) -> Estimate | None:
    """The area under the ROC curve of the confidences; equal ones count half.

    Answerable and unanswerable questions are resampled apart. None where either kind is missing.
    """
    positive, negative = confidence[answerable], confidence[~answerable]
    if not (len(positive) and len(negative)):
        return None
    levels, level_of = np.unique(np.concatenate([positive, negative]), return_inverse=True)
    positive_levels, negative_levels = level_of[: len(positive)], level_of[len(positive) :]
    areas = np.concatenate(
        [
            _areas(chosen_positive, chosen_negative, len(levels))
            for chosen_positive, chosen_negative in zip(
                _resampled(positive_levels, len(confidence)),
                _resampled(negative_levels, len(confidence)),
                strict=True,
            )
        ]
    )
    low, high = np.quantile(areas, _TAILS)
    value = _areas(positive_levels[None, :], negative_levels[None, :], len(levels))[0]
    return Estimate(float(value), float(low), float(high), len(confidence))


def difference_of_means(before: Floats, after: Floats) -> Difference | None:
    """How much higher the mean is after; both hold the same questions in the same order. None without any."""
    if not len(before):
        return None
    differences = after - before
    low, high = _bootstrap_means(differences)
    return Difference(float(differences.mean()), low, high, _randomisation_p(differences), questions=len(differences))


def difference_of_aurocs(before: Floats, after: Floats, answerable: Flags) -> Difference | None:
    """How much higher the AUROC of the confidences is after, over the same questions in the same order.

    The two runs' confidences may lie on different scales: only their orders count.
    """
    if answerable.all() or not answerable.any():
        return None
    shares = placement_values(after, answerable) - placement_values(before, answerable)
    positive, negative = shares[answerable], shares[~answerable]
    value = float(positive.mean())
    if len(positive) == 1 or len(negative) == 1:
        # One question has no variance: anything may be chance.
        return Difference(value, -1.0, 1.0, 1.0, len(shares))
    error = math.sqrt(sum(float(part.var(ddof=1)) / len(part) for part in (positive, negative)))
    p = math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else float(value == 0)
    return Difference(value, value - _NORMAL_975 * error, value + _NORMAL_975 * error, p, len(shares))


def placement_values(confidence: Floats, answerable: Flags) -> Floats:
    """Each question's share of the questions of the other kind that it stands on the right side of.

    Its mean over either kind is the AUROC; equal confidences count half.
    """
    shares = np.empty(len(confidence))
    positive, negative = np.sort(confidence[answerable]), np.sort(confidence[~answerable])
    shares[answerable] = _share_below(negative, confidence[answerable])
    shares[~answerable] = 1 - _share_below(positive, confidence[~answerable])
    return shares


def holm(p_values: list[float]) -> list[float]:
    """The p values adjusted for their number (Holm, 1979), in the same order."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        adjusted[index] = highest
    return adjusted


def _share_below(ordered: Floats, values: Floats) -> Floats:
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return np.asarray(below / (2 * len(ordered)))


def _wilson(share: float, questions: int) -> tuple[float, float]:
    """The score interval of a share of so many questions.

    Values between 0 and 1 vary no more than shares of the same mean, so that for those it is wide enough too.
    """
    squared = _NORMAL_975**2 / questions
    centre = share + squared / 2
    width = _NORMAL_975 * math.sqrt(share * (1 - share) / questions + squared / (4 * questions))
    return max(0.0, (centre - width) / (1 + squared)), min(1.0, (centre + width) / (1 + squared))


def _bootstrap_means(values: Floats) -> tuple[float, float]:
    means = np.concatenate([chosen.mean(axis=1) for chosen in _resampled(values, len(values))])
    low, high = np.quantile(means, _TAILS)
    return float(low), float(high)


def _resampled(values: NDArray[_Item], width: int) -> Iterator[NDArray[_Item]]:
    """The values drawn with replacement, a resample a row, in blocks of so many rows of that width."""
    generator = np.random.default_rng(_SEED)
    rows = max(1, _CELLS // width)
    for first in range(0, RESAMPLES, rows):
        count = min(rows, RESAMPLES - first)
        yield values[generator.integers(0, len(values), (count, len(values)))]


def _areas(positive: NDArray[np.intp], negative: NDArray[np.intp], levels: int) -> Floats:
    """The AUROC of each row, from the levels that the confidences of either kind stand at."""
    counts_positive, counts_negative = _histograms(positive, levels), _histograms(negative, levels)
    below = np.cumsum(counts_negative, axis=1) - counts_negative / 2
    pairs = positive.shape[1] * negative.shape[1]
    return np.asarray((counts_positive * below).sum(axis=1) / pairs)


def _histograms(rows: NDArray[np.intp], levels: int) -> NDArray[np.int64]:
    shifted = rows + levels * np.arange(len(rows))[:, None]
    return np.bincount(shifted.ravel(), minlength=levels * len(rows)).reshape(len(rows), levels)


def _randomisation_p(differences: Floats) -> float:
    """Two-sided p of the mean difference when each question's two values may change places."""
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    generator = np.random.default_rng(_SEED)
    # Summed in another order, equal sums differ in their last bits.
    observed = abs(moved.sum()) - 1e-9
    rows = max(1, _CELLS // len(moved))
    extreme = 0
    for first in range(0, PERMUTATIONS, rows):
        count = min(rows, PERMUTATIONS - first)
        signs = generator.integers(0, 2, (count, len(moved)), dtype=np.int8) * np.int8(2) - np.int8(1)
        extreme += int((np.abs(signs @ moved) >= observed).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)
