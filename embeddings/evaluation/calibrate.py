"""Fit confidences to probabilities, choose the thresholds of the three states for a goal, and cross-validate both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.answering.calibration import PlattScaling, Thresholds, save_calibration
from embeddings.answering.quotes import state_at
from embeddings.config import (
    CALIBRATION_FOLDS,
    CALIBRATION_LOST,
    CALIBRATION_LOWEST_SCORE,
    CALIBRATION_PRIOR,
    CALIBRATION_REPEATS,
    CALIBRATION_TRADE_OFF,
    UNANSWERABLE_KINDS,
)
from embeddings.errors import CalibrationError
from embeddings.evaluation.reliability import Reliability, judged_answers, reliability, reliability_record
from embeddings.evaluation.runs import Result
from embeddings.evaluation.significance import Estimate, Flags, Floats, mean, mean_of_some
from embeddings.evaluation.summary import states_by_kind, states_record
from embeddings.library import Library
from embeddings.records import State

_SEED = 2024
_STEEPEST = 500.0
"""Beyond this logit a float's exponential overflows."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal of a calibration; exactly one of `refused` and `kept` is set."""

    # The least share of unanswerable questions that are not `answered`; `kept` is maximised.
    refused: float | None = None
    kept: float | None = None  # the least share of answerable questions that are `answered`; `refused` is maximised
    lost: float = CALIBRATION_LOST  # the largest share of answerable questions that may be `unanswered`
    # The kinds of question that must be `unanswered`, whatever that does to the other goals.
    unanswerable_kinds: tuple[str, ...] = UNANSWERABLE_KINDS

    def __post_init__(self) -> None:
        if (self.refused is None) == (self.kept is None):
            raise CalibrationError("Set one goal: the least share refused or the least share kept.")
        if not all(0 <= share <= 1 for share in (self.refused, self.kept, self.lost) if share is not None):
            raise CalibrationError("The goals are shares. Use numbers from 0 to 1.")


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A threshold with the shares it keeps and refuses, on the questions it was chosen on."""

    threshold: float
    kept: float
    refused: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds with their cross-validated results."""

    thresholds: Thresholds  # the median of the thresholds chosen on each training fold
    kept: Estimate  # the share of answerable questions that are `answered`
    refused: Estimate  # the share of unanswerable questions that are not `answered`
    lost: Estimate  # the share of answerable questions that are `unanswered`
    # The share of questions of the unanswerable kinds that are `unanswered`; None where there are none.
    silenced: Estimate | None
    trade_off: tuple[TradeOff, ...]  # the results of other thresholds for `answered`
    # The parts of the goal (`refused`, `silent`) that no threshold meets, because a confidence of 1 reaches every
    # threshold; the thresholds then refuse as much as possible.
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Questions:
    """The confidence of each question, whether it is answerable, and whether its kind is an unanswerable one."""

    confidence: Floats
    answerable: Flags
    unanswerable_kind: Flags

    def __getitem__(self, chosen: Flags | NDArray[np.intp]) -> _Questions:
        return _Questions(self.confidence[chosen], self.answerable[chosen], self.unanswerable_kind[chosen])


def choose_thresholds(results: Sequence[Result], goal: Goal) -> Calibration:
    """Choose thresholds for a goal by repeated, stratified cross-validation.

    Raises:
        CalibrationError: there are too few answerable or unanswerable questions.
    """
    known = [(result, result.confidence / result.review_share) for result in results if result.confidence is not None]
    questions = _Questions(
        np.array([confidence for _, confidence in known], dtype=np.float64),
        np.array([result.answerable for result, _ in known], dtype=np.bool_),
        np.array([not result.answerable and result.kind in goal.unanswerable_kinds for result, _ in known], np.bool_),
    )
    for name, flags in (("answerable", questions.answerable), ("unanswerable", ~questions.answerable)):
        if flags.sum() < 2 * CALIBRATION_FOLDS:
            least = f"Calibration needs at least {2 * CALIBRATION_FOLDS} {name} questions"
            raise CalibrationError(f"{least}, and there are {flags.sum()}. Add more.")
    choices = []
    answered, quoted = np.zeros(len(known)), np.zeros(len(known))
    for test in _folds(questions):
        thresholds = _choose(questions[~test], goal)
        choices.append(thresholds)
        answered[test] += questions.confidence[test] >= thresholds.answered
        quoted[test] += questions.confidence[test] >= thresholds.nearest
    answered, quoted = answered / CALIBRATION_REPEATS, quoted / CALIBRATION_REPEATS
    chosen = Thresholds(
        answered=round(float(np.median([choice.answered for choice in choices])), 4),
        nearest=round(float(np.median([choice.nearest for choice in choices])), 4),
    )
    return Calibration(
        thresholds=chosen,
        kept=mean_of_some(answered[questions.answerable]),
        refused=mean_of_some(1 - answered[~questions.answerable]),
        lost=mean_of_some(1 - quoted[questions.answerable]),
        silenced=mean(1 - quoted[questions.unanswerable_kind]),
        trade_off=_trade_off(questions),
        unreachable=_unreachable(questions, goal),
    )


