"""Read feeds: add one, read those that are due, and remember how it went."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.config import FEED_CHECK_INTERVAL, FEED_MAX_PAUSE, MAX_FEEDS
from bot.services.feeds.addresses import FeedError, check_address
from bot.services.feeds.entries import Changes, feed_folder, store_entries
from bot.services.feeds.fetcher import Fetch, Fetched, Fetcher
from bot.storage.feeds import Feed, FeedStore
from embeddings import ConvertedFeed, LibraryError, convert_feed_in_sandbox, has_extra, slugify

_log = logging.getLogger(__name__)

NEEDS_EXTRA = "Reading feeds needs the extra 'import'. Run `pip install '.[import]'` in the clone of review-bot."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading a feed went.

    Attributes:
        feed: the feed as it is stored now.
        changes: what became of its entries; None if it could not be read or is as it was.
    """

    feed: Feed
    changes: Changes | None = None

    @property
    def failed(self) -> bool:
        """Whether it could not be read."""
        return self.feed.failures > 0


class FeedReader:
    """Reads the feeds of a data folder.

    Args:
        data: the data folder.
        fetch: fetches a feed. Tests name one that may read from this machine.
        now: the time in seconds since 1970.
    """

    def __init__(self, data: Path, fetch: Fetch | None = None, now: Callable[[], float] = time.time) -> None:
        self._data = data
        self._store = FeedStore(data)
        self._fetch = fetch or Fetcher()
        self._now = now
        self._problem = ""

    async def add(self, text: str) -> Outcome:
        """Read a feed for the first time and store it with its reviews.

        Raises:
            LibraryError: it can't be read, is stored already, or there are too many. Nothing is stored.
        """
        address = str(check_address(text))
        _check_new(await asyncio.to_thread(self._store.load), address)
        fetched = await self._fetched(address)
        if fetched is not None and fetched.moved:
            # The address that was given may not even last until the next reading.
            address, fetched = fetched.moved, replace(fetched, moved="")
        converted = await _converted(fetched)

        def store() -> Outcome:
            with self._store.changing() as feeds:
                _check_new(feeds, address)
                name = _free_name(converted, address, (feed.name for feed in feeds.values()))
                return self._stored(feeds, Feed(address, name), fetched, converted)

        return await asyncio.to_thread(store)

    async def update(self, addresses: Iterable[str]) -> list[Outcome]:
        """Read feeds again, one after the other. One that can't be read stops no other.

        Raises:
            StorageError: the list of feeds can't be read or written.
        """
        return [outcome for address in addresses if (outcome := await self._update(address)) is not None]

    async def follow(self, interval: float) -> None:
        """Read each feed whenever it is due, forever. Without a feed nothing is ever looked up or connected to.

        Args:
            interval: seconds between two readings of a feed.
        """
        while True:
            try:
                feeds = await asyncio.to_thread(self._store.load)
                for outcome in await self.update(
                    feed.address for feed in feeds.values() if next_time(feed, interval) <= self._now()
                ):
                    _report(outcome, interval)
                self._problem = ""
            except Exception as error:  # noqa: BLE001  # raised, it would end all readings until a restart
                problem = str(error) if isinstance(error, LibraryError) else repr(error)
                if problem != self._problem:
                    _log.warning("can't read the feeds: %s", problem)
                self._problem = problem
            await asyncio.sleep(FEED_CHECK_INTERVAL)

    async def _update(self, address: str) -> Outcome | None:
        """Read a feed again. Return None if it was removed meanwhile."""
        feed = (await asyncio.to_thread(self._store.load)).get(address)
        if feed is None:
            return None
        try:
            fetched = await self._fetched(address, etag=feed.etag, modified=feed.modified)
            converted = await _converted(fetched)
        except LibraryError as error:
            reason, wait = str(error), error.wait if isinstance(error, FeedError) else 0
            return await asyncio.to_thread(self._failed, address, reason, wait)
        except Exception as error:  # noqa: BLE001  # whatever one feed does, the others are read
            reason = f"Reading it failed unexpectedly ({type(error).__name__})."
            return await asyncio.to_thread(self._failed, address, reason, 0)

        def store() -> Outcome | None:
            with self._store.changing() as feeds:
                current = feeds.get(address)
                return None if current is None else self._stored(feeds, current, fetched, converted)

        try:
            return await asyncio.to_thread(store)
        except LibraryError as error:
            return await asyncio.to_thread(self._failed, address, str(error), 0)

    async def _fetched(self, address: str, *, etag: str = "", modified: str = "") -> Fetched | None:
        if not has_extra("feedparser"):
            raise FeedError(NEEDS_EXTRA)
        return await self._fetch(address, etag=etag, modified=modified)

    def _stored(
        self, feeds: dict[str, Feed], feed: Feed, fetched: Fetched | None, converted: ConvertedFeed | None
    ) -> Outcome:
        """Store what a feed became, its reviews first, so that they are not lost if this is interrupted."""
        read = replace(feed, read=int(self._now()), failures=0, not_before=0)
        if fetched is None or converted is None:
            feeds[feed.address] = replace(read, result="Nothing has changed.")
            return Outcome(feeds[feed.address])
        # Not if another feed is there already: each keeps its own reviews.
        is_moved = bool(fetched.moved) and fetched.moved not in feeds
        address = fetched.moved if is_moved else feed.address
        changes = store_entries(feed_folder(self._data, feed.name), feed.entries, converted.entries)
        if is_moved:
            feeds.pop(feed.address, None)
        feeds[address] = replace(
            read,
            address=address,
            title=converted.title,
            etag=fetched.etag,
            modified=fetched.modified,
            result=describe(changes, converted) + (" It has moved, and its new address is stored." if is_moved else ""),
            entries=changes.entries,
        )
        return Outcome(feeds[address], changes)

    def _failed(self, address: str, reason: str, wait: int) -> Outcome | None:
        now = int(self._now())
        with self._store.changing() as feeds:
            feed = feeds.get(address)
            if feed is None:
                return None
            feeds[address] = replace(
                feed, read=now, failures=feed.failures + 1, not_before=now + wait if wait else 0, result=reason
            )
            return Outcome(feeds[address])


