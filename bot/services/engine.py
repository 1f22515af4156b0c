"""The one way from the event loop into the library: executors, a bounded queue, a changed index reopened.

No other module of the bot touches `Library`. The bot only reads the index; reviews that have changed are indexed by a
process of its own (`python -m bot index`), so that PyTorch is never loaded here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Self, TypeVar

from bot.config import ENCODING_BATCH, ENGINE_WORKERS, MAX_GROUPED_QUESTIONS
from bot.services.gaps import Gap, find_gaps
from bot.services.index_updater import Outdated, Stamps, review_file_stamps, run_indexer
from bot.services.opened_library import OpenedLibrary, open_library
from bot.services.titles import Title, Titles
from bot.storage.records import StoredQuestion
from embeddings import (
    MANIFEST_FILE,
    SHARED,
    SHIPPED,
    Answer,
    Hit,
    Library,
    LibraryError,
    Manifest,
    Query,
    QuestionInContext,
    Review,
    Section,
    StageSeconds,
    add_review,
    find_review_file,
    outdated_reviews,
    remove_review,
)

_log = logging.getLogger(__name__)


T = TypeVar("T")


class BusyError(LibraryError):
    """As many questions are waiting as may wait: ask again in a moment."""


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """A question, and where its answer may be looked for.

    Attributes:
        question: as a person typed it.
        review: the slug of the review that the asker chose, or None.
        default_review: the slug of the review that is meant unless the question itself names another.
        context: the earlier questions of the conversation, oldest first.
        collections: what the asker may see.
    """

    question: str
    review: str | None = None
    default_review: str | None = None
    context: tuple[str, ...] = ()
    collections: tuple[str, ...] = (SHARED,)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, with the reviews that it quotes. Two are equal that found the same, however long it took.

    Attributes:
        answer: what was found.
        reviews: those that it quotes.
        within: the review that was kept to, or None.
        queued: seconds that the question waited for its turn.
        took: how long the library was at it.
    """

    answer: Answer
    reviews: tuple[Review, ...]
    within: Review | None
    queued: float = field(compare=False)
    took: StageSeconds = field(compare=False)

    @property
    def about(self) -> str | None:
        """The slug of the one review that the answer is about, or None where there are several or none."""
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
class Load:
    """What the engine holds, and what it has to do.

    Attributes:
        waiting: questions that wait for their turn, or have it.
        room: how many may.
        reviews: in the index that is open.
        passages: in the index that is open.
        indexed: when that index was written, in seconds since 1970.
        stuck: whether reviews have changed that can't be indexed.
    """

    waiting: int
    room: int
    reviews: int
    passages: int
    indexed: float
    stuck: bool


async def _at_once() -> None:
    pass


@dataclass(slots=True, eq=False)
class _Waiting:
    """A question that waits for its turn; `asked` is what the library that was open then made of it.

    Attributes:
        query: the question.
        opened: the library that encoded it, or None where none has.
        asked: what that library understood.
        encoding: its share of the seconds that this took.
    """

    query: EngineQuery
    opened: OpenedLibrary | None = None
    asked: Query | None = None
    encoding: float = 0.0

    def by(self, opened: OpenedLibrary) -> Query | None:
        """What that library understood of it, or None."""
        return self.asked if self.opened is opened else None


