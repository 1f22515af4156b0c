"""A question about the collection, answered from facts: the reviews, the people or the tags that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from embeddings.config import MAX_LISTED
from embeddings.index.facts import REVIEWER, TAG
from embeddings.metadata.entries import entry, listing_of, shown_for
from embeddings.metadata.filters import Sort
from embeddings.metadata.grammar import CollectionQuestion, Kind
from embeddings.metadata.headings import describe, listed, nothing, quoted_names, singular
from embeddings.metadata.mentions import find_mentions
from embeddings.metadata.table import ReviewTable
from embeddings.metadata.work_facts import ROLE_KINDS, answer_fact
from embeddings.records import Listing

_WORDS = {
    Sort.NEWEST: "newest",
    Sort.OLDEST: "oldest",
    Sort.LATEST_WORK: "newest",
    Sort.EARLIEST_WORK: "oldest",
    Sort.LONGEST: "longest",
    Sort.SHORTEST: "shortest",
    Sort.RATING: "best by the reviewers’ own ratings",
    Sort.LOWEST: "worst by the reviewers’ own ratings",
}


def answer_from_facts(asked: CollectionQuestion, table: ReviewTable) -> tuple[Listing, bool]:
    """Return what answers a question about the collection, and whether it does: not if facts or reviews are missing."""
    if not len(table):
        return Listing("There are no reviews."), False
    match asked.kind:
        case Kind.PEOPLE | Kind.TAGS:
            return _names(asked, table)
        case Kind.MENTION:
            return _mentions(asked.names[0], table)
        case Kind.REVIEWED | Kind.REVIEWERS:
            return _reviews_of(asked, table)
        case Kind.FACT:
            found = answer_fact(table, *asked.names)
            return found or Listing("No review’s header says this."), found is not None
        case Kind.COMPARE:
            numbers = [int(np.flatnonzero(table.titled(name).rows)[0]) for name in asked.names]
            titles = listed([f"“{table.entry(number).title}”" for number in numbers], "and")
            point = f" on {asked.point}" if asked.point else ""
            return listing_of(table, f"{titles} compared{point}:", numbers), True
    return _chosen(asked, table)


def _chosen(asked: CollectionQuestion, table: ReviewTable) -> tuple[Listing, bool]:
    selection = table.select(asked.wanted)
    numbers: Sequence[int] = selection.numbers
    if not numbers:
        return Listing(nothing(asked.wanted, selection, table, asked.noun)), False
    what = describe(asked.wanted, selection, asked.noun, with_sort=asked.kind is not Kind.MOST)
    shown = shown_for(asked.wanted)
    if asked.kind is Kind.COUNT:
        count = len(numbers)
        noun = what[:1].lower() + what[1:] if not asked.wanted.tag else what
        if count == 1:
            noun = noun.replace(asked.noun, singular(asked.noun), 1)
        return listing_of(table, f"There {'is' if count == 1 else 'are'} {count} {noun}:", numbers, shown), True
    if asked.kind is Kind.MOST and asked.wanted.sort is not None:
        found, word = _first(np.array(numbers), asked.wanted.sort, asked.limit, table)
        if not found:
            return Listing(
                "No review has a date." if asked.noun == "reviews" else "No review says what year its work is from."
            ), False
        return listing_of(table, f"{what}, {word}:", found, shown), True
    return listing_of(table, f"{what}:", numbers, shown), True


def _first(numbers: NDArray[np.int64], sort: Sort, limit: int, table: ReviewTable) -> tuple[list[int], str]:
    """Return the first reviews of an order with all that tie with the last of them, and what the order is called."""
    word = _WORDS[sort]
    if sort in (Sort.NEWEST, Sort.OLDEST) and not table.dates[numbers].any():
        sort = Sort.LATEST_WORK if sort is Sort.NEWEST else Sort.EARLIEST_WORK
        word = f"{word} by the years of the works (no review has a date)"
        numbers = np.array(table.ordered(numbers, sort))
    values: NDArray[np.int64] | NDArray[np.float32] = {
        Sort.NEWEST: table.dates,
        Sort.OLDEST: table.dates,
        Sort.LATEST_WORK: table.years,
        Sort.EARLIEST_WORK: table.years,
        Sort.LONGEST: table.words,
        Sort.SHORTEST: table.words,
    }.get(sort, table.ratings)[numbers]
    known = numbers[values > 0] if sort not in (Sort.RATING, Sort.LOWEST) else numbers
    values = values[values > 0] if sort not in (Sort.RATING, Sort.LOWEST) else values
    if not len(known):
        return [], word
    last = values[min(limit, len(known)) - 1]
    ties = np.flatnonzero(np.isclose(values, last))
    return known[: max(limit, int(ties[-1]) + 1)].tolist(), word


def _names(asked: CollectionQuestion, table: ReviewTable) -> tuple[Listing, bool]:
    if asked.kind is Kind.TAGS:
        found = table.names((TAG,))
        return (Listing("Tags:", names=tuple(found)), True) if found else (Listing("No review has a tag."), False)
    (role,) = asked.names
    found = table.names(ROLE_KINDS.get(role, frozenset({role})))
    if found:
        return Listing(
            "Who made the works:" if role == "creator" else f"{role.capitalize()}s:", names=tuple(found)
        ), True
    missing = {
        REVIEWER: "No review names its reviewer.",
        "creator": "No review names who made its work.",
    }.get(role, f"No review names the {role} of its work.")
    return Listing(missing), False


def _reviews_of(asked: CollectionQuestion, table: ReviewTable) -> tuple[Listing, bool]:
    (name,) = asked.names
    match = table.titled(name)
    if not match:
        near = table.near_titles(name)
        numbers = [number for title in near for number in np.flatnonzero(table.titled(title).rows).tolist()]
        heading = f"There is no review of “{name}”." + (" The nearest titles:" if numbers else "")
        return listing_of(table, heading, list(dict.fromkeys(numbers))), False
    numbers = np.flatnonzero(match.rows).tolist()
    title = quoted_names(match.names)
    if asked.kind is Kind.REVIEWED:
        return listing_of(table, f"Yes. {title} {'is' if len(match.names) == 1 else 'are'} reviewed:", numbers), True
    reviewers = list(
        dict.fromkeys(text for number in numbers for kind, text in table.labels(number) if kind == REVIEWER)
    )
    if not reviewers:
        return listing_of(table, f"No review of {title} names its reviewer:", numbers), False
    return listing_of(table, f"{title} is reviewed by {listed(reviewers, 'and')}:", numbers), True


def _mentions(words: str, table: ReviewTable) -> tuple[Listing, bool]:
    found = find_mentions(table, words)
    if not found:
        return Listing(f"No review mentions “{words}”."), False
    entries = tuple(
        replace(entry(table, number), quotes=(quote,)) for number, quote in list(found.items())[:MAX_LISTED]
    )
    return Listing(f"Reviews that mention “{words}”:", entries, len(found)), True
