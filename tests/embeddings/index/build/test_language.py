from __future__ import annotations

import pytest

from embeddings.index.build.language import language_of
from embeddings.records import Facts, Review
from tests.embeddings.fixtures.reviews import review

TEXTS = {
    "en": "The second half drags, but the two leads hold it together with a tenderness I did not expect.",
    "de": "Der Film beginnt langsam, und erst in der zweiten Hälfte findet er seinen Ton.",
    "fr": "Le film commence lentement, et ce n'est que dans la seconde moitié qu'il trouve son ton.",
    "es": "La película empieza despacio y solo en la segunda mitad encuentra su tono.",
    "it": "Il film comincia piano e solo nella seconda metà trova il suo tono.",
    "nl": "De film begint langzaam en pas in de tweede helft vindt hij zijn toon.",
    "hu": "A film lassan kezdődik, és csak a második felében találja meg a hangját.",
    "pl": "Film zaczyna się powoli i dopiero w drugiej połowie znajduje swój ton.",
    "ru": "Фильм начинается медленно и только во второй половине находит свой тон.",
    "ja": "この映画はゆっくりと始まり、後半になってようやく調子をつかむ。",
    "th": "ภาพยนตร์เริ่มต้นช้าและพบจังหวะของตัวเองในครึ่งหลังเท่านั้น",
}


def _in(text: str, **facts: str) -> Review:
    return review("a", {"Introduction": [text]}, facts=Facts(facts))


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_the_language_of_a_text_is_detected(language: str, text: str) -> None:
    assert language_of(_in(text)) == language


@pytest.mark.parametrize("text", ["Meh.", "Nope. Nope. Nope.", "A masterpiece!", "Kathy tends donors.", "★★★½", "2010"])
def test_a_text_too_short_to_tell_is_english(text: str) -> None:
    assert language_of(_in(text)) == "en"


@pytest.mark.parametrize(("written", "language"), [("de", "de"), ("de-AT", "de"), ("PT_br", "pt"), ("nb", "no")])
def test_the_header_tells_the_language_of_a_short_text(written: str, language: str) -> None:
    assert language_of(_in("Toll, toll, toll!", language=written)) == language


@pytest.mark.parametrize("named", ["ja", "Japanese"])
def test_a_header_that_names_the_language_of_the_film_makes_english_no_other_language(named: str) -> None:
    assert language_of(_in(TEXTS["en"], language=named)) == "en"


def test_a_language_in_words_is_detected_in_the_text() -> None:
    assert language_of(_in(TEXTS["de"], language="Deutsch")) == "de"
