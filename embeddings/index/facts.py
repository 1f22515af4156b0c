"""What the headers of a collection's reviews say, in columns: reviews are chosen and sorted without reading one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.documents.analyzer import words
from embeddings.index.string_table import StringTable
from embeddings.lexicon import CREATOR_ROLES, GENRE_FIELDS, REVIEWER_FIELDS, STOP_WORDS
from embeddings.records import Fact, Rating, Review

REVIEWER = "reviewer"
"""The kind of a label that names who wrote the review."""
TAG = "tag"
RATING = "rating"
"""The kind of a label that is a rating as written."""

CREATORS = frozenset({*CREATOR_ROLES.values(), "author"})
"""The kinds of labels that name who made the work."""

_SPLIT = re.compile(r"\s*[,;|]\s*")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)$")


@dataclass(frozen=True, slots=True)
class FactRow:
    """The facts of one review by which it is chosen and sorted.

    Attributes:
        year: the work's year, 0 if it is unknown.
        date: the day of the review as a number, 20210503, or its year alone, 20210000; 0 if it is unknown.
        words: how many words the review has.
        rating: the rating as a share of its scale; NaN if it has no number.
        labels: each name as written, with what it names: `REVIEWER`, a role of `CREATORS`, `TAG` or `RATING`.
    """

    year: int
    date: int
    words: int
    rating: float
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, review: Review) -> FactRow:
        """Return the row of a review."""
        rating = review.facts.get("rating")
        share = float("nan")
        labels = [(REVIEWER, review.author)] if review.author else []
        for name, fact in review.facts.items():
            kind = TAG if name == "tags" or name in GENRE_FIELDS else REVIEWER if name in REVIEWER_FIELDS else name
            if kind in (TAG, REVIEWER) or kind in CREATORS:
                labels.extend((kind, text) for text in _texts(fact))
        if isinstance(rating, Rating):
            labels.append((RATING, rating.text))
            if rating.value is not None and rating.scale:
                share = rating.value / rating.scale
        date = _day(str(review.facts.get("date", "")))
        return cls(review.year or 0, date, len(review.text.split()), share, tuple(dict.fromkeys(labels)))


@dataclass(frozen=True, slots=True)
class FactTable:
    """The facts of n reviews by number, mapped from disk so that opening takes no time."""

    years: NDArray[np.int32]  # (n,) as in `FactRow`
    dates: NDArray[np.int32]  # (n,)
    words: NDArray[np.int32]  # (n,)
    ratings: NDArray[np.float32]  # (n,)
    labels: StringTable  # each distinct label: its kind, a line feed, its text
    starts: NDArray[np.int32]  # (n + 1,) where each review's labels begin in `owned`
    owned: NDArray[np.int32]  # positions in `labels`, review by review
    keys: StringTable  # the forms in which people write labels; see `label_keys`
    key_starts: NDArray[np.int32]  # (keys + 1,) where each key's labels begin in `key_labels`
    key_labels: NDArray[np.int32]  # positions in `labels`

    @classmethod
    def build(cls, rows: Iterable[FactRow]) -> FactTable:
        """Make the table of reviews in the order of their numbers."""
        found = list(rows)
        labels = StringTable.build("\n".join(label) for row in found for label in row.labels)
        names = list(labels)
        positions = {name: position for position, name in enumerate(names)}
        by_key: dict[str, list[int]] = {}
        for position, name in enumerate(names):
            for key in label_keys(*_label(name)):
                by_key.setdefault(key, []).append(position)
        keys = StringTable.build(by_key)
        return cls(
            years=np.array([row.year for row in found], np.int32),
            dates=np.array([row.date for row in found], np.int32),
            words=np.array([row.words for row in found], np.int32),
            ratings=np.array([row.rating for row in found], np.float32),
            labels=labels,
            starts=np.cumsum([0, *(len(row.labels) for row in found)], dtype=np.int32),
            owned=np.array([positions["\n".join(label)] for row in found for label in row.labels], np.int32),
            keys=keys,
            key_starts=np.cumsum([0, *(len(by_key[key]) for key in keys)], dtype=np.int32),
            key_labels=np.array([position for key in keys for position in by_key[key]], np.int32),
        )

    def row(self, number: int) -> FactRow:
        """Return the facts of one review."""
        return FactRow(
            int(self.years[number]),
            int(self.dates[number]),
            int(self.words[number]),
            float(self.ratings[number]),
            self.labels_of(number),
        )

    def labels_of(self, number: int) -> tuple[tuple[str, str], ...]:
        """Return the labels of a review, each with its kind."""
        first, end = self.starts[number : number + 2].tolist()
        return tuple(_label(self.labels[position]) for position in self.owned[first:end].tolist())

    def find(self, key: str) -> list[tuple[int, str, str]]:
        """Return the position, the kind and the text of each label that has a key of `label_keys`."""
        (place,) = self.keys.find((key,))
        if place is None:
            return []
        first, end = self.key_starts[place : place + 2].tolist()
        return [(position, *_label(self.labels[position])) for position in self.key_labels[first:end].tolist()]

    def having(self, labels: Sequence[int]) -> NDArray[np.bool_]:
        """Return which reviews have any of the labels, given by position: (n,)."""
        places = np.flatnonzero(np.isin(self.owned, np.array(labels, np.int32)))
        found = np.zeros(len(self.years), np.bool_)
        found[np.searchsorted(self.starts, places, side="right") - 1] = True
        return found


def label_keys(kind: str, text: str) -> Iterator[str]:
    """Yield the keys of the forms in which people write a label, each once.

    *Ursula K. Le Guin* is also *ursula le guin*, *le guin*, *guin* and *ursula*, and *Sci-Fi* is also *scifi*. Ratings
    have none.
    """
    if kind == RATING:
        return
    if kind == TAG:
        yield from dict.fromkeys(tag_keys(text))
        return
    for key in dict.fromkeys(person_keys(text)):
        yield f"person {key}"


def person_keys(text: str) -> Iterator[str]:
    """Yield the forms of a person's name: whole, without initials, without each of its first words, and the first."""
    last, comma, first = text.partition(",")
    parts = words(f"{first} {last}" if comma else text)
    full = [part for part in parts if len(part) > 1]
    yield " ".join(parts)
    # "G. K. Chesterton" is also "GK Chesterton".
    yield " ".join(["".join(part for part in parts if len(part) == 1), *full]).strip()
    for start in range(len(full)):
        if full[start:] and not STOP_WORDS.issuperset(full[start:]):
            yield " ".join(full[start:])
    yield from full[:1]


def tag_keys(text: str) -> Iterator[str]:
    """Yield the forms of a tag: its stemmed words, and these as one word."""
    stems = Stemmer.Stemmer("english").stemWords(words(text))
    yield f"tag {' '.join(stems)}"
    yield f"tag {''.join(stems)}"


def _label(name: str) -> tuple[str, str]:
    kind, _, text = name.partition("\n")
    return kind, text


def _texts(fact: Fact) -> tuple[str, ...]:
    if isinstance(fact, str):
        return tuple(text for text in _SPLIT.split(fact) if text)
    return fact if isinstance(fact, tuple) else ()


def _day(text: str) -> int:
    if found := _DAY.match(text):
        return int("".join(found.groups()))
    year = _YEAR.search(text)
    return int(year[1]) * 10_000 if year else 0
