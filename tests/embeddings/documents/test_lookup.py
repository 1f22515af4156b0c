from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.documents.lookup import NameMatcher, complete, find_review, find_section, unknown_review
from embeddings.errors import UnknownReviewError, UnknownSectionError
from tests.embeddings.fixtures.reviews import review

NAMES = [
    ("Never Let Me Go", 1),
    ("never-let-me-go", 1),
    ("NLMG", 1),
    ("The Island", 2),
    ("the-island", 2),
    ("Amélie", 3),
    ("amelie", 3),
]
FILM = review(
    "film",
    {
        "Introduction": ["One."],
        "A Life Measured in Donations": ["Two."],
        "Love, Memory, and Time": ["Three."],
        "The Tragedy of Acceptance": ["Four."],
        "1984": ["Five."],
    },
    title="The Film",
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("never-let-me-go", 1),
        ("never let me go", 1),
        ("NEVER LET ME GO ", 1),
        ("nlmg", 1),
        ("never let me goo", 1),
        ("Nevr let me go", 1),
        ("the iland", 2),
        ("AMELIE", 3),
    ],
)
def test_a_review_is_found_by_any_of_its_names_or_a_near_miss(typed: str, meant: int) -> None:
    assert find_review(typed, NAMES) == meant


def test_a_review_that_is_not_there_is_not_found_and_the_closest_are_named() -> None:
    with pytest.raises(UnknownReviewError) as caught:
        find_review("Blade Runner", [("The Island", 2), ("the-island", 2)])
    assert str(caught.value) == "no review is called 'Blade Runner'; did you mean 'The Island'?"


def test_a_near_miss_of_two_reviews_is_neither() -> None:
    with pytest.raises(UnknownReviewError, match="'Alien 2', 'Alien 3'"):
        find_review("Alien 4", [("Alien 2", 2), ("Alien 3", 3)])


def test_a_message_names_nothing_twice_and_stays_on_one_short_line() -> None:
    line = unknown_review("x\n" * 200, ["Suspiria", "Suspiria", "suspiria"])
    assert "\n" not in line
    assert len(line) < 150
    assert line.endswith("did you mean 'Suspiria', 'suspiria'?")
    assert unknown_review("x", []) == "no review is called 'x'; there are no reviews to choose from"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("introduction", 1),
        ("Love, Memory, and Time", 3),
        ("love-memory-and-time", 3),
        ("love memory and time", 3),
        ("the tragedy of aceptance", 4),
        ("donations", 2),
        ("2", 2),
        ("#3", 3),
        (" 1 ", 1),
        ("1984", 5),
    ],
)
def test_a_section_is_found_by_heading_slug_number_or_near_miss(typed: str, number: int) -> None:
    assert find_section(typed, FILM) == FILM.sections[number - 1]


@pytest.mark.parametrize("typed", ["0", "7", "9" * 400, "cinematography", "", "🎬", "²"])
def test_a_section_that_is_not_there_is_not_found(typed: str) -> None:
    with pytest.raises(UnknownSectionError) as caught:
        find_section(typed, FILM)
    line = str(caught.value)
    assert line.startswith("'The Film' has no section '")
    assert "\n" not in line
    assert len(line) < 250


def test_of_two_sections_with_one_heading_the_slugs_are_offered() -> None:
    twice = review("film", {"Ending": ["One."], "Middle": ["Two."], "ending": ["Three."]})
    first, middle, last = twice.sections
    twice = review("film", {}, title="Film")
    twice = type(twice)(
        slug="film",
        title="Film",
        text="One.\nTwo.\nThree.",
        sections=(first, middle, type(last)("ending-2", "Ending", last.paragraphs)),
    )
    assert find_section("ending", twice) == first
    assert find_section("ending-2", twice).slug == "ending-2"
    with pytest.raises(UnknownSectionError) as caught:
        find_section("ENDING!", twice)
    assert "'ending', 'ending-2'" in str(caught.value)


def test_nothing_typed_completes_to_the_first_names() -> None:
    assert complete("", ["b", "a", "c"], 2) == (0, 1)
    assert complete(" ", ["b"], 25) == (0,)


def test_names_that_begin_so_come_before_those_that_hold_it_and_near_misses() -> None:
    names = ["The Ending", "Endings", "Middle", "Edning"]
    assert complete("end", names, 25)[:2] == (1, 0)
    assert set(complete("endign", names, 25)) == {0, 1, 3}
    assert complete("ÉND", names, 1) == (1,)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=12), st.integers(0, 8))
def test_completions_are_places_each_once_and_never_too_many(typed: str, names: list[str], limit: int) -> None:
    places = complete(typed, names, limit)
    assert len(places) <= limit
    assert len(set(places)) == len(places)
    assert set(places) <= set(range(len(names)))


@given(st.sampled_from([text for text, _ in NAMES]))
def test_every_name_finds_its_own_review(name: str) -> None:
    assert find_review(name, NAMES) == dict(NAMES)[name]


def test_prepared_names_give_what_they_stand_for_again_and_again() -> None:
    prepared = NameMatcher(NAMES)
    for _ in range(2):
        assert prepared.resolve("never let me goo") == [1]
        assert prepared.resolve("xyzzy") == []
        assert prepared.complete("island", 2) == (2, 2)
        assert prepared.complete(" ", 1) == (1,)
