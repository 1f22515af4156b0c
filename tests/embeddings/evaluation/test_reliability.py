"""Whether confidences are probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.reliability import reliability, reliability_record
from embeddings.evaluation.runs import Result
from tests.embeddings.evaluation.conftest import result


def answers(*pairs: tuple[float, bool]) -> list[Result]:
    return [
        result(f"q{place}", confidence=confidence, values={Measure.FIRST_UNREFUSED: float(right)})
        for place, (confidence, right) in enumerate(pairs)
    ]


def test_the_error_is_the_mean_distance_of_confidence_and_share_right() -> None:
    found = reliability([*answers((0.9, True), (0.92, False), (0.31, True)), result("u", answerable=False)])
    assert found is not None
    assert [(each.low, each.high, each.answers, each.right) for each in found.bins] == [
        (0.3, 0.4, 1, 1.0),
        (0.5, 0.6, 1, 0.0),
        (0.9, 1.0, 2, 0.5),
    ]
    assert [each.confidence for each in found.bins] == pytest.approx([0.31, 0.5, 0.91])
    assert found.ece == pytest.approx((0.69 + 0.5 + 2 * 0.41) / 4)
    record = reliability_record(found)
    assert record is not None
    assert list(record) == ["ECE", "chance", "bins"]


def test_confidences_that_are_probabilities_have_no_more_error_than_chance_makes() -> None:
    generator = np.random.default_rng(1)
    confidences = generator.random(5_000)
    found = reliability(answers(*zip(confidences, generator.random(5_000) < confidences, strict=True)))
    assert found is not None
    assert found.ece == pytest.approx(found.chance, abs=0.01)
    assert found.chance < 0.02


def test_nothing_is_reliable_without_a_right_answer() -> None:
    assert reliability([]) is None
    assert reliability(answers((0.9, False))) is None
    assert reliability([result("q1", values={Measure.NDCG: 1.0})]) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_every_answer_is_in_one_bin_and_errors_are_shares(pairs: list[tuple[float, bool]]) -> None:
    found = reliability(answers(*pairs, (1.0, True)))
    assert found is not None
    assert sum(each.answers for each in found.bins) == len(pairs) + 1
    assert 0 <= found.ece <= 1
    assert 0 <= found.chance <= 1
    assert all(each.low - 1e-9 <= each.confidence <= each.high + 1e-9 for each in found.bins)
