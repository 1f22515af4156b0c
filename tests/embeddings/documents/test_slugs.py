from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.slugs import SLUG_LENGTH, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("A World Almost Like Our Own", "a-world-almost-like-our-own"),
        ("Mark Romanek’s Film -- (2010)", "mark-romaneks-film-2010"),
        ("Amélie & Æon: ﬁne Straße", "amelie-æon-fine-strasse"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("Сияние: Йод", "сияние-йод"),
        ("हिन्दी फ़िल्म", unicodedata.normalize("NFC", "हिन्दी-फ़िल्म")),
        ("기생충", "기생충"),
        ("🎬", "clapper-board"),
        ("?!", "question-mark-exclamation-mark"),
        ("", ""),
        ("word " * 100, "-".join(["word"] * 16)),
        ("w" * 100, "w" * SLUG_LENGTH),
    ],
)
def test_a_slug_has_the_letters_and_digits_of_every_script_and_ends_between_words(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(min_size=1))
def test_a_slug_is_safe_stable_and_independent_of_unicode_normalization(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= SLUG_LENGTH
    assert not re.search(r"[\s/\\.:]|--|^-|-$", slug)
    assert slugify(slug) == slug
    if any(character.isalnum() for character in text):
        assert slugify(unicodedata.normalize("NFD", text)) == slugify(unicodedata.normalize("NFC", text)) == slug
