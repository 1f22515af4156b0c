"""Chooses the thresholds between the three states for a stated goal, by cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.answering.calibration import Thresholds, save_reranker_calibration, save_thresholds
from embeddings.errors import CalibrationError
from embeddings.evaluation.runs import Result
from embeddings.evaluation.significance import Estimate, Flags, Floats, mean
from embeddings.library import Library

FOLDS = 5
REPEATS = 40
"""The folds are drawn anew so many times, so that the choice doesn't hang on one draw."""

UNANSWERABLE_KINDS = ("off-topic", "other-film")
"""The kinds of question that are never quoted anything, unless told otherwise."""

_SEED = 2024
_TRADE_OFF = tuple(share / 10 for share in range(3, 10))


@dataclass(frozen=True, slots=True)
class Goal:
    """What the thresholds are to achieve; exactly one of `refused` and `kept` is given.

    Attributes:
        refused: the least share of the unanswerable questions not to be `answered`, at the best `kept`.
        kept: the least share of the answerable questions to be `answered`, at the best `refused`.
        lost: the largest share of the answerable questions that may go `unanswered`.
        silent: the kinds of question that must be `unanswered`, at the cost of every other goal.
    """

    refused: float | None = None
    kept: float | None = None
    lost: float = 0.05
    silent: tuple[str, ...] = UNANSWERABLE_KINDS

    def __post_init__(self) -> None:
        if (self.refused is None) == (self.kept is None):
            raise CalibrationError("name one goal: the least share refused, or the least share kept")
        if not all(0 <= share <= 1 for share in (self.refused, self.kept, self.lost) if share is not None):
            raise CalibrationError("the goals are shares, from 0 to 1")


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A threshold with what it would keep and refuse, of the very questions it is chosen on."""

    threshold: float
    kept: float
    refused: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds, and what they may be expected to do.

    Attributes:
        thresholds: the median of those chosen on each fold's other questions.
        kept: the share of answerable questions `answered`, each by thresholds chosen without it.
        refused: the share of unanswerable questions not `answered`, likewise.
        lost: the share of answerable questions `unanswered`, likewise.
        silenced: the share of the silent kinds' questions `unanswered`, likewise; None where there is none.
        trade_off: what other thresholds for `answered` would come to.
        unreachable: the parts of the goal (`refused`, `silent`) that no threshold meets, since a confidence of 1
            reaches every one; the thresholds then refuse all that they can.
    """

    thresholds: Thresholds
    kept: Estimate
    refused: Estimate
    lost: Estimate
    silenced: Estimate | None
    trade_off: tuple[TradeOff, ...]
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Questions:
    """The questions' confidences with what decides about them, in arrays of one length."""

    confidence: Floats
    answerable: Flags
    silent: Flags

    def __getitem__(self, chosen: Flags | NDArray[np.intp]) -> _Questions:
        return _Questions(self.confidence[chosen], self.answerable[chosen], self.silent[chosen])


def choose_thresholds(results: Sequence[Result], goal: Goal) -> Calibration:
    """Choose thresholds for a goal.

    Raises:
        CalibrationError: there are too few questions of either kind.
    """
    known = [(result, result.confidence) for result in results if result.confidence is not None]
    questions = _Questions(
        np.array([confidence for _, confidence in known], dtype=np.float64),
        np.array([result.answerable for result, _ in known], dtype=np.bool_),
        np.array([result.kind in goal.silent and not result.answerable for result, _ in known], dtype=np.bool_),
    )
    for name, count in (
        ("answerable", int(questions.answerable.sum())),
        ("unanswerable", int((~questions.answerable).sum())),
    ):
        if count < 2 * FOLDS:
            raise CalibrationError(
                f"too few {name} questions to calibrate on: at least {2 * FOLDS} are needed, and there {_are(count)}"
            )
    choices = []
    answered, quoted = np.zeros(len(known)), np.zeros(len(known))
    for tested in _folds(questions):
        thresholds = _choose(questions[~tested], goal)
        choices.append(thresholds)
        answered[tested] += questions.confidence[tested] >= thresholds.answered
        quoted[tested] += questions.confidence[tested] >= thresholds.nearest
    answered, quoted = answered / REPEATS, quoted / REPEATS
    chosen = Thresholds(
        answered=round(float(np.median([choice.answered for choice in choices])), 4),
        nearest=round(float(np.median([choice.nearest for choice in choices])), 4),
    )
    return Calibration(
        thresholds=chosen,
        kept=_estimate(answered[questions.answerable]),
        refused=_estimate(1 - answered[~questions.answerable]),
        lost=_estimate(1 - quoted[questions.answerable]),
        silenced=mean(1 - quoted[questions.silent]),
        trade_off=_trade_off(questions),
        unreachable=_unreachable(questions, goal),
    )


