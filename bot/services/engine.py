"""The way from the event loop to the engine: a bounded queue, turns, questions encoded together, threads.

No other module of the bot calls `Library`. The bot only reads the index; `IndexUpdater` has it written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Self

from bot.config import ENCODING_BATCH, ENGINE_WORKERS, LISTED_PER_PAGE, MAX_GROUPED_QUESTIONS, QUOTED_PER_PAGE
from bot.services.gaps import Gap, find_gaps
from bot.services.index_updater import IndexUpdater, OutdatedReviews
from bot.services.opened_library import CurrentLibrary, OpenedLibrary, open_library
from bot.services.titles import Title, Titles
from bot.storage.records import StoredQuestion
from embeddings import (
    SHARED,
    SHIPPED,
    Addition,
    Answer,
    ConvertedFile,
    Hit,
    Library,
    LibraryError,
    ListedReview,
    Listing,
    Query,
    QuestionInContext,
    Quote,
    Review,
    ReviewFilter,
    ReviewStorageError,
    Section,
    StageSeconds,
    Step,
    add_review,
    check_room,
    collection_folder,
    find_review_file,
    plan_additions,
    remove_review,
    store_additions,
)


class BusyError(LibraryError):
    """Too many questions are waiting, or the bot is stopping."""


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """A question, and where to look for its answer.

    Attributes:
        question: as a person typed it.
        review: the slug of the review that the member chose, or None.
        default_review: the slug of the review to search unless the question names another, or None.
        context: the earlier questions of the conversation, oldest first.
        collections: those that the member may see.
        page: the page to show if the answer is a list of reviews, from 0.
    """

    question: str
    review: str | None = None
    default_review: str | None = None
    context: tuple[str, ...] = ()
    collections: tuple[str, ...] = (SHARED,)
    page: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with the reviews that it quotes. How long it took doesn't count for equality.

    Attributes:
        answer: the answer.
        reviews: the reviews that it quotes, or those of the page of its list.
        within: the review that the search was limited to, or None.
        queued: seconds that the question waited for its turn.
        took: seconds of each stage.
    """

    answer: Answer
    reviews: tuple[Review, ...]
    within: Review | None
    queued: float = field(compare=False)
    took: StageSeconds = field(compare=False)

    @property
    def about(self) -> str | None:
        """The slug of the one review that the answer is about, or None."""
        slugs = {quote.review for quote in self.answer.quotes}
        if len(slugs) == 1:
            return next(iter(slugs))
        return self.within.slug if self.within else None


@dataclass(frozen=True, slots=True)
class Passages:
    """Passages for a question, best first, with the reviews that they are from."""

    hits: tuple[Hit, ...]
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What storing reviews does.

    Attributes:
        additions: each review with what happens to it.
        problem: why they can't be stored together, or None.
    """

    additions: tuple[Addition, ...]
    problem: str | None = None

    @property
    def todo(self) -> tuple[Addition, ...]:
        """Those that are not stored yet as they are."""
        return tuple(each for each in self.additions if each.step is not Step.KEEP)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many reviews were stored, and why not all, or None."""

    count: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A review's file: its name, its bytes, and their digest."""

    name: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Load:
    """The engine's state, for the metrics.

    Attributes:
        waiting: questions that wait or are being answered.
        limit: how many may.
        reviews: in the open index.
        passages: in the open index.
        indexed: when that index was written, in seconds since 1970.
        is_stuck: whether reviews have changed that can't be indexed.
    """

    waiting: int
    limit: int
    reviews: int
    passages: int
    indexed: float
    is_stuck: bool


@dataclass(slots=True, eq=False)
class _WaitingQuestion:
    """A question that waits for its turn, and how it was encoded with others.

    Attributes:
        query: the question.
        opened: the library that encoded it, or None.
        encoded: the encoded question, for that library alone.
        seconds: its share of the time that this took.
    """

    query: EngineQuery
    opened: OpenedLibrary | None = None
    encoded: Query | None = None
    seconds: float = 0.0