class Engine:
    """The library, asked from the event loop.

    Args:
        data: the data directory.
        library: its opened index.
        queue: questions that may be waiting or under way at the same time.
        workers: threads that answer them.
        reranker: what reads the closest sentences again, as `Library.open` takes it.
    """

    def __init__(
        self, data: Path, library: Library, *, queue: int, workers: int = ENGINE_WORKERS, reranker: str = SHIPPED
    ) -> None:
        self._data = data
        self._reader = reranker
        self._opened = OpenedLibrary(library)
        self._room = queue
        self._waiting = 0
        self._accepts_no_more = False
        self._rejects_waiting = False
        self._turn = asyncio.Semaphore(workers)
        # In the order in which they came, as a dict has them.
        self._not_encoded: dict[_Waiting, None] = {}
        self._asking = ThreadPoolExecutor(workers, "asking")
        self._reading = ThreadPoolExecutor(1, "reading")
        self._grouping = ThreadPoolExecutor(1, "grouping")
        self._tried_at: Stamps = ()
        self._stuck = False
        self._keeping_up = asyncio.Lock()
        self.before_each: Callable[[], Awaitable[None]] = _at_once
        """Awaited before the library starts on a question."""

    @classmethod
    def open(cls, data: Path, *, queue: int, workers: int = ENGINE_WORKERS, reranker: str = SHIPPED) -> Self:
        """Open the index, its encoder and the reranker. This takes a second: call it before there is an event loop.

        Raises:
            IndexMissingError: there is no index yet.
            LibraryError: it can't be read.
        """
        return cls(data, open_library(data, reranker), queue=queue, workers=workers, reranker=reranker)

    @property
    def titles(self) -> Titles:
        """The names of the reviews, as the index that is open now has them."""
        return self._opened.titles

    @property
    def load(self) -> Load:
        """What there is, and what there is to do, at this moment."""
        entries = [entry for part in self._opened.library.manifest.collections for entry in part.reviews]
        return Load(
            waiting=self._waiting,
            room=self._room,
            reviews=len(entries),
            passages=sum(entry.passages[1] - entry.passages[0] for entry in entries),
            indexed=self._opened.written,
            stuck=self._stuck,
        )

    async def ask(self, query: EngineQuery) -> Answered:
        """Answer a question.

        Raises:
            BusyError: too many are waiting.
            LibraryError: the question can't be answered by anything.
        """
        came = perf_counter()
        waiting = _Waiting(query)
        async with self._place():
            self._not_encoded[waiting] = None
            try:
                async with self._a_turn():
                    if together := self._to_encode_with(waiting):
                        await self._run(self._asking, lambda opened: _understand(opened, together))
                    return await self._run(self._asking, lambda opened: _ask(opened, waiting, came))
            finally:
                self._not_encoded.pop(waiting, None)

    async def search(self, query: EngineQuery, k: int) -> Passages:
        """The k closest passages. Errors are those of `ask`."""
        async with self._place(), self._a_turn():
            return await self._run(self._asking, lambda opened: _search(opened, query, k))

    async def review(self, title: Title) -> Review:
        """A review by its title.

        Raises:
            LibraryError: it was taken out meanwhile.
        """
        return await self._run(
            self._reading, lambda opened: opened.library.review(title.slug, collections=(title.collection,))
        )

    async def section(self, title: Title, name: str) -> tuple[Review, Section]:
        """A section of a review, by heading, slug, number, or a near miss of these.

        Raises:
            LibraryError: there is none.
        """

        def find(opened: OpenedLibrary) -> tuple[Review, Section]:
            review = opened.library.review(title.slug, collections=(title.collection,))
            return review, opened.library.section(title.slug, name, collections=(title.collection,))

        return await self._run(self._reading, find)

    async def reviews(self, collections: Sequence[str]) -> tuple[Review, ...]:
        """Every review that the asker sees."""
        return await self._run(self._reading, lambda opened: opened.library.reviews(collections=collections))

    async def review_digest(self, collection: str, slug: str) -> str | None:
        """The digest of a review's file as it stands, indexed or not; None where there is none.

        Raises:
            ReviewKeptError: it can't be read.
        """
        kept = await self._run(self._reading, lambda _: find_review_file(self._data, collection, slug))
        return kept.digest if kept else None

    async def add_review(self, review: Review, content: str, *, replaces: str | None) -> None:
        """Write a review's file; `update_index` indexes it.

        Args:
            review: what the file says; its slug and collection name its place.
            content: the file.
            replaces: the digest of the file that it is to replace, or None.

        Raises:
            ReviewKeptError: another file stands there than was expected, there are too many, or the disk refuses.
        """

        def write(_: OpenedLibrary) -> None:
            add_review(self._data, review.collection, review.slug, content, replaces=replaces)

        await self._run(self._reading, write)

    async def remove_review(self, title: Title) -> None:
        """Delete a review's file; `update_index` takes it out of the index.

        Raises:
            ReviewKeptError: it is gone already, or the disk refuses.
        """
        await self._run(self._reading, lambda _: remove_review(self._data, title.collection, title.slug))

    async def gaps(self, questions: Sequence[StoredQuestion]) -> tuple[Gap, ...]:
        """What was asked in vain, grouped by likeness; of very many questions the latest. Nobody's answer waits for it.

        Args:
            questions: those that are kept, the oldest first.
        """
        latest = questions[-MAX_GROUPED_QUESTIONS:]
        return await self._run(self._grouping, lambda opened: find_gaps(latest, opened.library.encoder.encode))

    async def update_index(self) -> Outdated:
        """Index what has changed, in a process of its own, and reopen an index that is no longer the one open.

        What can't be indexed is logged once and left until anything changes again. A file that can't be read leaves the
        old index to go on answering; if it is a server's own, it is left out instead, for no server waits for another.

        Returns:
            The reviews that can't be asked as they stand.
        """
        async with self._keeping_up:
            changed, stamps = await self._run(self._reading, self._look)
            if not changed:
                self._tried_at = ()
            elif stamps != self._tried_at:
                _log.info("changed reviews: %s; indexing", ", ".join(sorted({slug for _, slug in changed})))
                self._tried_at = stamps
                problem, notes = await run_indexer(self._data)
                for note in notes:
                    _log.warning("indexing: %s", note)
                if problem:
                    _log.warning("the index stays as it was: %s", problem)
            await self._reopen_if_changed()
            if changed:
                changed, stamps = await self._run(self._reading, self._look)
            # What was saved meanwhile has not been tried yet.
            self._stuck = bool(changed) and stamps == self._tried_at
            return changed

    def stop_accepting(self) -> None:
        """Tell whoever asks from now on that it is busy; those who are waiting are answered."""
        self._accepts_no_more = True

    def reject_waiting(self) -> None:
        """Tell those who are waiting the same."""
        self._accepts_no_more = self._rejects_waiting = True

    async def close(self) -> None:
        """Wait for what is under way, and let go of the index."""
        for executor in (self._asking, self._reading, self._grouping):
            await asyncio.to_thread(executor.shutdown)
        self._opened.library.close()

    def _look(self, opened: OpenedLibrary) -> tuple[Outdated, Stamps]:
        return outdated_reviews(self._data, opened.library.manifest), review_file_stamps(self._data)

    async def _reopen_if_changed(self) -> None:
        def reopened(opened: OpenedLibrary) -> OpenedLibrary | None:
            # An index that was damaged and built again says of itself what it said before.
            directory = opened.library.directory
            same = Manifest.open(directory) == opened.library.manifest
            if same and (directory / MANIFEST_FILE).stat().st_mtime == opened.written:
                return None
            return OpenedLibrary(open_library(self._data, self._reader))

        try:
            fresh = await self._run(self._reading, reopened)
        except LibraryError as error:
            _log.warning("the changed index can't be opened: %s", error)
            return
        if fresh is not None:
            before, self._opened = self._opened, fresh
            before.replaced = True
            before.close_if_done()
            _log.info("the index has been opened anew")

    def _to_encode_with(self, waiting: _Waiting) -> tuple[_Waiting, ...]:
        """The question and those behind it, where none has encoded it and there are any."""
        if waiting not in self._not_encoded:
            return ()
        del self._not_encoded[waiting]
        others = tuple(islice(self._not_encoded, ENCODING_BATCH - 1))
        for each in others:
            del self._not_encoded[each]
        return (waiting, *others) if others else ()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places for those that wait."""
        if self._accepts_no_more or self._waiting >= self._room:
            raise BusyError("too many questions are waiting; ask again in a moment")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _a_turn(self) -> AsyncIterator[None]:
        """A turn at asking the library, when it comes."""
        async with self._turn:
            await self.before_each()
            if self._rejects_waiting:
                raise BusyError("the bot is being stopped; ask again in a moment")
            yield

    async def _run(self, executor: ThreadPoolExecutor, work: Callable[[OpenedLibrary], T]) -> T:
        opened = self._opened
        opened.calls += 1
        loop = asyncio.get_running_loop()

        def left(_: Future[T]) -> None:
            # By the worker's end, not the waiter's: a waiter that gives up leaves its work running.
            loop.call_soon_threadsafe(opened.leave)

        future = executor.submit(work, opened)
        future.add_done_callback(left)
        return await asyncio.wrap_future(future)


def _understand(opened: OpenedLibrary, together: Sequence[_Waiting]) -> None:
    begun = perf_counter()
    turns = [QuestionInContext(each.query.question, each.query.context, each.query.collections) for each in together]
    understood = opened.library.encode_queries(turns)
    share = (perf_counter() - begun) / len(together)
    for waiting, asked in zip(together, understood, strict=True):
        waiting.opened, waiting.asked, waiting.encoding = opened, asked, share


def _ask(opened: OpenedLibrary, waiting: _Waiting, came: float) -> Answered:
    query = waiting.query
    queued = perf_counter() - came - waiting.encoding
    slug = _kept_to(opened, query)
    library = opened.library
    examined = library.examine(
        query.question,
        k=0,
        review=slug,
        context=query.context,
        collections=query.collections,
        asked=waiting.by(opened),
    )
    found = perf_counter()
    answer = examined.answer
    reviews = _reviews(library, ((quote.collection, quote.review) for quote in answer.quotes))
    within = library.review(slug, collections=query.collections) if slug else None
    took = examined.took
    took = replace(took, encode=took.encode + waiting.encoding, quote=took.quote + perf_counter() - found)
    return Answered(answer, reviews, within, queued, took)


def _search(opened: OpenedLibrary, query: EngineQuery, k: int) -> Passages:
    slug = _kept_to(opened, query)
    hits = opened.library.search(query.question, k, review=slug, context=query.context, collections=query.collections)
    return Passages(hits, _reviews(opened.library, ((hit.collection, hit.review) for hit in hits)))


def _kept_to(opened: OpenedLibrary, query: EngineQuery) -> str | None:
    if query.review is not None:
        return query.review
    if query.default_review is None or opened.titles.by_slug(query.default_review, query.collections) is None:
        return None
    return None if opened.titles.is_named(query.question, query.collections) else query.default_review


def _reviews(library: Library, places: Iterable[tuple[str, str]]) -> tuple[Review, ...]:
    return tuple(library.review(slug, collections=(collection,)) for collection, slug in dict.fromkeys(places))