@dataclass(frozen=True, slots=True)
class Refit:
    """A scaling that was fitted to questions, and what it does with their confidences.

    `expected` is the reliability of questions that were left out of the fit (`CALIBRATION_FOLDS` folds).
    """

    scaling: PlattScaling
    results: tuple[Result, ...]  # with the confidences of the scaling
    before: Reliability
    expected: Reliability


def refit(results: Sequence[Result], scaling: PlattScaling | None, prior: PlattScaling | None = None) -> Refit | None:
    """Fit a scaling to the questions of a run, whose confidences have the present scaling, None for raw scores.

    Few questions move the curve only a little from `prior`, if there is one; see `fit_platt`. Only questions whose
    review is settled are fitted: the others show less what a score means than which review was
    meant. Returns None if no rising curve fits: too few answers are right or wrong, or the right ones have lower
    confidences.
    """
    settled = [
        replace(each, confidence=each.confidence / each.review_share) if each.confidence is not None else each
        for each in results
    ]
    raw = [
        replace(each, confidence=scaling.score(each.confidence))
        if scaling is not None and each.confidence is not None
        else each
        for each in settled
    ]
    before, fitted = reliability(results), _fitted(raw, prior)
    if before is None or fitted is None:
        return None
    folds = np.random.default_rng(_SEED).permutation(len(raw)) % CALIBRATION_FOLDS
    left_out: list[Result] = []
    for fold in range(CALIBRATION_FOLDS):
        others = [each for each, place in zip(raw, folds, strict=True) if place != fold]
        tested = [each for each, place in zip(raw, folds, strict=True) if place == fold]
        left_out.extend(scaled(tested, _fitted(others, prior) or fitted))
    expected = reliability(left_out)
    return Refit(fitted, scaled(raw, fitted), before, expected or before)


def _fitted(raw: Sequence[Result], prior: PlattScaling | None) -> PlattScaling | None:
    return fit_platt(*judged_answers([each for each in raw if each.review_share == 1]), prior)


def fit_platt(scores: Floats, right: Floats, prior: PlattScaling | None = None) -> PlattScaling | None:
    """Return the curve of right answers (1, else 0) over raw scores; None if no rising one fits.

    Platt (1999) pulls the targets to the middle by one answer of each kind, so that few answers make no cliff. A prior
    also holds the slope and the intercept near its own, by `CALIBRATION_PRIOR`.
    """
    # Imported here because it takes half a second.
    from scipy.optimize import minimize

    positive, negative = right.sum(), len(right) - right.sum()
    logarithms = np.log(np.maximum(scores, CALIBRATION_LOWEST_SCORE))
    if min(positive, negative) < CALIBRATION_FOLDS or not np.ptp(logarithms):
        return None
    targets = np.where(right > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))

    start = np.array([1.0, 0.0] if prior is None else [prior.slope, prior.intercept])
    hold = np.array(CALIBRATION_PRIOR if prior is not None else (0.0, 0.0))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        logits = parameters[0] * logarithms + parameters[1]
        gaps = 1 / (1 + np.exp(-np.clip(logits, -_STEEPEST, _STEEPEST))) - targets
        moved = parameters - start
        value = (np.logaddexp(0, logits) - targets * logits).sum() + (hold * moved**2).sum()
        return float(value), np.array([(gaps * logarithms).sum(), gaps.sum()]) + 2 * hold * moved

    found = minimize(loss, start, jac=True, method="BFGS").x
    return PlattScaling(float(found[0]), float(found[1])) if found[0] > 0 else None


