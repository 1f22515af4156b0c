from __future__ import annotations

from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.lexical import K1, STOP_WORDS, B, LexicalIndex, fold, terms, words

TEXTS = [
    "The donors complete; the carers care for the donors.",
    "A film about memory, and about the memory of a film.",
    "",
    "Of the and to.",
    "Hailsham, Hailsham, Hailsham!",
    "Kathy remembers Hailsham, and the donors.",
]
WORDS = ["donor", "donors", "carer", "memory", "hailsham", "film", "kathy", "the", "of", "ruth"]


def _of_bm25s(texts: list[str], query: list[str]) -> list[float]:
    corpus = [terms(text) for text in texts]
    model = bm25s.BM25(k1=K1, b=B, method="lucene")
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
def test_a_score_is_the_one_that_bm25s_gives(texts: list[str], asked: list[str]) -> None:
    query = list(dict.fromkeys(terms(" ".join(asked))))
    scores = LexicalIndex.build(texts).scores(query, 0, len(texts))
    assert scores.tolist() == pytest.approx(_of_bm25s(texts, query), abs=1e-6)


@given(st.integers(0, len(TEXTS)), st.integers(0, len(TEXTS)))
def test_the_scores_of_a_range_are_a_slice_of_all_scores(first: int, end: int) -> None:
    first, end = sorted((first, end))
    index = LexicalIndex.build(TEXTS)
    query = terms("the donors of Hailsham remember a film")
    whole = index.scores(query, 0, len(TEXTS))
    assert index.scores(query, first, end).tolist() == whole[first:end].tolist()


def test_a_text_without_any_of_the_terms_scores_nothing() -> None:
    index = LexicalIndex.build(TEXTS)
    assert index.scores(terms("donors"), 1, 5).tolist() == [0, 0, 0, 0]
    assert index.scores(terms("astronaut"), 0, 6).tolist() == [0] * 6
    assert index.scores((), 0, 6).tolist() == [0] * 6


def test_a_term_is_held_only_where_it_stands() -> None:
    index = LexicalIndex.build(TEXTS)
    assert [index.holds("donor", row, row + 1) for row in range(6)] == [True, False, False, False, False, True]
    assert index.holds("donor", 0, 6)
    assert not index.holds("donor", 3, 3)
    assert not index.holds("astronaut", 0, 6)


def test_a_saved_index_scores_as_before(tmp_path: Path) -> None:
    index = LexicalIndex.build(TEXTS)
    files = index.save(tmp_path, "terms")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    query = terms("the donors of Hailsham")
    opened = LexicalIndex.open(tmp_path, "terms")
    assert opened.scores(query, 0, 6).tolist() == index.scores(query, 0, 6).tolist()
    assert opened.size == 6


def test_texts_without_a_word_make_an_index_that_finds_nothing(tmp_path: Path) -> None:
    LexicalIndex.build(["🎬", "!?"]).save(tmp_path, "terms")
    opened = LexicalIndex.open(tmp_path, "terms")
    assert opened.scores(terms("film"), 0, 2).tolist() == [0, 0]
    assert not opened.holds("film", 0, 2)


def test_an_index_is_mapped_not_read(tmp_path: Path) -> None:
    LexicalIndex.build(TEXTS).save(tmp_path, "terms")
    opened = LexicalIndex.open(tmp_path, "terms")
    assert isinstance(opened.weights, np.memmap)
    assert isinstance(opened.rows, np.memmap)


def test_words_are_compared_without_case_accents_or_curly_apostrophes() -> None:
    assert words("Kathy’s NAÏVE friend—Amélie (2001)") == ["kathy's", "naive", "friend", "amelie", "2001"]
    assert words("STRASSE") == words("straße")


def test_scripts_without_spaces_count_by_character() -> None:
    assert words("静かな映画") == ["静", "か", "な", "映", "画"]


def test_terms_are_stems_without_function_words() -> None:
    assert terms("Why are the donors donating their organs?") == ["donor", "donat", "organ"]


@given(st.lists(st.sampled_from([*sorted(STOP_WORDS), "donor"])).map(" ".join))
def test_function_words_are_no_terms(text: str) -> None:
    assert terms(text) == ["donor"] * text.split().count("donor")


@given(st.text(max_size=40))
def test_a_word_is_folded_already(text: str) -> None:
    assert [fold(word) for word in words(text)] == words(text)
