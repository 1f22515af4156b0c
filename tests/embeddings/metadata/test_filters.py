"""Filters over the facts of reviews."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.library import Library
from embeddings.metadata.filters import ReviewFilter, Sort, Years, read_years


def _slugs(library: Library, **fields: object) -> list[str]:
    return [review.slug for review in library.reviews(matching=ReviewFilter(**fields))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "first", "last", "shown"),
    [
        ("1994", 1994, 1994, "1994"),
        ("the 1990s", 1990, 1999, "the 1990s"),
        ("nineties", 1990, 1999, "the 1990s"),
        ("’80s", 1980, 1989, "the 1980s"),
        ("the 80's", 1980, 1989, "the 1980s"),
        ("10s", 2010, 2019, "the 2010s"),
        ("before 1960", None, 1959, "before 1960"),
        ("after the nineties", 2000, None, "after the 1990s"),
        ("Since 2000", 2000, None, "since 2000"),
        ("until 1979", None, 1979, "until 1979"),
        ("1990–1995", 1990, 1995, "1990 to 1995"),
        ("between 1999 and 1990", 1990, 1999, "1990 to 1999"),
        ("19th century", 1800, 1899, "the 19th century"),
    ],
)
def test_years_are_read_as_people_write_them(text: str, first: int | None, last: int | None, shown: str) -> None:
    assert read_years(text) == Years(first, last, shown)


@pytest.mark.parametrize("text", ["", "soon", "99999", "before", "the best", "1990s films", "before before 1960"])
def test_what_is_no_year_is_not_read(text: str) -> None:
    assert read_years(text) is None


@given(st.integers(1000, 2099))
def test_every_year_and_every_decade_of_four_digits_is_read(year: int) -> None:
    decade = year // 10 * 10
    assert read_years(str(year)) == Years(year, year, str(year))
    assert read_years(f"the {decade}s") == Years(decade, decade + 9, f"the {decade}s")


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Ann Miller", ["a-lesser-sea", "copper-road", "night-ferry"]),
        ("miller", ["a-lesser-sea", "copper-road", "night-ferry"]),
        ("elena marsh", ["copper-road", "grave-matters-2", "the-tin-moon"]),
        ("Marsh, Elena", ["copper-road", "grave-matters-2", "the-tin-moon"]),
        ("ursula vane", ["a-lesser-sea", "salt-house"]),
        ("clara diaz", ["grave-matters-2", "letters-home", "salt-house"]),
        ("o’dell", ["grave-matters", "grave-matters-2"]),
        ("the low hours", ["quiet-engines"]),
        ("greta holm", ["night-ferry"]),
        ("ursla vane", ["a-lesser-sea", "salt-house"]),
        ("vanessa", []),
    ],
)
def test_by_is_the_reviewer_or_a_creator_of_any_role_however_written(
    club: Library, name: str, slugs: list[str]
) -> None:
    assert _slugs(club, by=name) == slugs


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("the tin moon", ["the-tin-moon"]),
        ("Salt House", ["salt-house"]),
        ("ursula vane", ["a-lesser-sea", "salt-house"]),
        ("horror", ["grave-matters", "grave-matters-2"]),
        ("grave", ["grave-matters", "grave-matters-2"]),
        ("Ann Miller", []),
    ],
)
def test_about_is_the_work_its_creator_or_a_tag(club: Library, name: str, slugs: list[str]) -> None:
    assert _slugs(club, about=name) == slugs


def test_a_tag_is_also_a_genre_in_any_writing(club: Library) -> None:
    assert _slugs(club, tag="SciFi") == ["the-tin-moon"]
    assert _slugs(club, tag="thrillers") == ["night-ferry"]
    assert _slugs(club, tag="comedy") == ["grave-matters-2"]


def test_filters_narrow_one_another(club: Library) -> None:
    assert _slugs(club, by="renner", years=read_years("1958"), tag="noir") == ["night-ferry"]
    assert _slugs(club, by="renner", tag="horror") == []


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        (Sort.NEWEST, ["winter-light-hotel", "a-lesser-sea"], "letters-home"),
        (Sort.OLDEST, ["quiet-engines", "night-ferry"], "letters-home"),
        (Sort.LATEST_WORK, ["the-tin-moon", "quiet-engines"], "letters-home"),
        (Sort.EARLIEST_WORK, ["night-ferry", "winter-light-hotel"], "letters-home"),
        (Sort.LONGEST, ["letters-home"], "quiet-engines"),
        (Sort.RATING, ["night-ferry", "salt-house"], "quiet-engines"),
        (Sort.LOWEST, ["grave-matters", "a-lesser-sea"], "quiet-engines"),
        (Sort.TITLE, ["copper-road", "grave-matters"], "winter-light-hotel"),
    ],
)
def test_reviews_are_sorted_by_a_fact_and_those_without_it_come_last(
    club: Library, sort: Sort, first: list[str], last: str
) -> None:
    found = _slugs(club, sort=sort)
    assert found[: len(first)] == first
    assert found[-1] == last
    assert len(found) == 10


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"by": "renner", "sort": Sort.NEWEST}, "Reviews by Paul Renner, newest first:"),
        ({"tag": "scifi", "years": read_years("2020s")}, "sci-fi reviews from the 2020s:"),
        ({"by": "Ursula Le Guin"}, "No review is by “Ursula Le Guin”."),
        ({"tag": "musical"}, "No review has the tag “musical”."),
        ({"years": read_years("before 1900")}, "No review is of a work before 1900."),
        ({"by": "renner", "tag": "horror"}, "There are no Horror reviews by Paul Renner."),
    ],
)
def test_a_listing_says_how_the_filter_was_understood_or_what_is_missing(
    club: Library, fields: dict[str, object], heading: str
) -> None:
    found = club.list_reviews(ReviewFilter(**fields)).heading  # type: ignore[arg-type]
    assert found.casefold().startswith(heading.casefold())
