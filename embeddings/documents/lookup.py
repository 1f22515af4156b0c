"""Finding a review or a section by what a person types: a slug, a heading, a number, or a near miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from rapidfuzz import fuzz, process

from embeddings.documents.analyzer import fold
from embeddings.errors import UnknownReviewError, UnknownSectionError
from embeddings.lexicon import STOP_WORDS
from embeddings.records import Review, Section

NEAR_MISS = 75.0
"""From which likeness on (rapidfuzz's WRatio, 0 to 100) a near miss is taken for what was meant."""

CLOSE_CALL = 5.0
"""How far ahead of the next best a near miss must be."""

_NAMED = 3
"""How many of the closest names are told."""

T = TypeVar("T")


class NameMatcher(Generic[T]):
    """NameMatcher that are looked through again and again: what they are compared by is worked out once.

    Args:
        names: each name with what it stands for.
    """

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        self._names = tuple(names)
        self._folded: list[str] | None = None
        self._plain: list[str] | None = None
        self._telling: list[str] | None = None

    def resolve(self, name: str) -> list[T]:
        """What `name` may mean: one, if it is clear; none; or several that it means as well."""
        wanted = _plain(name)
        if self._plain is None:
            self._plain = [_plain(text) for text, _ in self._names]
        exact = _distinct(value for text, value in self._names if text == name) or _distinct(
            value for plain, (_, value) in zip(self._plain, self._names, strict=True) if plain == wanted
        )
        if exact or not wanted:
            return exact
        # WRatio takes one word in common for nearly all, so an 'and' must not count where there is more to go by.
        asked, forms = _telling(name), self._plain
        if asked:
            if self._telling is None:
                self._telling = [_telling(text) for text, _ in self._names]
            forms = self._telling
        scored = process.extract(asked or wanted, forms, scorer=fuzz.WRatio, limit=None, score_cutoff=NEAR_MISS)
        if not scored:
            return []
        best = scored[0][1]
        return _distinct(self._names[place][1] for _, score, place in scored if score > best - CLOSE_CALL)

    def complete(self, typed: str, limit: int) -> tuple[T, ...]:
        """What the at most `limit` names stand for that go best with what was typed so far, best first.

        Nothing typed gives the first names in their order. Misspellings are tolerated.
        """
        wanted = fold(typed).strip()
        if not wanted:
            return tuple(value for _, value in self._names[:limit])
        if self._folded is None:
            self._folded = [fold(text) for text, _ in self._names]
        folded = self._folded
        begins = [place for place, name in enumerate(folded) if name.startswith(wanted)]
        holds = [place for place, name in enumerate(folded) if wanted in name and not name.startswith(wanted)]
        ranked = dict.fromkeys(begins + holds)
        if len(ranked) < limit:
            scorer = fuzz.WRatio if len(wanted) > 2 else fuzz.ratio
            close = process.extract(wanted, folded, scorer=scorer, limit=limit, score_cutoff=60.0)
            ranked.update(dict.fromkeys(place for _, _, place in close))
        return tuple(self._names[place][1] for place in tuple(ranked)[:limit])


def find_review(name: str, names: Sequence[tuple[str, T]]) -> T:
    """The review that `name` means.

    Args:
        name: as typed.
        names: each review's slug, title and aliases, with what stands for the review.

    Raises:
        UnknownReviewError: none is meant, or several could be; the message names the closest.
    """
    found = NameMatcher(names).resolve(name)
    if len(found) == 1:
        return found[0]
    raise UnknownReviewError(unknown_review(name, _closest_of_each(name, names)))


def unknown_review(name: str, names: Sequence[str]) -> str:
    """Say that no review has that name, and which names are closest."""
    close = ", ".join(f"'{text}'" for text in _closest(name, names))
    advice = f"did you mean {close}?" if close else "there are no reviews to choose from"
    return f"no review is called '{_short(name)}'; {advice}"


def find_section(name: str, review: Review) -> Section:
    """The section that `name` means: its slug, heading, number (from 1), or a near miss of these.

    Raises:
        UnknownSectionError: none is meant, or several could be; the message names the closest.
    """
    number = name.strip().removeprefix("#")
    if number.isdecimal() and 1 <= int(number[:9]) <= len(review.sections):
        return review.sections[int(number[:9]) - 1]
    names = [(text, section) for section in review.sections for text in (section.slug, section.heading)]
    found = NameMatcher(names).resolve(name)
    if len(found) == 1:
        return found[0]
    headings = Counter(section.heading for section in review.sections)
    # A heading that two sections have would lead here again.
    told = [section.heading if headings[section.heading] == 1 else section.slug for section in review.sections]
    close = ", ".join(f"'{text}'" for text in _closest(name, told))
    raise UnknownSectionError(f"'{review.title}' has no section '{_short(name)}'; did you mean {close}?")


def complete(typed: str, names: Sequence[str], limit: int) -> tuple[int, ...]:
    """The places of the at most `limit` names that go best with what was typed so far, best first.

    Nothing typed gives the first names in their order. Misspellings are tolerated.
    """
    return NameMatcher((name, place) for place, name in enumerate(names)).complete(typed, limit)


def _closest_of_each(name: str, names: Sequence[tuple[str, T]]) -> list[str]:
    """The closest names of different reviews, one of each."""
    kept: list[str] = []
    meant: list[T] = []
    texts = [text for text, _ in names]
    for text, _, place in process.extract(name, texts, scorer=fuzz.WRatio, processor=_plain, limit=None):
        if names[place][1] not in meant:
            kept.append(text)
            meant.append(names[place][1])
        if len(kept) == _NAMED:
            break
    return kept


def _closest(name: str, names: Sequence[str]) -> list[str]:
    distinct = list(dict.fromkeys(names))
    return [text for text, _, _ in process.extract(name, distinct, scorer=fuzz.WRatio, processor=_plain, limit=_NAMED)]


def _plain(text: str) -> str:
    return " ".join(fold(text).replace("-", " ").split())


def _telling(text: str) -> str:
    return " ".join(word for word in _plain(text).split() if word not in STOP_WORDS)


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= 60 else f"{name[:60]}…"


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