def scaled(results: Sequence[Result], scaling: PlattScaling) -> tuple[Result, ...]:
    """Return results with the probabilities of their raw scores, times that of the quoted review."""
    return tuple(
        replace(each, confidence=scaling.probability(each.confidence) * each.review_share)
        if each.confidence is not None
        else each
        for each in results
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """What thresholds do with the questions of a run."""

    thresholds: Thresholds
    kept: float  # the share of answerable questions that are `answered`
    refused: float  # the share of unanswerable questions that are not `answered`
    # The share of each state, for answerable (True) and unanswerable (False) questions.
    states: Mapping[bool, Mapping[State, float]]


def effect_of(thresholds: Thresholds, results: Sequence[Result]) -> Effect:
    """Return what thresholds do with the questions of a run, which has answerable and unanswerable ones."""
    states = states_by_kind(
        (result.answerable, state_at(result.confidence / result.review_share, thresholds))
        for result in results
        if result.confidence is not None
    )
    return Effect(thresholds, states[True][State.ANSWERED], 1 - states[False][State.ANSWERED], states)


def store_calibration(data: Path, library: Library, thresholds: Thresholds, scaling: PlattScaling | None) -> Path:
    """Store thresholds and a scaling for a library's encoder and reranker, and return the file.

    Raises:
        CalibrationError: the file can't be written.
    """
    models = library.models
    try:
        return save_calibration(data, models.encoder.identity, models.recalibrated(thresholds, scaling))
    except OSError as error:
        raise CalibrationError(
            f"{data}: The thresholds can't be written ({error.strerror}). Check the folder."
        ) from error


def calibration_record(
    calibration: Calibration, before: Effect, after: Effect, refitted: Refit | None
) -> dict[str, object]:
    """Return the calibration as a JSON object, with the effects of the old and the new thresholds."""
    expected = {name: getattr(calibration, name) for name in ("kept", "refused", "lost", "silenced")}
    return {
        "thresholds": asdict(calibration.thresholds),
        "cross_validated": {
            name: {"value": estimate.value, "interval": [estimate.low, estimate.high]}
            for name, estimate in expected.items()
            if estimate is not None
        },
        "trade_off": [asdict(point) for point in calibration.trade_off],
        "unreachable": list(calibration.unreachable),
        "scaling": asdict(refitted.scaling) if refitted is not None else None,
        "reliability": {
            "before": reliability_record(refitted.before if refitted is not None else None),
            "after": reliability_record(refitted.expected if refitted is not None else None),
        },
        "before": _effect_record(before),
        "after": _effect_record(after),
    }


def _effect_record(effect: Effect) -> dict[str, object]:
    return {**asdict(effect), "states": states_record(effect.states)}


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
    if questions.unanswerable_kind.any():
        highest = questions.confidence[questions.unanswerable_kind].max()
        nearest = max(nearest, _lowest(candidates, candidates > highest))
    return Thresholds(answered=max(answered, nearest), nearest=nearest)


def _candidates(confidence: Floats) -> Floats:
    """Return all distinct thresholds: 0, 1 and the midpoints between neighbouring confidences, in ascending order."""
    levels = np.unique(np.concatenate([[0.0], confidence, [1.0]]))
    return np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])


def _highest(candidates: Floats, positive: Floats, share: float) -> float:
    """Return the highest threshold that keeps that share of the answerable questions."""
    kept = np.array([(positive >= threshold).mean() for threshold in candidates])
    return float(candidates[np.flatnonzero(kept >= share)[-1]])


def _lowest(candidates: Floats, met: Flags) -> float:
    """Return the lowest threshold that meets a goal, or the highest of all where none does."""
    return float(candidates[np.argmax(met)] if met.any() else candidates[-1])


def _unreachable(questions: _Questions, goal: Goal) -> tuple[str, ...]:
    """Return the parts of the goal that the highest threshold, 1, doesn't meet."""
    refused = (questions.confidence < 1)[~questions.answerable].mean()
    parts = ["refused"] if goal.refused is not None and refused < goal.refused else []
    if (questions.confidence[questions.unanswerable_kind] >= 1).any():
        parts.append("silent")
    return tuple(parts)


def _trade_off(questions: _Questions) -> tuple[TradeOff, ...]:
    points = []
    for share in CALIBRATION_TRADE_OFF:
        threshold = _choose(questions, Goal(refused=share, unanswerable_kinds=())).answered
        kept = float((questions.confidence[questions.answerable] >= threshold).mean())
        refused = float((questions.confidence[~questions.answerable] < threshold).mean())
        points.append(TradeOff(threshold, kept, refused))
    # Several shares may have the same threshold.
    return tuple(dict.fromkeys(points))


def _folds(questions: _Questions) -> Iterator[Flags]:
    """Yield the test questions of each fold, stratified by kind, for each of `CALIBRATION_REPEATS` draws."""
    generator = np.random.default_rng(_SEED)
    strata = questions.answerable + 2 * questions.unanswerable_kind
    for _ in range(CALIBRATION_REPEATS):
        fold_of = np.empty(len(strata), dtype=np.intp)
        for stratum in np.unique(strata):
            places = generator.permutation(np.flatnonzero(strata == stratum))
            fold_of[places] = np.arange(len(places)) % CALIBRATION_FOLDS
        for fold in range(CALIBRATION_FOLDS):
            yield fold_of == fold
