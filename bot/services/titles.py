"""The names of the reviews and their sections, in memory: for autocomplete and for telling which review is meant.

Nothing here reads the disk or encodes anything, so it may be asked on the event loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.config import NAMES_PER_TITLE, SUGGESTED_TITLES
from bot.services.stable_keys import slug_key
from embeddings import NameMatcher, Review, Router, TitleEntry, UnknownReviewError, complete


@dataclass(frozen=True, slots=True)
class Heading:
    """A section by name; `number` counts from 1."""

    number: int
    slug: str
    text: str
    spoiler: bool


@dataclass(frozen=True, slots=True)
class Title:
    """A review by name."""

    collection: str
    slug: str
    text: str
    aliases: tuple[str, ...]
    headings: tuple[Heading, ...]

    @property
    def key(self) -> str:
        """The digest by which buttons know the review."""
        return slug_key(self.collection, self.slug)

    @property
    def names(self) -> tuple[str, ...]:
        """All that a person may call it by."""
        return (self.text, *self.aliases, self.slug)


class UnknownTitleError(UnknownReviewError):
    """No review is meant by what a person typed, or several could be.

    `typed` is that, `suggestions` are the reviews that it may mean, of those that the asker sees.
    """

    def __init__(self, typed: str, suggestions: tuple[Title, ...]) -> None:
        super().__init__(f"no review is called {typed!r}")
        self.typed = typed
        self.suggestions = suggestions


class Titles:
    """Every review of an index by name. `collections` are always those that the asker may see."""

    def __init__(self, reviews: Iterable[Review]) -> None:
        titles = [
            Title(
                review.collection,
                review.slug,
                review.title,
                review.aliases,
                tuple(
                    Heading(number, section.slug, section.heading, section.spoiler)
                    for number, section in enumerate(review.sections, 1)
                ),
            )
            for review in reviews
        ]
        self._in: dict[str, list[Title]] = {}
        for title in titles:
            self._in.setdefault(title.collection, []).append(title)
        self._by_slug = {(title.collection, title.slug): title for title in titles}
        self._by_key = {(title.collection, title.key): title for title in titles}
        # For each set of collections that askers see, once it is asked for.
        self._routers: dict[tuple[str, ...], Router] = {}
        self._names: dict[tuple[str, ...], NameMatcher[int]] = {}

    def visible(self, collections: Collection[str]) -> tuple[Title, ...]:
        """The reviews that the asker sees, in the order of the collections, then by slug."""
        return tuple(title for name in dict.fromkeys(collections) for title in self._in.get(name, ()))

    def by_slug(self, slug: str, collections: Collection[str]) -> Title | None:
        """The review of that slug, or None."""
        found = (self._by_slug.get((name, slug)) for name in collections)
        return next((title for title in found if title is not None), None)

    def by_key(self, key: str, collections: Collection[str]) -> Title | None:
        """The review that a button's key stands for, or None."""
        found = (self._by_key.get((name, key)) for name in collections)
        return next((title for title in found if title is not None), None)

    def find(self, name: str, collections: Collection[str]) -> Title:
        """The review that a person means, or has chosen from what autocomplete offered.

        Raises:
            UnknownTitleError: none is meant, or several could be.
        """
        chosen = self.by_slug(name, collections) or self.by_key(name, collections)
        if chosen is not None:
            return chosen
        meant = self._named(collections).resolve(name)
        if len(meant) != 1:
            raise UnknownTitleError(name, self.complete_reviews(name, collections, SUGGESTED_TITLES))
        return self.visible(collections)[meant[0]]

    def best_match(self, typed: str, collections: Collection[str]) -> Title | None:
        """The review that what was typed goes best with; the only one there is where nothing was typed."""
        if not typed.strip():
            titles = self.visible(collections)
            return titles[0] if len(titles) == 1 else None
        try:
            return self.find(typed, collections)
        except UnknownReviewError:
            return next(iter(self.complete_reviews(typed, collections, 1)), None)

    def is_named(self, question: str, collections: Collection[str]) -> bool:
        """Whether a question itself names one of the reviews."""
        visible = self._non_empty(collections)
        if visible not in self._routers:
            self._routers[visible] = Router.of(
                TitleEntry(title.collection, title.slug, text)
                for title in self.visible(visible)
                for text in (title.text, *title.aliases)
            )
        return bool(self._routers[visible].titles_in(question))

    def complete_reviews(self, typed: str, collections: Collection[str], limit: int) -> tuple[Title, ...]:
        """The reviews that go best with what was typed so far, misspelt or not, best first."""
        titles = self.visible(collections)
        if not typed.strip():
            return titles[:limit]
        found = self._named(collections).complete(typed, limit * NAMES_PER_TITLE)
        return tuple(titles[number] for number in tuple(dict.fromkeys(found))[:limit])

    def complete_sections(self, title: Title, typed: str, limit: int) -> tuple[Heading, ...]:
        """The sections of a review that go best with what was typed so far."""
        found = complete(typed, [heading.text for heading in title.headings], limit)
        return tuple(title.headings[place] for place in found)

    def _non_empty(self, collections: Collection[str]) -> tuple[str, ...]:
        """Those that hold anything: most servers have no reviews of their own, and see the same."""
        return tuple(dict.fromkeys(name for name in collections if name in self._in))

    def _named(self, collections: Collection[str]) -> NameMatcher[int]:
        """What the reviews that the asker sees may be called, each with its number among them."""
        visible = self._non_empty(collections)
        if visible not in self._names:
            self._names[visible] = NameMatcher(
                (text, number) for number, title in enumerate(self.visible(visible)) for text in title.names
            )
        return self._names[visible]
