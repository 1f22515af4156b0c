from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from embeddings.config import SPELLING_SIMILARITY
from embeddings.documents.analyzer import fold
from embeddings.index.arrays import open_record, save_record
from embeddings.index.vocabulary import Vocabulary, WordCounts
from tests.embeddings.fixtures.reviews import vocabulary_of


def test_a_saved_vocabulary_opens_with_the_same_words_and_names(tmp_path: Path) -> None:
    vocabulary = vocabulary_of("Of Hailsham, Keira Knightley says, and Mark Romanek’s euphemisms.")
    save_record(tmp_path / "words", vocabulary)
    counts, opened = vocabulary.to_counts(), open_record(tmp_path / "words", Vocabulary)
    assert (opened.to_counts().words, opened.to_counts().names) == (counts.words, counts.names)
    assert counts.names == {("keira", "knightley"): 1, ("mark", "romanek"): 1}
    assert opened.seconds_after("keira") == ("knightley",)
    assert ("euphemisms" in opened, "euphemism" in opened) == (True, False)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["hailsham", "hailsha", "halisham", "haislham", "ailsham", "hälsham", "donation"])))
def test_every_similar_word_is_a_candidate(words: list[str]) -> None:
    candidates = set(vocabulary_of(" ".join(words)).candidates("hailsham"))
    similarity = DamerauLevenshtein.normalized_similarity
    assert {fold(word) for word in words if similarity(fold(word), "hailsham") >= SPELLING_SIMILARITY} <= candidates


def test_words_that_are_added_and_removed_again_leave_the_others() -> None:
    counts, one, other = WordCounts(), WordCounts(), WordCounts()
    one.add("Miss Emily explains. Of Keira Knightley, Keira Knightley.")
    other.add("By Miss Emily and Carey Mulligan.")
    counts.change(one.folded(), WordCounts())
    counts.change(other.folded(), one.folded())
    assert (counts.words, counts.names) == (other.folded().words, other.folded().names)
