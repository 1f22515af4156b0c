from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.analyzer import fold, terms, words
from embeddings.lexicon import STOP_WORDS


def test_words_have_no_case_accents_or_curly_apostrophes() -> None:
    assert words("Kathy’s NAÏVE friend—Amélie (2001)") == ["kathy's", "naive", "friend", "amelie", "2001"]
    assert words("STRASSE") == words("straße")


def test_in_scripts_without_spaces_every_character_is_a_word() -> None:
    assert words("静かな映画") == ["静", "か", "な", "映", "画"]


@given(st.text(max_size=40))
def test_folding_a_word_again_changes_nothing(text: str) -> None:
    assert [fold(word) for word in words(text)] == words(text)


def test_terms_are_stems() -> None:
    assert terms("Why are the donors donating their organs?") == ["donor", "donat", "organ"]


@given(st.lists(st.sampled_from([*sorted(STOP_WORDS), "donor"])).map(" ".join))
def test_stop_words_are_not_terms(text: str) -> None:
    assert terms(text) == ["donor"] * text.split().count("donor")