def page_of(listing: Listing, page: int) -> tuple[int, int, int]:
    """Return the nearest page of a list that there is, its first entry, and the entry after its last, from 0."""
    total = max(len(listing.entries), len(listing.names))
    size = QUOTED_PER_PAGE if any(entry.quotes for entry in listing.entries) else LISTED_PER_PAGE
    page = max(0, min(page, -(-total // size) - 1))
    return page, page * size, min((page + 1) * size, total)


async def _do_nothing() -> None:
    pass


class Engine:
    """Answers questions from the event loop.

    Args:
        data: the data folder.
        library: its opened index.
        queue: questions that may wait or be answered at a time.
        workers: threads that answer them.
        reranker: the reranker, as `Library.open` takes it.
    """

    def __init__(
        self, data: Path, library: Library, *, queue: int, workers: int = ENGINE_WORKERS, reranker: str = SHIPPED
    ) -> None:
        self._data = data
        self._answering = ThreadPoolExecutor(workers, "answering")
        self._reading = ThreadPoolExecutor(1, "reading")
        self._grouping = ThreadPoolExecutor(1, "grouping")
        self._current = CurrentLibrary(data, library, reranker)
        self._updater = IndexUpdater(data, self._current, self._reading)
        self._limit = queue
        self._waiting = 0
        self._accepts_no_more = False
        self._rejects_waiting = False
        self._turn = asyncio.Semaphore(workers)
        # A dict keeps the order in which they came.
        self._not_encoded: dict[_WaitingQuestion, None] = {}
        self.before_each: Callable[[], Awaitable[None]] = _do_nothing
        """Awaited before each question is answered."""

    @classmethod
    def open(cls, data: Path, *, queue: int, workers: int = ENGINE_WORKERS, reranker: str = SHIPPED) -> Self:
        """Open the index, its encoder and the reranker. Call it before there is an event loop: it takes a second.

        Raises:
            IndexMissingError: there is no index yet.
            LibraryError: it can't be read.
        """
        return cls(data, open_library(data, reranker), queue=queue, workers=workers, reranker=reranker)

    @property
    def titles(self) -> Titles:
        """The names of the reviews in the open index."""
        return self._current.opened.titles

    @property
    def load(self) -> Load:
        """The state at this moment."""
        opened = self._current.opened
        entries = [entry for part in opened.library.manifest.collections for entry in part.reviews]
        return Load(
            waiting=self._waiting,
            limit=self._limit,
            reviews=len(entries),
            passages=sum(entry.passages[1] - entry.passages[0] for entry in entries),
            indexed=opened.library.written,
            is_stuck=self._updater.is_stuck,
        )

    async def ask(self, query: EngineQuery) -> Answered:
        """Answer a question.

        Raises:
            BusyError: too many questions are waiting.
            LibraryError: nothing can answer the question.
        """
        start = perf_counter()
        question = _WaitingQuestion(query)
        async with self._place():
            self._not_encoded[question] = None
            try:
                async with self._its_turn():
                    if batch := self._batch_with(question):
                        await self._current.run(self._answering, lambda opened: _encode(opened, batch))
                    return await self._current.run(self._answering, lambda opened: _answer(opened, question, start))
            finally:
                self._not_encoded.pop(question, None)

    async def search(self, query: EngineQuery, k: int) -> Passages:
        """Return the k closest passages. Raises what `ask` raises."""
        async with self._place(), self._its_turn():
            return await self._current.run(self._answering, lambda opened: _search(opened, query, k))

    async def review(self, title: Title) -> Review:
        """Return a review by its title.

        Raises:
            LibraryError: it has been removed.
        """
        return await self._current.run(self._reading, lambda opened: _review(opened.library, title))

    async def section(self, title: Title, name: str) -> tuple[Review, Section]:
        """Return a section of a review by its heading, slug or number. A small mistake in it is corrected.

        Raises:
            LibraryError: there is no such section.
        """

        def find(opened: OpenedLibrary) -> tuple[Review, Section]:
            section = opened.library.section(title.slug, name, collections=(title.collection,))
            return _review(opened.library, title), section

        return await self._current.run(self._reading, find)

    async def reviews(self, collections: Sequence[str], matching: ReviewFilter | None = None) -> tuple[Review, ...]:
        """Return the reviews of these collections: every one, or those that a filter chooses."""
        return await self._current.run(
            self._reading, lambda opened: opened.library.reviews(collections=collections, matching=matching)
        )

    async def heading(self, collections: Sequence[str], matching: ReviewFilter) -> str:
        """Return how a filter is understood, or why no review of these collections matches it."""
        found = await self._current.run(
            self._reading, lambda opened: opened.library.list_reviews(matching, collections=collections)
        )
        return found.heading

    async def plan(self, candidates: Sequence[ConvertedFile], collection: str, *, slug: str | None = None) -> Plan:
        """Return what storing each review does. Nothing is written.

        Args:
            candidates: the reviews.
            collection: where they will belong.
            slug: the slug that a single review is to have, or None.

        Raises:
            ReviewStorageError: the slug belongs to a review of another title, or a stored file can't be read.
        """

        def plan(_: OpenedLibrary) -> Plan:
            additions = plan_additions(self._data, candidates, collection=collection, slug=slug)
            todo = [(each.candidate.content, each.present) for each in additions if each.step is not Step.KEEP]
            try:
                check_room(collection_folder(self._data, collection), todo)
            except ReviewStorageError as error:
                return Plan(additions, str(error))
            return Plan(additions)

        return await self._current.run(self._reading, plan)

    async def store(self, additions: Sequence[Addition], collection: str) -> Stored:
        """Write the files of reviews, one by one up to the first that can't be written. `update_index` indexes them."""

        def write(_: OpenedLibrary) -> Stored:
            count = 0
            try:
                for _file in store_additions(self._data, additions, collection=collection):
                    count += 1
            except ReviewStorageError as error:
                return Stored(count, str(error))
            return Stored(count)

        return await self._current.run(self._reading, write)

    async def stored_file(self, title: Title) -> StoredFile:
        """Return the file of a review.

        Raises:
            ReviewStorageError: it has no Markdown file of its own, or the file can't be read.
        """

        def read(_: OpenedLibrary) -> StoredFile:
            found = find_review_file(self._data, title.collection, title.slug)
            if found is None or found.file.suffix.lower() != ".md":
                stored = f" It is stored as {found.file.name}." if found else ""
                raise ReviewStorageError(
                    f"The review '{title.slug}' has no Markdown file of its own, so it can't be changed here.{stored}"
                )
            try:
                return StoredFile(found.file.name, found.file.read_bytes(), found.digest)
            except OSError as error:
                raise ReviewStorageError(f"The review '{title.slug}' can't be read ({error.strerror}).") from error

        return await self._current.run(self._reading, read)

    async def save_edited(self, review: Review, content: str, *, replaces: str) -> None:
        """Write a review's file in the place of the one that it was made of. `update_index` indexes it.

        Args:
            review: the review in the file, which may have another title than before.
            content: the file.
            replaces: the digest of the file before.

        Raises:
            ReviewStorageError: the file has changed meanwhile, they are too long in all, or the disk refuses.
        """

        def write(_: OpenedLibrary) -> None:
            add_review(self._data, review.collection, review.slug, content, replaces=replaces, renames=True)

        await self._current.run(self._reading, write)

    async def remove_review(self, title: Title) -> None:
        """Delete a review's file. `update_index` takes it out of the index.

        Raises:
            ReviewStorageError: it is gone already, or the disk refuses.
        """
        await self._current.run(self._reading, lambda _: remove_review(self._data, title.collection, title.slug))

    async def gaps(self, questions: Sequence[StoredQuestion]) -> tuple[Gap, ...]:
        """Group the unanswered ones of stored questions, on a thread of their own so that no answer waits for it.

        Args:
            questions: oldest first. Of very many, the latest count.
        """
        latest = questions[-MAX_GROUPED_QUESTIONS:]
        return await self._current.run(
            self._grouping, lambda opened: find_gaps(latest, opened.library.models.encoder.encode)
        )

    async def update_index(self) -> OutdatedReviews:
        """Index changed reviews. Return those that the index still doesn't hold as they are, as `IndexUpdater` does."""
        return await self._updater.update()

    def stop_accepting(self) -> None:
        """Refuse questions from now on. Those that wait are still answered."""
        self._accepts_no_more = True

    def reject_waiting(self) -> None:
        """Refuse the questions that wait as well."""
        self._accepts_no_more = self._rejects_waiting = True

    async def close(self) -> None:
        """Wait for the work in flight, and close the index."""
        for executor in (self._answering, self._reading, self._grouping):
            await asyncio.to_thread(executor.shutdown)
        self._current.opened.library.close()

    def _batch_with(self, question: _WaitingQuestion) -> tuple[_WaitingQuestion, ...]:
        """Return the question and those behind it, to be encoded together. Empty if that gains nothing."""
        if question not in self._not_encoded:
            return ()
        del self._not_encoded[question]
        others = tuple(islice(self._not_encoded, ENCODING_BATCH - 1))
        for each in others:
            del self._not_encoded[each]
        return (question, *others) if others else ()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold one of the queue's places."""
        if self._accepts_no_more or self._waiting >= self._limit:
            raise BusyError("Too many questions are waiting. Ask again in a moment.")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _its_turn(self) -> AsyncIterator[None]:
        """Wait for a turn to use the library."""
        async with self._turn:
            await self.before_each()
            if self._rejects_waiting:
                raise BusyError("The bot is stopping. Ask again in a moment.")
            yield


def _encode(opened: OpenedLibrary, batch: Sequence[_WaitingQuestion]) -> None:
    start = perf_counter()
    asked = [each.query for each in batch]
    turns = [
        QuestionInContext(query.question, query.context, query.collections, _review_to_search(opened, query))
        for query in asked
    ]
    queries = opened.library.encode_queries(turns)
    share = (perf_counter() - start) / len(batch)
    for question, query in zip(batch, queries, strict=True):
        question.opened, question.encoded, question.seconds = opened, query, share


def _answer(opened: OpenedLibrary, question: _WaitingQuestion, start: float) -> Answered:
    query, library = question.query, opened.library
    queued = perf_counter() - start - question.seconds
    slug = _review_to_search(opened, query)
    examined = library.run(
        query.question,
        k=0,
        review=slug,
        context=query.context,
        collections=query.collections,
        query=question.encoded if question.opened is opened else None,
    )
    found = perf_counter()
    answer = examined.answer
    shown: Sequence[Quote | ListedReview] = answer.quotes
    if answer.listing is not None:
        _, first, end = page_of(answer.listing, query.page)
        shown = answer.listing.entries[first:end]
    reviews = _reviews(library, ((each.collection, each.review) for each in shown))
    within = library.review(slug, collections=query.collections) if slug else None
    took = examined.seconds
    took = replace(took, encode=took.encode + question.seconds, quote=took.quote + perf_counter() - found)
    return Answered(answer, reviews, within, queued, took)


def _search(opened: OpenedLibrary, query: EngineQuery, k: int) -> Passages:
    slug = _review_to_search(opened, query)
    hits = opened.library.search(query.question, k, review=slug, context=query.context, collections=query.collections)
    return Passages(hits, _reviews(opened.library, ((hit.collection, hit.review) for hit in hits)))


def _review_to_search(opened: OpenedLibrary, query: EngineQuery) -> str | None:
    """Return the slug of the one review to search, or None for all."""
    if query.review is not None:
        return query.review
    default = query.default_review
    if default is None or opened.titles.by_slug(default, query.collections) is None:
        return None
    library, seen = opened.library, query.collections
    if library.asks_about_collection(query.question, context=query.context, collections=seen):
        return None
    return None if library.names_review(query.question, collections=seen) else default


def _review(library: Library, title: Title) -> Review:
    return library.review(title.slug, collections=(title.collection,))


def _reviews(library: Library, places: Iterable[tuple[str, str]]) -> tuple[Review, ...]:
    return tuple(library.review(slug, collections=(collection,)) for collection, slug in dict.fromkeys(places))
