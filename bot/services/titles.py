"""Find reviews and sections by name, for commands and autocomplete.

All names are in memory, so the event loop may call everything here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.config import NAMES_PER_TITLE, SUGGESTED_TITLES
from bot.services.stable_keys import slug_key
from embeddings import NameMatcher, Review, ReviewFields, UnknownReviewError


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's name. `number` counts from 1."""

    number: int
    slug: str
    text: str
    spoiler: bool


@dataclass(frozen=True, slots=True)
class Title:
    """A review's names, and what tells it apart from another of the same title."""

    collection: str
    slug: str
    text: str
    aliases: tuple[str, ...]
    headings: tuple[Heading, ...]
    year: int | None = None
    author: str | None = None

    @property
    def key(self) -> str:
        """The digest that buttons carry."""
        return slug_key(self.collection, self.slug)

    @property
    def fields(self) -> ReviewFields:
        """What a manager can set of it."""
        spoilers = tuple(heading.number for heading in self.headings if heading.spoiler)
        return ReviewFields(self.text, self.year, self.author, self.aliases, spoilers)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a person may call it."""
        return (self.text, *self.aliases, self.slug)


class UnknownTitleError(UnknownReviewError):
    """What a person typed names no review, or more than one.

    Attributes:
        typed: what they typed.
        suggestions: the reviews that they may mean, of those that they may see, each with the others of its title.
    """

    def __init__(self, typed: str, suggestions: tuple[tuple[Title, tuple[Title, ...]], ...]) -> None:
        super().__init__(f"There is no review called “{typed}”.")
        self.typed = typed
        self.suggestions = suggestions


class Titles:
    """The names of every review of an index. `collections` are always those that the member may see."""

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
                review.year,
                review.author,
            )
            for review in reviews
        ]
        self._in: dict[str, list[Title]] = {}
        for title in titles:
            self._in.setdefault(title.collection, []).append(title)
        self._by_text: dict[str, list[Title]] = {}
        for title in titles:
            self._by_text.setdefault(title.text.casefold(), []).append(title)
        self._by_slug = {(title.collection, title.slug): title for title in titles}
        self._by_key = {(title.collection, title.key): title for title in titles}
        # For each set of collections, once it is needed.
        self._names: dict[tuple[str, ...], NameMatcher[int]] = {}

    def visible(self, collections: Collection[str]) -> tuple[Title, ...]:
        """Return the reviews that the member may see, in the order of the collections, then by slug."""
        return tuple(title for name in dict.fromkeys(collections) for title in self._in.get(name, ()))

    def by_slug(self, slug: str, collections: Collection[str]) -> Title | None:
        """Return the review with a slug, or None."""
        found = (self._by_slug.get((name, slug)) for name in collections)
        return next((title for title in found if title is not None), None)

    def by_key(self, key: str, collections: Collection[str]) -> Title | None:
        """Return the review with a button's key, or None."""
        found = (self._by_key.get((name, key)) for name in collections)
        return next((title for title in found if title is not None), None)

    def chosen(self, key: str, collections: Collection[str]) -> Title:
        """Return the review with a button's key.

        Raises:
            UnknownReviewError: it has been removed since.
        """
        title = self.by_key(key, collections)
        if title is None:
            raise UnknownReviewError("The review of this button has been removed.")
        return title

    def namesakes(self, title: Title, collections: Collection[str]) -> tuple[Title, ...]:
        """Return the other visible reviews of the same title."""
        found = self._by_text[title.text.casefold()]
        return tuple(other for other in found if other is not title and other.collection in collections)

    def find(self, name: str, collections: Collection[str]) -> Title:
        """Return the review that a person names or chose from autocomplete.

        Raises:
            UnknownTitleError: the name fits no review, or more than one.
        """
        chosen = self.by_slug(name, collections) or self.by_key(name, collections)
        if chosen is not None:
            return chosen
        meant = self._named(collections).resolve(name)
        if len(meant) != 1:
            close = self.complete_reviews(name, collections, SUGGESTED_TITLES)
            raise UnknownTitleError(name, tuple((each, self.namesakes(each, collections)) for each in close))
        return self.visible(collections)[meant[0]]

    def best_match(self, typed: str, collections: Collection[str]) -> Title | None:
        """Return the review that fits best what was typed, or None. If nothing was typed, the only review fits."""
        if not typed.strip():
            titles = self.visible(collections)
            return titles[0] if len(titles) == 1 else None
        try:
            return self.find(typed, collections)
        except UnknownReviewError:
            return next(iter(self.complete_reviews(typed, collections, 1)), None)

    def complete_reviews(self, typed: str, collections: Collection[str], limit: int) -> tuple[Title, ...]:
        """Return the reviews that fit best what was typed so far, best first. Spelling mistakes are allowed for."""
        titles = self.visible(collections)
        if not typed.strip():
            return titles[:limit]
        found = self._named(collections).complete(typed, limit * NAMES_PER_TITLE)
        return tuple(titles[number] for number in tuple(dict.fromkeys(found))[:limit])

    def complete_sections(self, title: Title, typed: str, limit: int) -> tuple[Heading, ...]:
        """Return the sections of a review that fit best what was typed so far."""
        return NameMatcher((heading.text, heading) for heading in title.headings).complete(typed, limit)

    def _non_empty(self, collections: Collection[str]) -> tuple[str, ...]:
        """Return the collections that hold reviews. They are the same for all servers without reviews of their own."""
        return tuple(dict.fromkeys(name for name in collections if name in self._in))

    def _named(self, collections: Collection[str]) -> NameMatcher[int]:
        """Return the names of the visible reviews, each with its review's position among them."""
        present = self._non_empty(collections)
        if present not in self._names:
            self._names[present] = NameMatcher(
                (text, number)
                for number, title in enumerate(self.visible(present))
                for text in (*title.names, *self._names_apart(title, present))
            )
        return self._names[present]

    def _names_apart(self, title: Title, collections: Collection[str]) -> list[str]:
        """Return the names by which a person may tell a review apart from another of the same title."""
        facts = (title.year, title.author) if self.namesakes(title, collections) else ()
        return [f"{title.text} ({fact})" for fact in facts if fact]
