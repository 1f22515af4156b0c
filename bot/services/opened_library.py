"""The library that is open: its titles, the calls that use it, and a newer index opened in its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar

from bot.services.titles import Titles
from embeddings import Library, LibraryError

_log = logging.getLogger(__name__)

T = TypeVar("T")


class OpenedLibrary:
    """A library with the titles of its reviews. Once it is replaced, it closes after the last call that uses it.

    Attributes:
        library: the library.
        titles: the names of its reviews.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        collections = tuple(entry.name for entry in library.manifest.collections)
        self.titles = Titles(library.reviews(collections=collections))
        self._calls = 0
        self._replaced = False

    def enter(self) -> None:
        """Count a call that uses the library."""
        self._calls += 1

    def leave(self) -> None:
        """Count the end of a call."""
        self._calls -= 1
        self._close_if_unused()

    def replace(self) -> None:
        """Take no more calls."""
        self._replaced = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._replaced and self._calls == 0:
            self.library.close()


class CurrentLibrary:
    """The one opened library that new calls use.

    Args:
        data: the data folder.
        library: its opened index.
        reranker: the reranker, as `Library.open` takes it.

    Attributes:
        opened: the library as it is open now.
    """

    def __init__(self, data: Path, library: Library, reranker: str) -> None:
        self._data = data
        self._reranker = reranker
        self.opened = OpenedLibrary(library)

    async def run(self, executor: Executor, work: Callable[[OpenedLibrary], T]) -> T:
        """Call a function on a thread with the library, which stays open until the function returns."""
        opened = self.opened
        opened.enter()
        loop = asyncio.get_running_loop()
        future = executor.submit(work, opened)
        # At the end of the work, not of the waiting: a caller that is cancelled leaves its work running.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(opened.leave))
        return await asyncio.wrap_future(future)

    async def reopen_if_outdated(self, executor: Executor) -> None:
        """Open the index again if another has been written. One that can't be opened is logged."""

        def reopen(opened: OpenedLibrary) -> OpenedLibrary | None:
            return OpenedLibrary(open_library(self._data, self._reranker)) if opened.library.is_replaced() else None

        try:
            reopened = await self.run(executor, reopen)
        except LibraryError as error:
            _log.warning("The changed index can't be opened: %s", error)
            return
        if reopened is not None:
            replaced, self.opened = self.opened, reopened
            replaced.replace()
            _log.info("The changed index is open")


def open_library(data: Path, reranker: str) -> Library:
    """Open the index, its encoder and the reranker. A reranker that can't be opened is logged.

    Raises:
        IndexMissingError: there is no index yet.
        LibraryError: it can't be read.
    """
    library = Library.open(data, reranker=reranker)
    # A damaged encoder is found at once, too.
    library.warm_up()
    if library.models.reranker_problem is not None:
        _log.warning("Answering without the reranker: %s", library.models.reranker_problem)
    return library
