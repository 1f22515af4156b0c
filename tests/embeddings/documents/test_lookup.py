from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.documents.lookup import NameMatcher, find_review, find_section, unknown_review
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


def test_an_unknown_review_is_an_error_that_names_the_closest() -> None:
    with pytest.raises(UnknownReviewError) as caught:
        find_review("Blade Runner", [("The Island", 2), ("the-island", 2)])
    assert str(caught.value) == "There is no review called “Blade Runner”. Did you mean “The Island”?"


def test_a_near_miss_of_two_reviews_is_neither() -> None:
    with pytest.raises(UnknownReviewError, match="“Alien 2”, “Alien 3”"):
        find_review("Alien 4", [("Alien 2", 2), ("Alien 3", 3)])


def test_the_message_is_one_short_line_and_names_nothing_twice() -> None:
    line = str(unknown_review("x\n" * 200, [("Suspiria", 1), ("Suspiria", 2), ("suspiria", 3)]))
    assert "\n" not in line
    assert len(line) < 150
    assert line.endswith("Did you mean “Suspiria”, “suspiria”?")
    assert str(unknown_review("x", [])) == "There is no review called “x”. There are no reviews to choose from."


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
def test_an_unknown_section_is_an_error_of_one_line(typed: str) -> None:
    with pytest.raises(UnknownSectionError) as caught:
        find_section(typed, FILM)
    line = str(caught.value)
    assert line.startswith("“The Film” has no section “")
    assert "\n" not in line
    assert len(line) < 250


def test_two_sections_with_one_heading_are_suggested_by_their_slugs() -> None:
    twice = review("film", {"Ending": ["One."], "Middle": ["Two."], "ending": ["Three."]})
    first, middle, last = twice.sections
    twice = replace(twice, sections=(first, middle, replace(last, slug="ending-2", heading="Ending")))
    assert find_section("ending", twice) == first
    assert find_section("ending-2", twice).slug == "ending-2"
    with pytest.raises(UnknownSectionError) as caught:
        find_section("ENDING!", twice)
    assert "“ending”, “ending-2”" in str(caught.value)


def complete(typed: str, names: Sequence[str], limit: int) -> tuple[int, ...]:
    return NameMatcher((name, index) for index, name in enumerate(names)).complete(typed, limit)


def test_an_empty_input_completes_to_the_first_names() -> None:
    assert complete("", ["b", "a", "c"], 2) == (0, 1)
    assert complete(" ", ["b"], 25) == (0,)


def test_prefixes_come_before_substrings_and_near_misses() -> None:
    names = ["The Ending", "Endings", "Middle", "Edning"]
    assert complete("end", names, 25)[:2] == (1, 0)
    assert set(complete("endign", names, 25)) == {0, 1, 3}
    assert complete("ÉND", names, 1) == (1,)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=12), st.integers(0, 8))
def test_completions_are_distinct_indices_up_to_the_limit(typed: str, names: list[str], limit: int) -> None:
    indices = complete(typed, names, limit)
    assert len(set(indices)) == len(indices) <= limit
    assert set(indices) <= set(range(len(names)))


@given(st.sampled_from([text for text, _ in NAMES]))
def test_every_name_finds_its_own_review(name: str) -> None:
    assert find_review(name, NAMES) == dict(NAMES)[name]


def test_a_matcher_gives_the_same_results_every_time() -> None:
    matcher = NameMatcher(NAMES)
    for _ in range(2):
        assert matcher.resolve("never let me goo") == [1]
        assert matcher.resolve("xyzzy") == []
        assert matcher.complete("island", 2) == (2, 2)
        assert matcher.complete(" ", 1) == (1,)


def test_two_reviews_of_one_title_are_named_by_what_only_one_has() -> None:
    names = [("Alien", 1), ("alien-1979", 1), ("Alien", 2), ("alien-2", 2)]
    with pytest.raises(UnknownReviewError, match="“alien-2”, “alien-1979”"):
        find_review("Alien", names)
