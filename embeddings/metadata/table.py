"""The facts of all reviews that an asker sees, as one table: who and what a name means, and the reviews that match."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from embeddings.config import MAX_SUGGESTIONS, NEAR_NAME_LETTERS, NEAR_NAME_RATIO, SUGGESTED_NAME_SCORE
from embeddings.documents.analyzer import fold, terms, words
from embeddings.index.collection import CollectionIndex
from embeddings.index.facts import CREATORS, REVIEWER, TAG, person_keys, tag_keys
from embeddings.index.manifest import IndexedReview
from embeddings.index.titles import PART, WHOLE, title_key
from embeddings.lexicon import ARTICLES, KIND_ROLES, WORK_KINDS
from embeddings.metadata.filters import ReviewFilter, Sort, Years
from embeddings.records import Rating

Rows = NDArray[np.bool_]
"""(n,) which reviews of the table."""

PEOPLE = CREATORS | {REVIEWER}
_LAST = np.iinfo(np.int64).max
_RATING_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Match:
    """The reviews that a name means, and the names as their headers write them."""

    names: tuple[str, ...]
    rows: Rows

    def __bool__(self) -> bool:
        return bool(self.rows.any())


@dataclass(frozen=True, slots=True)
class Selection:
    """The reviews that match a filter, by number, in its order.

    Attributes:
        numbers: their numbers.
        names: for each field of the filter that is a name, the names as headers write them.
        missing: the fields of the filter that no review matches at all.
    """

    numbers: tuple[int, ...]
    names: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]


class ReviewTable:
    """The reviews of some collections, numbered one collection after the other. Threads may share it."""

    def __init__(self, indexes: Sequence[CollectionIndex]) -> None:
        self.indexes = tuple(indexes)
        self._starts = np.cumsum([0, *(len(index.entry.reviews) for index in indexes)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def place(self, number: int) -> tuple[CollectionIndex, int]:
        """Return the collection of a review, and its number there."""
        part = int(np.searchsorted(self._starts, number, side="right")) - 1
        return self.indexes[part], number - int(self._starts[part])

    def number(self, part: int, own: int) -> int:
        """Return the number of a review of one of `indexes`, given by position, from its number there."""
        return int(self._starts[part]) + own

    def entry(self, number: int) -> IndexedReview:
        """Return the manifest's entry of a review."""
        index, own = self.place(number)
        return index.entry.reviews[own]

    def labels(self, number: int) -> tuple[tuple[str, str], ...]:
        """Return the labels of a review, as `FactTable.labels_of` does."""
        index, own = self.place(number)
        return index.facts.labels_of(own)

    @cached_property
    def years(self) -> NDArray[np.int64]:
        """The works' years, 0 where one is unknown: (n,)."""
        return self._joined(index.facts.years for index in self.indexes)

    @cached_property
    def dates(self) -> NDArray[np.int64]:
        """The reviews' days as numbers, 0 where one is unknown: (n,)."""
        return self._joined(index.facts.dates for index in self.indexes)

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """How many words each review has: (n,)."""
        return self._joined(index.facts.words for index in self.indexes)

    @cached_property
    def ratings(self) -> NDArray[np.float32]:
        """The ratings as shares of their scales, NaN where there is no number: (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *(index.facts.ratings for index in self.indexes)])

    def people(self, name: str, kinds: Collection[str] = PEOPLE) -> Match:
        """Return the reviews of somebody in some roles, by any form of their name or a near miss."""
        key = next(person_keys(name))
        exact = self._labelled([f"person {key}"], kinds) if key else self._nothing()
        if exact or len(key) < NEAR_NAME_LETTERS:
            return exact
        close = process.extractOne(key, self._person_forms(kinds), scorer=fuzz.ratio, score_cutoff=NEAR_NAME_RATIO)
        return self._labelled([f"person {close[0]}"], kinds) if close else exact

    def tagged(self, name: str) -> Match:
        """Return the reviews with a tag."""
        return self._labelled(list(dict.fromkeys(tag_keys(name))), (TAG,)) if words(name) else self._nothing()

    def titled(self, name: str) -> Match:
        """Return the reviews of a title or an alias in any of its forms."""
        without = " ".join(name.split()[1:]) if fold(name).split()[:1] and fold(name).split()[0] in ARTICLES else name
        keys = [" ".join(key) for key in dict.fromkeys((title_key(name), title_key(without))) if key]
        rows = np.zeros(len(self), np.bool_)
        for index, start in zip(self.indexes, self._starts.tolist(), strict=False):
            for found in index.titles.find(keys):
                rows[[start + each.owner for each in found if each.extent in (WHOLE, PART)]] = True
        return self._titles(rows)

    def with_words_in_title(self, name: str) -> Match:
        """Return the reviews that have all the words of a name in their titles and aliases together."""
        wanted = tuple(dict.fromkeys(terms(name)))
        found = [
            start + index.title_terms.texts_with(wanted, 0, len(index.entry.reviews))
            for index, start in zip(self.indexes, self._starts.tolist(), strict=False)
        ]
        rows = np.zeros(len(self), np.bool_)
        rows[np.concatenate([np.zeros(0, np.int64), *found]).astype(np.int64)] = True
        return self._titles(rows)

    def about(self, name: str) -> Match:
        """Return the reviews of a work by its title, a creator's, or those with a tag; the first of these that fits."""
        ways: tuple[Callable[[str], Match], ...] = (
            self.titled,
            lambda text: self.people(text, CREATORS),
            self.tagged,
            self.with_words_in_title,
        )
        return next((match for way in ways if (match := way(name))), self._nothing())

    def of_kind(self, kind: str) -> Rows:
        """Return the reviews of a kind of works: all but those whose facts only tell of another."""
        own, others = self._nothing().rows, self._nothing().rows
        for each, roles in KIND_ROLES.items():
            rows = self._of_roles(roles.split())
            if each == kind:
                own |= rows
            else:
                others |= rows
        for each, names in WORK_KINDS.items():
            rows = np.logical_or.reduce([self.tagged(name).rows for name in (each, *names.split())])
            if each == kind:
                own |= rows
            else:
                others |= rows
        return own | ~others

    def select(self, wanted: ReviewFilter) -> Selection:
        """Return the reviews that a filter chooses, in its order."""
        rows = self.of_kind(wanted.kind) if wanted.kind in KIND_ROLES else np.ones(len(self), np.bool_)
        rated = ~np.isnan(self.ratings)
        matches = {
            field: match
            for field, match in (
                ("by", wanted.by and self.people(wanted.by)),
                ("reviewer", wanted.reviewer and self.people(wanted.reviewer, (REVIEWER,))),
                ("creator", wanted.creator and self.people(wanted.creator, CREATORS)),
                ("about", wanted.about and self.about(wanted.about)),
                ("tag", wanted.tag and self.tagged(wanted.tag)),
                ("years", wanted.years and Match((), _within(self.years, wanted.years))),
                ("written", wanted.written and Match((), _within(self.dates // 10_000, wanted.written))),
                ("rating", wanted.rating and Match((), self._rated(wanted.rating))),
                ("is_rated", wanted.is_rated and Match((), rated & rows)),
            )
            if isinstance(match, Match)
        }
        for match in matches.values():
            rows = rows & match.rows
        return Selection(
            tuple(self.ordered(np.flatnonzero(rows), wanted.sort).tolist()),
            {field: match.names for field, match in matches.items() if match.names},
            tuple(field for field, match in matches.items() if not match),
        )

    def ordered(self, numbers: NDArray[np.intp], sort: Sort | None) -> NDArray[np.intp]:
        """Return the numbers of reviews in an order; equals stay in the order of collections and slugs."""
        if sort is None:
            return numbers
        if sort is Sort.TITLE:
            titles = {number: " ".join(_without_article(self.entry(number).title)) for number in numbers.tolist()}
            return np.array(sorted(titles, key=titles.__getitem__), np.intp)
        years, dates = self.years[numbers], self.dates[numbers]
        ratings = np.nan_to_num(self.ratings[numbers], nan=-1.0)
        # The last key decides first.
        keys: dict[Sort, tuple[NDArray[np.int64] | NDArray[np.float32], ...]] = {
            Sort.NEWEST: (_known_first(years, -1), _known_first(dates, -1)),
            Sort.OLDEST: (_known_first(years, 1), _known_first(dates, 1)),
            Sort.LATEST_WORK: (_known_first(years, -1),),
            Sort.EARLIEST_WORK: (_known_first(years, 1),),
            Sort.LONGEST: (-self.words[numbers],),
            Sort.SHORTEST: (self.words[numbers],),
            Sort.RATING: (-ratings,),
            Sort.LOWEST: (np.where(ratings < 0, np.float32(2), ratings),),
        }
        return numbers[np.lexsort(keys[sort])]

    def near_people(self, name: str, kinds: Collection[str] = PEOPLE) -> tuple[str, ...]:
        """Return the names closest to one that nobody has, best first."""
        names = {
            text: fold(text)
            for index in self.indexes
            for kind, text in (label.split("\n", 1) for label in index.facts.labels)
            if kind in kinds
        }
        return _closest(fold(name), names)

    def near_titles(self, name: str) -> tuple[str, ...]:
        """Return the titles closest to one that no review has, best first."""
        return _closest(
            fold(name), {entry.title: fold(entry.title) for index in self.indexes for entry in index.entry.reviews}
        )

    def names(self, kinds: Collection[str]) -> list[tuple[str, int]]:
        """Return the names of some kinds, each with the number of its reviews, most first."""
        counts: dict[str, int] = {}
        for index in self.indexes:
            facts = index.facts
            labels = [label.split("\n", 1) for label in facts.labels]
            texts = {text: number for number, text in enumerate(dict.fromkeys(text for _, text in labels))}
            numbers = np.array([texts[text] if kind in kinds else -1 for kind, text in labels], np.int64)[facts.owned]
            owners = np.repeat(np.arange(len(facts.years)), np.diff(facts.starts))
            # Somebody may have written and directed the same work.
            pairs = np.unique(np.stack([numbers, owners])[:, numbers >= 0], axis=1)
            totals = np.bincount(pairs[0], minlength=len(texts)).tolist()
            for text, number in texts.items():
                if totals[number]:
                    counts[text] = counts.get(text, 0) + totals[number]
        return sorted(counts.items(), key=lambda each: (-each[1], fold(each[0])))

    def _labelled(self, keys: Sequence[str], kinds: Collection[str]) -> Match:
        names: dict[str, None] = {}
        parts = [np.zeros(0, np.bool_)]
        for index in self.indexes:
            labels = [label for key in keys for label in index.facts.find(key) if label[1] in kinds]
            names |= dict.fromkeys(text for _, _, text in labels)
            parts.append(index.facts.having([position for position, _, _ in labels]))
        return Match(tuple(names), np.concatenate(parts))

    def _of_roles(self, roles: Collection[str]) -> Rows:
        parts = [np.zeros(0, np.bool_)]
        for index in self.indexes:
            labels = [place for place, label in enumerate(index.facts.labels) if label.partition("\n")[0] in roles]
            parts.append(index.facts.having(labels))
        return np.concatenate(parts)

    def _rated(self, rating: Rating) -> Rows:
        share = (rating.value or 0) / (rating.scale or 1)
        found: Rows = np.abs(self.ratings - share) < _RATING_STEP
        return found

    def _person_forms(self, kinds: Collection[str]) -> list[str]:
        return list(
            dict.fromkeys(
                form
                for index in self.indexes
                for kind, text in (label.split("\n", 1) for label in index.facts.labels)
                if kind in kinds
                for form in person_keys(text)
            )
        )

    def _titles(self, rows: Rows) -> Match:
        return Match(tuple(dict.fromkeys(self.entry(number).title for number in np.flatnonzero(rows).tolist())), rows)

    def _nothing(self) -> Match:
        return Match((), np.zeros(len(self), np.bool_))

    def _joined(self, parts: Iterable[NDArray[np.int32]]) -> NDArray[np.int64]:
        return np.concatenate([np.zeros(0, np.int64), *parts])


def _within(values: NDArray[np.int64], years: Years) -> Rows:
    found = values > 0
    if years.first is not None:
        found &= values >= years.first
    if years.last is not None:
        found &= values <= years.last
    return found


def _known_first(values: NDArray[np.int64], sign: int) -> NDArray[np.int64]:
    return np.where(values > 0, sign * values, _LAST)


def _without_article(title: str) -> tuple[str, ...]:
    key = tuple(words(title))
    return key[1:] if key[:1] and key[0] in ARTICLES and len(key) > 1 else key


def _closest(name: str, names: dict[str, str]) -> tuple[str, ...]:
    found = process.extract(name, names, scorer=fuzz.WRatio, limit=MAX_SUGGESTIONS, score_cutoff=SUGGESTED_NAME_SCORE)
    return tuple(text for _, _, text in found)
