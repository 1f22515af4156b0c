from __future__ import annotations

import mmap
from pathlib import Path
from random import Random

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.config import BM25_B, BM25_K1
from embeddings.documents.analyzer import terms
from embeddings.index import bm25 as module
from embeddings.index.arrays import open_record, save_record
from embeddings.index.bm25 import BM25Index, PostingsBuilder

TEXTS = [
    "The donors complete; the carers care for the donors.",
    "A film about memory, and about the memory of a film.",
    "",
    "Of the and to.",
    "Hailsham, Hailsham, Hailsham!",
    "Kathy remembers Hailsham, and the donors.",
]
INDEX = BM25Index.build(TEXTS)
WORDS = ["donor", "donors", "carer", "memory", "hailsham", "film", "kathy", "the", "of", "ruth"]


def _bm25s_scores(texts: list[str], query: list[str]) -> list[float]:
    corpus = [terms(text) for text in texts]
    model = bm25s.BM25(k1=BM25_K1, b=BM25_B, method="lucene")
    model.index(corpus, show_progress=False)
    known = [term for term in query if term in model.vocab_dict]
    return [float(score) for score in model.get_scores(known)] if known else [0.0] * len(texts)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), min_size=1, max_size=8).filter(
        lambda texts: any(map(terms, texts))
    ),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True),
)
def test_scores_are_those_of_bm25s(texts: list[str], question: list[str]) -> None:
    query = list(dict.fromkeys(terms(" ".join(question))))
    scores = BM25Index.build(texts).scores(query, 0, len(texts))
    assert scores.tolist() == pytest.approx(_bm25s_scores(texts, query), abs=1e-6)


@given(st.integers(0, len(TEXTS)), st.integers(0, len(TEXTS)))
def test_the_scores_of_a_range_are_a_slice_of_all_scores(first: int, end: int) -> None:
    first, end = sorted((first, end))
    query = terms("the donors of Hailsham remember a film")
    whole = INDEX.scores(query, 0, len(TEXTS))
    assert INDEX.scores(query, first, end).tolist() == whole[first:end].tolist()


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 1000),
    k=st.integers(0, 30),
    bounds=st.tuples(st.integers(0, 300), st.integers(0, 300)),
    sparse=st.sampled_from([0, 5, 40, 1 << 13]),
)
def test_the_top_texts_are_those_with_the_highest_scores(
    seed: int, k: int, bounds: tuple[int, int], sparse: int
) -> None:
    first, end = sorted(bounds)
    random = Random(seed)
    texts = [" ".join(random.choices(WORDS, range(1, len(WORDS) + 1), k=random.randint(0, 6))) for _ in range(300)]
    index = BM25Index.build(texts)
    query = list(dict.fromkeys(terms(" ".join(random.sample(WORDS, 4)))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BM25_SPARSE_TEXTS", sparse)
        top = index.top(query, k, first, end).tolist()
    scores = index.scores(query, first, end)
    expected = [row for row in np.argsort(-scores, kind="stable").tolist() if scores[row] > 0][:k]
    assert top == sorted(top)
    assert len(top) == len(expected)
    assert sorted(scores[np.array(top, int) - first]) == pytest.approx(sorted(scores[expected]), abs=1e-6)


def test_of_texts_with_equal_scores_the_first_are_the_top() -> None:
    index = BM25Index.build(["a donor"] * 10 + ["a carer"] * 10)
    assert index.top(terms("donors and carers"), 13, 0, 20).tolist() == list(range(13))


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), unique=True).map(sorted))
def test_selected_texts_score_as_they_do_among_all(rows: list[int]) -> None:
    query = terms("the donors of Hailsham remember a film")
    whole = INDEX.scores(query, 0, 6)
    assert INDEX.scores_of(query, np.array(rows, np.int64)).tolist() == whole[rows].tolist()


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=1, max_size=8),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=8),
    st.randoms(use_true_random=False),
)
def test_merged_postings_are_those_of_all_texts_indexed_at_once(
    old: list[str], added: list[str], random: Random
) -> None:
    stays = [random.random() < 0.7 for _ in old]
    total = sum(stays) + len(added)
    new = sorted(random.sample(range(total), len(added)))
    others = iter(row for row in range(total) if row not in new)
    new_rows = [next(others) if stay else -1 for stay in stays]
    texts = {row: text for row, text in zip(new_rows, old, strict=True) if row >= 0} | dict(
        zip(new, added, strict=True)
    )
    merged = BM25Index.build(old).merge(
        np.array(new_rows, np.int32), BM25Index.build(added), np.array(new, np.int32).reshape(-1)
    )
    expected = BM25Index.build([texts[row] for row in range(total)])
    assert list(merged.vocabulary) == list(expected.vocabulary)
    for part in ("starts", "rows", "counts", "lengths"):
        assert getattr(merged, part).tolist() == getattr(expected, part).tolist()


def test_a_text_without_the_terms_scores_zero() -> None:
    assert INDEX.scores(terms("donors"), 1, 5).tolist() == [0, 0, 0, 0]
    assert INDEX.scores(terms("astronaut"), 0, 6).tolist() == [0] * 6
    assert INDEX.scores((), 0, 6).tolist() == [0] * 6


def test_a_term_is_contained_only_in_its_texts() -> None:
    assert [INDEX.contains("donor", row, row + 1) for row in range(6)] == [True, False, False, False, False, True]
    assert INDEX.contains("donor", 0, 6)
    assert not INDEX.contains("donor", 3, 3)
    assert not INDEX.contains("astronaut", 0, 6)


def test_a_saved_index_scores_as_before(tmp_path: Path) -> None:
    save_record(tmp_path / "terms", INDEX)
    query = terms("the donors of Hailsham")
    opened = open_record(tmp_path / "terms", BM25Index)
    assert opened.scores(query, 0, 6).tolist() == INDEX.scores(query, 0, 6).tolist()
    assert list(opened.vocabulary) == list(INDEX.vocabulary)


def test_an_index_of_texts_without_words_finds_nothing(tmp_path: Path) -> None:
    save_record(tmp_path / "terms", BM25Index.build(["🎬", "!?"]))
    opened = open_record(tmp_path / "terms", BM25Index)
    assert opened.scores(terms("film"), 0, 2).tolist() == [0, 0]
    assert not opened.contains("film", 0, 2)


def test_opening_maps_the_file_without_reading_it(tmp_path: Path) -> None:
    save_record(tmp_path / "terms", BM25Index.build(TEXTS))
    opened = open_record(tmp_path / "terms", BM25Index)
    for array in (opened.weights, opened.rows, opened.vocabulary.text):
        buffer: object = array
        while isinstance(buffer, np.ndarray):
            buffer = buffer.base
        assert isinstance(buffer.obj if isinstance(buffer, memoryview) else buffer, mmap.mmap)


def test_texts_of_several_languages_have_the_terms_of_their_own() -> None:
    builder = PostingsBuilder()
    for text, language in (("the cares of a donor", "en"), ("la cara del donante", "es"), ("die Spender", "de")):
        builder.add(text, language)
    index = BM25Index.from_postings(builder.postings())
    assert sorted(index.vocabulary) == ["care", "de:spend", "donor", "es:car", "es:donant"]
    assert index.scores(("es:car",), 0, 3).nonzero()[0].tolist() == [1]
