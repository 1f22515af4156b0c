"""Find a review or a section by what a person types: a slug, a heading, a number, or a near miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Generic, TypeVar

from rapidfuzz import fuzz, process

from embeddings.config import COMPLETION_SCORE, MAX_SUGGESTIONS, NEAR_MISS_LEAD, NEAR_MISS_SCORE
from embeddings.documents.analyzer import fold
from embeddings.errors import UnknownReviewError, UnknownSectionError
from embeddings.lexicon import STOP_WORDS
from embeddings.records import Review, Section

_SHOWN_CHARACTERS = 60

T = TypeVar("T")


class NameMatcher(Generic[T]):
    """Names to search again and again, each with the value that it means. Their forms to compare are computed once."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        self._names = tuple(names)
        self._by = cache(self._forms)

    def resolve(self, name: str) -> list[T]:
        """Return what `name` may mean: one value if it is clear, none, or several that fit equally well."""
        wanted = _plain(name)
        exact = _distinct(value for text, value in self._names if text == name) or _distinct(
            value for plain, (_, value) in zip(self._by(_plain), self._names, strict=True) if plain == wanted
        )
        if exact or not wanted:
            return exact
        # WRatio nearly accepts a single common word, so an 'and' must not count if there is more to compare.
        content = _content(name)
        forms = self._by(_content if content else _plain)
        scored = process.extract(content or wanted, forms, scorer=fuzz.WRatio, limit=None, score_cutoff=NEAR_MISS_SCORE)
        if not scored:
            return []
        best = scored[0][1]
        return _distinct(self._names[index][1] for _, score, index in scored if score > best - NEAR_MISS_LEAD)

    def complete(self, typed: str, limit: int) -> tuple[T, ...]:
        """Return the values of the names that best complete what was typed, at most `limit`, best first.

        If nothing was typed, these are those of the first names in their order. Misspellings are tolerated.
        """
        wanted = fold(typed).strip()
        if not wanted:
            return tuple(value for _, value in self._names[:limit])
        folded = self._by(fold)
        prefixed = [index for index, name in enumerate(folded) if name.startswith(wanted)]
        containing = [index for index, name in enumerate(folded) if wanted in name]
        ranked = dict.fromkeys(prefixed + containing)
        if len(ranked) < limit:
            scorer = fuzz.WRatio if len(wanted) > 2 else fuzz.ratio
            close = process.extract(wanted, folded, scorer=scorer, limit=limit, score_cutoff=COMPLETION_SCORE)
            ranked.update(dict.fromkeys(index for _, _, index in close))
        return tuple(self._names[index][1] for index in tuple(ranked)[:limit])

    def _forms(self, form: Callable[[str], str]) -> list[str]:
        return [form(text) for text, _ in self._names]


def find_review(name: str, names: Sequence[tuple[str, T]]) -> T:
    """Return the review that `name` means; `names` has each slug, title and alias, with the value to return.

    Raises:
        UnknownReviewError: `name` means no review, or several; the message lists the closest.
    """
    found = NameMatcher(names).resolve(name)
    if len(found) == 1:
        return found[0]
    raise unknown_review(name, names)


def unknown_review(name: str, names: Sequence[tuple[str, T]]) -> UnknownReviewError:
    """Return the error that there is no review of that name; its message lists the closest of `names`."""
    advice = f"Did you mean {closest_names(name, names)}?" if names else "There are no reviews to choose from."
    return UnknownReviewError(f"There is no review called {_quoted(name)}. {advice}")


def find_section(name: str, review: Review) -> Section:
    """Return the section that `name` means: its slug, heading, number (from 1), or a near miss of these.

    Raises:
        UnknownSectionError: `name` means no section, or several; the message lists the closest.
    """
    number = name.strip().removeprefix("#")
    if number.isdecimal() and 1 <= int(number[:9]) <= len(review.sections):
        return review.sections[int(number[:9]) - 1]
    names = [(text, section) for section in review.sections for text in (section.slug, section.heading)]
    if number.isdecimal() and name not in dict(names):
        count = len(review.sections)
        raise UnknownSectionError(
            f"“{review.title}” has no section {_quoted(name)}. It has {count} section{'s' * (count > 1)}: "
            f"`review-bot sections {review.slug}` lists them."
        )
    found = NameMatcher(names).resolve(name)
    if len(found) == 1:
        return found[0]
    headings = Counter(section.heading for section in review.sections)
    # A heading of two sections would end here again.
    choices = [section.heading if headings[section.heading] == 1 else section.slug for section in review.sections]
    advice = f"Did you mean {closest_names(name, [(choice, choice) for choice in choices])}?"
    raise UnknownSectionError(f"“{review.title}” has no section {_quoted(name)}. {advice}")


def closest_names(name: str, names: Sequence[tuple[str, T]]) -> str:
    """Return the names closest to what was typed, in quotes: one of each value, and of no other if there is one."""
    values: dict[str, set[T]] = {}
    for text, value in names:
        values.setdefault(text, set()).add(value)
    clear = {value for text, value in names if len(values[text]) == 1}
    names = [(text, value) for text, value in names if value not in clear or len(values[text]) == 1]
    closest: dict[T, str] = {}
    texts = [text for text, _ in names]
    for text, _, index in process.extract(name, texts, scorer=fuzz.WRatio, processor=_plain, limit=None):
        closest.setdefault(names[index][1], text)
    return ", ".join(f"“{text}”" for text in _distinct(islice(closest.values(), MAX_SUGGESTIONS)))


def _plain(text: str) -> str:
    return " ".join(fold(text).replace("-", " ").split())


def _content(text: str) -> str:
    return " ".join(word for word in _plain(text).split() if word not in STOP_WORDS)


def _quoted(name: str) -> str:
    name = " ".join(name.split())
    return f"“{name}”" if len(name) <= _SHOWN_CHARACTERS else f"“{name[:_SHOWN_CHARACTERS]}…”"


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