def store_thresholds(data: Path, library: Library, thresholds: Thresholds) -> Path:
    """Store thresholds that were chosen with a library's encoder and reranker; return the file.

    Raises:
        CalibrationError: they can't be written.
    """
    encoder = library.models.encoder.identity
    try:
        if library.models.reranker is None or library.models.reranker_calibration is None:
            return save_thresholds(data, encoder, thresholds)
        chosen = replace(library.models.reranker_calibration, thresholds=thresholds)
        return save_reranker_calibration(data, encoder, library.models.reranker.identity, chosen)
    except OSError as error:
        raise CalibrationError(f"{data}: the thresholds can't be written: {error.strerror}") from error


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def calibration_record(calibration: Calibration) -> dict[str, object]:
    """The calibration as a JSON object."""
    expected = {
        "kept": calibration.kept,
        "refused": calibration.refused,
        "lost": calibration.lost,
        "silenced": calibration.silenced,
    }
    return {
        "thresholds": asdict(calibration.thresholds),
        "cross_validated": {
            name: {"value": estimate.value, "interval": [estimate.low, estimate.high]}
            for name, estimate in expected.items()
            if estimate is not None
        },
        "trade_off": [asdict(point) for point in calibration.trade_off],
        "unreachable": list(calibration.unreachable),
    }


def _choose(questions: _Questions, goal: Goal) -> Thresholds:
    positive = questions.confidence[questions.answerable]
    negative = questions.confidence[~questions.answerable]
    candidates = _candidates(questions.confidence)
    if goal.refused is not None:
        refused = np.array([(negative < threshold).mean() for threshold in candidates])
        answered = _lowest(candidates, refused >= goal.refused)
    else:
        answered = _highest(candidates, positive, goal.kept or 0.0)
    nearest = min(answered, _highest(candidates, positive, 1 - goal.lost))
    if questions.silent.any():
        loudest = questions.confidence[questions.silent].max()
        nearest = max(nearest, _lowest(candidates, candidates > loudest))
    return Thresholds(answered=max(answered, nearest), nearest=nearest)


def _candidates(confidence: Floats) -> Floats:
    """Every threshold that parts the questions otherwise than the next, half-way between them; rising, 0 to 1."""
    levels = np.unique(np.concatenate([[0.0], confidence, [1.0]]))
    return np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])


def _highest(candidates: Floats, positive: Floats, share: float) -> float:
    """The highest threshold that so large a share of the answerable questions reaches."""
    kept = np.array([(positive >= threshold).mean() for threshold in candidates])
    return float(candidates[np.flatnonzero(kept >= share)[-1]])


def _lowest(candidates: Floats, met: Flags) -> float:
    """The lowest threshold that meets a goal, or the highest of all where none does."""
    return float(candidates[np.argmax(met)] if met.any() else candidates[-1])


def _unreachable(questions: _Questions, goal: Goal) -> tuple[str, ...]:
    """What the highest threshold, 1, fails to do."""
    refused = (questions.confidence < 1)[~questions.answerable].mean()
    return tuple(
        part
        for part, missed in (
            ("refused", goal.refused is not None and refused < goal.refused),
            ("silent", bool((questions.confidence[questions.silent] >= 1).any())),
        )
        if missed
    )


def _trade_off(questions: _Questions) -> tuple[TradeOff, ...]:
    points = []
    for share in _TRADE_OFF:
        threshold = _choose(questions, Goal(refused=share, silent=())).answered
        points.append(
            TradeOff(
                threshold=threshold,
                kept=float((questions.confidence[questions.answerable] >= threshold).mean()),
                refused=float((questions.confidence[~questions.answerable] < threshold).mean()),
            )
        )
    # Where the questions part no finer, several shares come to the same threshold.
    return tuple(dict.fromkeys(points))


def _folds(questions: _Questions) -> Iterator[Flags]:
    """Which questions are held out, a fold at a time: each kind spread evenly over the folds, many draws."""
    generator = np.random.default_rng(_SEED)
    strata = questions.answerable + 2 * questions.silent
    for _ in range(REPEATS):
        fold_of = np.empty(len(strata), dtype=np.intp)
        for stratum in np.unique(strata):
            places = generator.permutation(np.flatnonzero(strata == stratum))
            fold_of[places] = np.arange(len(places)) % FOLDS
        for fold in range(FOLDS):
            yield fold_of == fold


def _estimate(values: Floats) -> Estimate:
    estimate = mean(values)
    if estimate is None:
        raise CalibrationError("no questions to calibrate on")
    return estimate
