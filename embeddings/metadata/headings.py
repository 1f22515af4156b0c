"""How a filter was understood, and what no review has, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable

from embeddings.index.facts import CREATORS, REVIEWER, TAG
from embeddings.metadata.filters import ReviewFilter, Sort, Years
from embeddings.metadata.table import PEOPLE, ReviewTable, Selection

_ORDERS = {
    Sort.NEWEST: "newest first",
    Sort.OLDEST: "oldest first",
    Sort.LATEST_WORK: "latest work first",
    Sort.EARLIEST_WORK: "earliest work first",
    Sort.LONGEST: "longest first",
    Sort.SHORTEST: "shortest first",
    Sort.RATING: "best rating first",
    Sort.LOWEST: "lowest rating first",
    Sort.TITLE: "by title",
}
_MOST_NAMES = 3


def describe(wanted: ReviewFilter, selection: Selection, noun: str = "reviews", *, with_sort: bool = True) -> str:
    """Return how a filter was understood, as `Horror films by Ann Miller from the 1990s, newest first`."""

    def names(field: str, typed: str) -> str:
        found = selection.names.get(field, ())
        return listed(found, "or") if 0 < len(found) <= _MOST_NAMES else f"“{typed}”"

    text = f"{names('tag', wanted.tag)} {noun}" if wanted.tag else noun
    for field, preposition in (("by", "by"), ("reviewer", "by"), ("creator", "by"), ("about", "about")):
        if typed := getattr(wanted, field):
            text += f" {preposition} {names(field, typed)}"
    if wanted.years:
        text += f" {in_years(wanted.years)}"
    if wanted.written:
        text += f" written {_in(wanted.written)}"
    if wanted.rating:
        text += f" rated {wanted.rating.text}"
    if wanted.is_rated and wanted.sort not in (Sort.RATING, Sort.LOWEST):
        text += " with a rating"
    if wanted.sort and with_sort:
        text += f", {_ORDERS[wanted.sort]}"
    return text[:1].upper() + text[1:]


def nothing(wanted: ReviewFilter, selection: Selection, table: ReviewTable, noun: str = "reviews") -> str:
    """Return why no review matches a filter, with the nearest names there are."""
    if not len(table):
        return "There are no reviews."
    for field in selection.missing:
        typed = getattr(wanted, field)
        if field == "by":
            what = "No review is by" if noun == "reviews" else "No review is by or of a work by"
            return _unknown(f"{what} “{typed}”.", table.near_people(typed, PEOPLE))
        if field == "reviewer":
            return _unknown(f"No review is by “{typed}”.", table.near_people(typed, (REVIEWER,)))
        if field == "creator":
            return _unknown(f"No review is of a work by “{typed}”.", table.near_people(typed, CREATORS))
        if field == "about":
            near = table.near_titles(typed) or table.near_people(typed, CREATORS)
            return _unknown(f"No review is about “{typed}”.", near)
        if field == "tag":
            tags = [name for name, _ in table.names((TAG,))]
            known = f" There are {listed(tags[:_MOST_NAMES], 'and')}." if tags else " No review has a tag."
            return f"No review has the tag “{typed}”.{known}"
        if field == "rating" and wanted.rating:
            return f"No review has the rating {wanted.rating.text}."
        if field == "is_rated":
            return f"No review of {noun} has a rating." if noun != "reviews" else "No review has a rating."
        if field == "written" and wanted.written:
            return f"No review was written {_in(wanted.written)}." if table.dates.any() else "No review has a date."
        if field == "years" and wanted.years:
            known = f"No review is of a work {in_years(wanted.years)}."
            return known if table.years.any() else "No review says what year its work is from."
    description = describe(wanted, selection, noun, with_sort=False)
    return f"There are no {description[:1].lower()}{description[1:]}."


def in_years(years: Years) -> str:
    """Return years after a noun: `from the 1990s`, `before 1960`."""
    return years.text if years.first is None or years.last is None else f"from {years.text}"


def _in(years: Years) -> str:
    return years.text if years.first is None or years.last is None else f"in {years.text}"


def listed(names: Iterable[str], word: str) -> str:
    """Return names in a row: `A, B and C`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def quoted_names(names: Iterable[str]) -> str:
    """Return names in quotes in a row."""
    return listed([f"“{name}”" for name in names], "and")


def singular(noun: str) -> str:
    """Return one of a noun's things: `review` of `reviews`."""
    return noun if noun == "series" else f"{noun[:-3]}y" if noun.endswith("ies") and noun != "movies" else noun[:-1]


def _unknown(sentence: str, near: tuple[str, ...]) -> str:
    if not near:
        return sentence
    return f"{sentence} The nearest {'name is' if len(near) == 1 else 'names are'} {quoted_names(near)}."
