from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings.vectors import Vectors, unit

DIMENSION = 16
COUNT = 40


def _random(count: int, seed: int = 0) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32))


ROWS = _random(COUNT)
VECTORS = Vectors.build(ROWS)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    k=st.integers(-1, COUNT + 20),
    bounds=st.tuples(st.integers(0, COUNT), st.integers(0, COUNT)),
)
def test_the_nearest_rows_of_a_range_are_those_of_the_highest_cosine(
    seed: int, k: int, bounds: tuple[int, int]
) -> None:
    first, end = sorted(bounds)
    (query,) = _random(1, seed)
    cosines = VECTORS.rows(0, COUNT) @ query
    expected = sorted(range(first, end), key=lambda row: -cosines[row])[: max(0, k)]
    assert VECTORS.nearest(query, k, first, end).tolist() == expected


def test_a_row_that_is_not_there_is_never_found() -> None:
    # FAISS fills what it could not find with -1: the last row, for Python.
    found = VECTORS.nearest(ROWS[0], COUNT + 10, 0, COUNT + 10)
    assert sorted(found.tolist()) == list(range(COUNT))
    assert VECTORS.nearest(ROWS[0], 5, COUNT, COUNT + 5).tolist() == []


def test_vectors_are_kept_to_within_a_thousandth() -> None:
    assert np.abs(VECTORS.rows(0, COUNT) - ROWS).max() < 1e-3
    assert VECTORS.take(np.array([7, 3], np.int64)).tolist() == VECTORS.rows(0, COUNT)[[7, 3]].tolist()


def test_no_rows_are_an_array_without_rows() -> None:
    assert VECTORS.rows(3, 3).shape == (0, DIMENSION)
    assert VECTORS.take(np.zeros(0, np.int64)).shape == (0, DIMENSION)
    assert VECTORS.dimension == DIMENSION


def test_saved_vectors_are_found_as_before(tmp_path: Path) -> None:
    VECTORS.save(tmp_path / "vectors")
    opened = Vectors.open(tmp_path / "vectors")
    assert len(opened) == COUNT
    assert opened.rows(0, COUNT).tolist() == VECTORS.rows(0, COUNT).tolist()
    assert opened.nearest(ROWS[5], 7, 2, 30).tolist() == VECTORS.nearest(ROWS[5], 7, 2, 30).tolist()


def test_what_is_no_index_can_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(b"not vectors")
    with pytest.raises(RuntimeError):
        Vectors.open(tmp_path / "vectors")


@given(st.floats(1e-3, 1e3))
def test_scaling_a_vector_does_not_change_its_unit_vector(factor: float) -> None:
    assert np.allclose(unit(ROWS * np.float32(factor)), ROWS, atol=1e-6)


def test_a_vector_without_length_stays_as_it_is() -> None:
    assert unit(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]
