"""Intervals and tests, against their definitions and known values."""

from __future__ import annotations

import itertools
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from embeddings.evaluation.significance import (
    auroc,
    difference_of_aurocs,
    difference_of_means,
    holm,
    mean,
    placement_values,
)

Floats = NDArray[np.float64]
T = TypeVar("T")


def known(found: T | None) -> T:
    assert found is not None
    return found


shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def judged_confidences(draw: st.DrawFn) -> tuple[Floats, NDArray[np.bool_]]:
    answerable = draw(arrays(np.bool_, st.integers(2, 12)).filter(lambda flags: 0 < flags.sum() < len(flags)))
    return draw(arrays(np.float64, len(answerable), elements=shares)), answerable


@given(judged=judged_confidences())
@settings(max_examples=40)
def test_auroc_is_the_share_of_correctly_ordered_pairs(judged: tuple[Floats, NDArray[np.bool_]]) -> None:
    confidence, answerable = judged
    pairs = list(itertools.product(confidence[answerable], confidence[~answerable]))
    expected = sum(1.0 if high > low else 0.5 if high == low else 0.0 for high, low in pairs) / len(pairs)
    estimate = known(auroc(confidence, answerable))
    assert estimate.value == pytest.approx(expected)
    assert 0 <= estimate.low <= estimate.high <= 1
    assert placement_values(confidence, answerable)[answerable].mean() == pytest.approx(expected)
    assert placement_values(confidence, answerable)[~answerable].mean() == pytest.approx(expected)


def test_auroc_needs_answerable_and_unanswerable_questions() -> None:
    confidence = np.array([0.1, 0.9])
    assert auroc(confidence, np.array([True, True])) is None
    assert difference_of_aurocs(confidence, confidence, np.array([False, False])) is None


def test_the_interval_of_a_mean_narrows_with_the_square_root_of_the_questions() -> None:
    """For a share of one half, 1.96 standard errors are .98 / sqrt(n)."""
    few, many = (known(mean(np.tile([0.0, 1.0], pairs))) for pairs in (50, 5000))
    assert few.value == many.value == 0.5
    assert few.high - few.low == pytest.approx(2 * 0.98 / 10, rel=0.1)
    assert many.high - many.low == pytest.approx(2 * 0.98 / 100, rel=0.1)


def test_intervals_are_reproducible() -> None:
    values = np.linspace(0, 1, 37)
    assert mean(values) == mean(values.copy())


@pytest.mark.parametrize(
    ("value", "questions", "low", "high"),
    [
        (1.0, 1, 0.2065, 1.0),
        (1.0, 5, 0.5655, 1.0),
        (0.0, 5, 0.0, 0.4345),
        (1.0, 1000, 0.9962, 1.0),
        (0.5, 10, 0.2366, 0.7634),
    ],
)
def test_equal_values_have_wilson_s_interval(value: float, questions: int, low: float, high: float) -> None:
    """The interval follows the published formula."""
    estimate = known(mean(np.full(questions, value)))
    assert (estimate.value, estimate.questions) == (value, questions)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_there_is_no_mean_without_questions() -> None:
    assert mean(np.array([])) is None
    assert difference_of_means(np.array([]), np.array([])) is None


def test_equal_runs_have_no_difference() -> None:
    values, answerable = np.array([0.1, 0.7, 0.4, 1.0]), np.array([True, True, False, False])
    means = known(difference_of_means(values, values))
    areas = known(difference_of_aurocs(values, values, answerable))
    assert (means.value, means.low, means.high, means.p) == (0, 0, 0, 1)
    assert (areas.value, areas.low, areas.high, areas.p) == (0, 0, 0, 1)


def test_p_is_the_share_of_sign_flips_that_are_as_extreme() -> None:
    """Of the 64 assignments of six equal differences, 2 are as extreme."""
    difference = known(difference_of_means(np.zeros(6), np.full(6, 0.5)))
    assert difference.value == 0.5
    assert difference.p == pytest.approx(2 / 64, abs=0.006)


@pytest.mark.parametrize("size", [20, 100])
@pytest.mark.slow
def test_means_of_equals_rarely_differ_significantly(size: int) -> None:
    """About 10 of 200 comparisons of equals are below .05; the probability of 20 or more is 1 in 500."""
    generator = np.random.default_rng(1)
    pairs = [(generator.random(size), generator.random(size)) for _ in range(200)]
    p_values = [known(difference_of_means(*pair)).p for pair in pairs]
    assert sum(p < 0.05 for p in p_values) < 20


def test_aurocs_of_equals_rarely_differ_significantly() -> None:
    generator = np.random.default_rng(2)
    answerable = np.arange(120) < 70
    p_values = []
    for _ in range(200):
        true = answerable + generator.normal(size=120)
        before, after = true + generator.normal(size=120), true + generator.normal(size=120)
        p_values.append(known(difference_of_aurocs(before, after, answerable)).p)
    assert 1 <= sum(p < 0.05 for p in p_values) < 20


def test_a_better_order_is_significant_on_any_scale() -> None:
    generator = np.random.default_rng(3)
    answerable = np.arange(400) < 200
    before = answerable + 2.0 * generator.normal(size=400)
    after = answerable + 0.7 * generator.normal(size=400)
    difference = known(difference_of_aurocs(before, after, answerable))
    squeezed = difference_of_aurocs(before, np.tanh(after / 100), answerable)
    assert difference.low > 0
    assert difference.p < 0.001
    assert squeezed == difference


def test_one_question_of_a_kind_is_never_significant() -> None:
    answerable = np.array([True, False])
    difference = known(difference_of_aurocs(np.array([0.1, 0.5]), np.array([0.9, 0.5]), answerable))
    assert (difference.value, difference.p) == (1, 1)


def test_holm_multiplies_the_smallest_p_by_the_number_of_tests() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
