from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.analyzer import fold, normalise, term_forms, terms, words
from embeddings.lexicon import STOP_WORDS


def test_words_have_no_case_accents_or_curly_apostrophes() -> None:
    assert words("Kathy’s NAÏVE friend—Amélie (2001)") == ["kathy's", "naive", "friend", "amelie", "2001"]
    assert words("STRASSE") == words("straße")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("静かな映画", ["静か", "かな", "な映", "映画"]),
        ("AIの映画", ["ai", "の映", "映画"]),
        ("2010年の映画", ["2010", "年の", "の映", "映画"]),
        ("영화는 좋다", ["영화", "화는", "좋다"]),
        ("영화", ["영화"]),
        (unicodedata.normalize("NFD", "영화 が"), ["영화", "が"]),
        ("が", ["が"]),
        ("ｶﾞｰﾄﾞ", ["ガー", "ード"]),
        ("「怒り」の監督・李相日", ["怒り", "の監", "監督", "李相", "相日"]),
        ("人々 〇", ["人々", "〇"]),
        ("𠮷野家", ["𠮷野", "野家"]),
        ("คือใคร ๓", ["คื", "ือ", "อใ", "ใค", "คร", "๓"]),
        ("ສະບາຍ", ["ສະ", "ະບ", "ບາ", "າຍ"]),
        ("ភាព", ["ភា", "ាព"]),
        ("हिन्दी फ़िल्म।", ["हिन्दी", "फ़िल्म"]),
        ("שָׁלוֹם", ["שלום"]),
    ],
)
def test_words_of_other_scripts(text: str, expected: list[str]) -> None:
    assert words(text) == expected


SPELLINGS = [
    ("Amélie", "Ame\u0301lie"),
    ("Amélie", "Am\u00adé\u200blie\ufeff"),
    ("Amélie", "\u202aAmélie\u202c"),
    ("Kathy's", "Kathy’s"),
    ("Kathy's", "Kathyʼs"),
    ("Kathy's", "Kathy＇s"),
    ("co-op", "co‑op"),
    ("co-op", "co–op"),
    ("❤", "❤\ufe0f"),
    ("영화", unicodedata.normalize("NFD", "영화")),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_one_text_typed_in_two_ways_is_normalised_to_one(one: str, other: str) -> None:
    assert normalise(other) == one
    assert fold(other) == fold(one)
    assert words(other) == words(one)


@given(st.text(max_size=40))
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert fold(normalise(text)) == fold(text)


@given(st.text(max_size=40))
def test_folding_a_word_again_changes_nothing(text: str) -> None:
    assert [fold(word) for word in words(text)] == words(text)


def test_terms_are_stems() -> None:
    assert terms("Why are the donors donating their organs?") == ["donor", "donat", "organ"]


@given(st.lists(st.sampled_from([*sorted(STOP_WORDS), "donor"])).map(" ".join))
def test_stop_words_are_not_terms(text: str) -> None:
    assert terms(text) == ["donor"] * text.split().count("donor")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "die Häuser", "das Haus"),
        ("de", "große Geschichten", "eine GROSSE Geschichte"),
        ("fr", "l'histoire aimée", "les histoires qu’ils ont aimées"),
        ("es", "las canciones", "la canción"),
        ("it", "dell'attrice", "le attrici"),
        ("ru", "в фильме", "фильмы"),
        ("pl", "w filmie", "filmy"),
    ],
)
def test_forms_of_a_word_share_a_term_in_their_language(language: str, one: str, other: str) -> None:
    assert terms(one, language) == terms(other, language) != []
    assert all(term.startswith(f"{language}:") for term in terms(one, language))


def test_words_of_a_language_without_a_stemmer_are_terms_as_they_are() -> None:
    assert terms("Це чудовий фільм", "uk") == ["uk:чудовии", "uk:фільм"]
    assert terms("静かな映画", "ja") == ["ja:静か", "ja:かな", "ja:な映", "ja:映画"]
    assert terms("Nqatlh", "xx") == ["xx:nqatlh"]


def test_a_word_of_a_question_has_a_term_in_each_language_of_the_reviews() -> None:
    assert term_forms("What did the Häuser cost? Die they?", ["de"]) == (
        ("hauser", "de:haus"),
        ("cost", "de:cost"),
        ("die",),
    )
    assert term_forms("Was kosten die Häuser?", ["de"]) == (("kosten", "de:kost"), ("hauser", "de:haus"))


@given(st.text(max_size=40))
@pytest.mark.slow
def test_to_english_reviews_a_question_has_its_own_terms(text: str) -> None:
    assert [form for word in term_forms(text, ()) for form in word] == list(dict.fromkeys(terms(text)))
