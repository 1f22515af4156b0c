from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings.index import vectors as module
from embeddings.index.vectors import (
    EXACT_TYPE,
    Vectors,
    decode_fp16,
    encode_fp16,
    lists_file,
    normalize,
    save_codes,
    save_lists,
)

DIMENSION = 16
COUNT = 40


def _random(count: int, seed: int = 0) -> NDArray[np.float32]:
    return normalize(np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32))


def _saved(file: Path, rows: NDArray[np.float32]) -> Vectors:
    save_codes(file, rows.shape[1], len(rows), (encode_fp16(part) for part in np.array_split(rows, 3)))
    return Vectors.open(file)


ROWS = _random(COUNT)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return _saved(tmp_path_factory.mktemp("vectors") / "rows.faiss", ROWS)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    k=st.integers(-1, COUNT + 20),
    bounds=st.tuples(st.integers(0, COUNT), st.integers(0, COUNT)),
)
def test_the_nearest_rows_of_a_range_have_the_highest_cosines(
    vectors: Vectors, seed: int, k: int, bounds: tuple[int, int]
) -> None:
    first, end = sorted(bounds)
    (query,) = _random(1, seed)
    cosines = vectors.rows(0, COUNT) @ query
    expected = sorted(range(first, end), key=lambda row: -cosines[row])[: max(0, k)]
    assert vectors.nearest(query, k, first, end).tolist() == expected


def test_a_missing_row_is_never_found(vectors: Vectors) -> None:
    # FAISS fills a short result with -1, which is the last row for Python.
    found = vectors.nearest(ROWS[0], COUNT + 10, 0, COUNT + 10)
    assert sorted(found.tolist()) == list(range(COUNT))
    assert vectors.nearest(ROWS[0], 5, COUNT, COUNT + 5).tolist() == []


def test_stored_vectors_are_exact_to_a_thousandth(vectors: Vectors) -> None:
    assert np.abs(vectors.rows(0, COUNT) - ROWS).max() < 1e-3
    assert vectors.gather(np.array([7, 3], np.int64)).tolist() == vectors.rows(0, COUNT)[[7, 3]].tolist()


def test_an_empty_range_is_an_array_without_rows(vectors: Vectors) -> None:
    assert vectors.rows(3, 3).shape == (0, DIMENSION)
    assert vectors.gather(np.zeros(0, np.int64)).shape == (0, DIMENSION)
    assert vectors.dimension == DIMENSION


def test_vectors_are_written_as_faiss_writes_them(tmp_path: Path) -> None:
    index = faiss.IndexScalarQuantizer(DIMENSION, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(ROWS)
    faiss.write_index(index, str(tmp_path / "by faiss"))
    _saved(tmp_path / "by us", ROWS)
    assert (tmp_path / "by us").read_bytes() == (tmp_path / "by faiss").read_bytes()
    assert decode_fp16(encode_fp16(ROWS)).tolist() == index.reconstruct_n(0, COUNT).tolist()


def test_a_cosine_is_the_product_with_the_stored_vector(vectors: Vectors) -> None:
    places = np.array([3, 39, 0, 17], np.int64)
    assert vectors.cosines(ROWS[5], places) == pytest.approx(vectors.gather(places) @ ROWS[5], abs=1e-6)
    assert vectors.cosines(ROWS[5], places[:0]).tolist() == []


def test_an_index_without_vectors_finds_nothing(tmp_path: Path) -> None:
    empty = _saved(tmp_path / "none.faiss", ROWS[:0])
    assert (len(empty), empty.codes.shape) == (0, (0, 2 * DIMENSION))
    assert empty.nearest(ROWS[0], 5, 0, 0).tolist() == []


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, NDArray[np.float32]]:
    """More vectors than are scanned, in few directions as those of texts are, and their file."""
    monkeypatch.setattr(module, "EXACT_SCAN_VECTORS", 1000)
    random = np.random.default_rng(5)
    rows = normalize((random.normal(size=(3000, 12)) @ random.normal(size=(12, 384))).astype(np.float32))
    _saved(tmp_path / "many.faiss", rows)
    return tmp_path / "many.faiss", rows


def test_an_ivf_index_finds_the_nearest_and_scores_them_exactly(many: tuple[Path, NDArray[np.float32]]) -> None:
    file, rows = many
    chosen = save_lists(file)
    opened = Vectors.open(file)
    assert chosen == opened.type == "IVF46,RaBitQ,refine(SQfp16),nprobe=64"
    found = 0
    for question in normalize(rows[:100] + rows[100:200]):
        cosines = opened.gather(np.arange(len(rows))) @ question
        nearest = opened.nearest(question, 10, 0, len(rows))
        found += len(set(nearest.tolist()).intersection(np.argsort(-cosines)[:10].tolist()))
        assert cosines[nearest].tolist() == sorted(cosines[nearest].tolist(), reverse=True)
        # Few rows are all scanned.
        inside = opened.nearest(question, 5, 700, 1500)
        assert inside.tolist() == (700 + np.argsort(-cosines[700:1500])[:5]).tolist()
        assert {int(row) // 1500 for row in opened.nearest(question, 50, 0, 1500)} == {0}
    assert found >= 950


def test_an_ivf_index_finds_the_nearest_among_vectors_close_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EXACT_SCAN_VECTORS", 1000)
    random = np.random.default_rng(7)
    apart = random.normal(size=(20, 384))[random.integers(20, size=6000)]
    rows = normalize((apart + 0.3 * random.normal(size=(6000, 384))).astype(np.float32))
    _saved(tmp_path / "close.faiss", rows)
    assert save_lists(tmp_path / "close.faiss") == "IVF93,RaBitQ,refine(SQfp16),nprobe=64"


def test_an_ivf_index_with_too_little_recall_is_not_written(
    many: tuple[Path, NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _ = many
    monkeypatch.setattr(module, "IVF_MIN_RECALL", 1.01)
    assert save_lists(file) == EXACT_TYPE
    assert not lists_file(file).exists()


def test_another_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(b"not vectors")
    with pytest.raises(RuntimeError):
        Vectors.open(tmp_path / "vectors")


@given(st.floats(1e-3, 1e3))
def test_normalizing_ignores_the_length(factor: float) -> None:
    assert np.allclose(normalize(ROWS * np.float32(factor)), ROWS, atol=1e-6)


def test_a_zero_vector_stays_as_it_is() -> None:
    assert normalize(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]