def next_time(feed: Feed, interval: float) -> float:
    """Return when a feed is due, in seconds since 1970. After each failure it waits twice as long, up to a day."""
    pause = min(interval * 2.0 ** min(feed.failures, 20), max(interval, FEED_MAX_PAUSE))
    return max(feed.read + pause, float(feed.not_before))


def describe(changes: Changes, converted: ConvertedFeed) -> str:
    """Return what became of a feed's entries, in a sentence."""
    parts = [f"{_counted(len(converted.entries), 'entry')} with the full text"]
    parts += [f"{changes.added} added"] if changes.added else []
    parts += [f"{changes.changed} changed"] if changes.changed else []
    parts += [f"{changes.edited} kept as edited by hand"] if changes.edited else []
    parts += (
        [f"{converted.excerpts} not quoted, because the feed has only a part of the text"] if converted.excerpts else []
    )
    parts += [f"{len(converted.left_out)} left out ({converted.left_out[0]})"] if converted.left_out else []
    return f"{', '.join(parts)}."


def _check_new(feeds: dict[str, Feed], address: str) -> None:
    if address in feeds:
        raise FeedError(f"{address}: This feed is read already. To read it now, run `review-bot feed update`.")
    if len(feeds) >= MAX_FEEDS:
        raise FeedError(f"There are already {MAX_FEEDS} feeds, the limit. Remove one first.")


async def _converted(fetched: Fetched | None) -> ConvertedFeed | None:
    if fetched is None:
        return None
    return await asyncio.to_thread(convert_feed_in_sandbox, fetched.content, fetched.address, fetched.content_type)


def _free_name(converted: ConvertedFeed | None, address: str, taken: Iterable[str]) -> str:
    """Return a name for a feed's folder: its title in short form, or its host."""
    host = slugify(check_address(address).host or "")
    wanted = (converted.name if converted else "") or host or "feed"
    names = {*taken}
    numbered = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, MAX_FEEDS + 2))
    return next(name for name in numbered if name not in names)


def _report(outcome: Outcome, interval: float) -> None:
    """Log how reading a feed went, by its name: an address may hold a key."""
    feed = outcome.feed
    if outcome.failed:
        again = datetime.fromtimestamp(next_time(feed, interval), UTC)
        _log.warning("The feed %s: %s It is tried again at %s.", feed.name, feed.result, f"{again:%Y-%m-%d %H:%M} UTC")
    elif outcome.changes is not None and (outcome.changes.added or outcome.changes.changed or outcome.changes.edited):
        _log.info("The feed %s: %s", feed.name, feed.result)


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun.removesuffix('y')}ies"
