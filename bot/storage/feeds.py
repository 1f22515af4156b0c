"""The feeds that are read for reviews: `feeds.json` in the data folder, which a person can read and a backup holds.

It is a file and not a table: the terminal and a running bot both change it, it holds nothing about people, and an
earlier version of the program can still use the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.config import FEED_LOCK_WAIT
from bot.storage.records import StorageError
from embeddings import write_output, written_by_us

FEEDS = "feeds.json"
"""The file's name in the data folder."""

LOCK = "feeds.lock"
"""Locked while the feeds change. Its content and whether it exists mean nothing."""

_NAME = re.compile(r"[^./\\][^/\\]{0,254}")
"""The name of a file or folder that leads nowhere else."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """The review of a feed's entry.

    Attributes:
        file: the name of its file in the feed's folder.
        digest: the SHA-256 (hex) of the file as the program wrote it.
    """

    file: str
    digest: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, and how it was read last.

    Attributes:
        address: where it is.
        name: the name of its folder of reviews.
        title: its own title, or "".
        etag: the `ETag` of the last answer, or "".
        modified: the `Last-Modified` of the last answer, or "".
        read: when it was last asked for, in seconds since 1970.
        failures: how often it could not be read since it was last read.
        not_before: when it may be asked for again, in seconds since 1970: what its server demands.
        result: how that went, in a sentence.
        entries: the reviews of its entries, by the entries' keys.
    """

    address: str
    name: str
    title: str = ""
    etag: str = ""
    modified: str = ""
    read: int = 0
    failures: int = 0
    not_before: int = 0
    result: str = ""
    entries: Mapping[str, StoredEntry] = field(default_factory=dict)


class FeedStore:
    """The feeds of a data folder, by address.

    Raises:
        StorageError: the file can't be read or written. Every call raises it.
    """

    def __init__(self, data: Path) -> None:
        self._file = data / FEEDS
        self._lock = data / LOCK

    def load(self) -> dict[str, Feed]:
        """Return the feeds in the order in which they were added."""
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(f"{self._file}: The file can't be read ({error.strerror}).") from error
        # Here, because every command imports the names of the data folder's files, and few folders have feeds.
        from pydantic import TypeAdapter

        try:
            feeds = TypeAdapter(list[Feed]).validate_python(json.loads(content)["feeds"])
            if not all(_NAME.fullmatch(name) for feed in feeds for name in _names(feed)):
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StorageError(
                f"{self._file}: This is not a list of feeds. Restore it from a backup, or remove it and add the feeds "
                "again."
            ) from None
        return {feed.address: feed for feed in feeds}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Feed]]:
        """Hold the feeds while they change, and write them when the block ends without an error.

        No other process changes them meanwhile. Never wait for anything else within.
        """
        # Imported here because it imports asyncio, and reading needs no lock.
        import filelock

        lock = filelock.FileLock(self._lock, mode=0o600)
        try:
            lock.acquire(timeout=FEED_LOCK_WAIT)
        except filelock.Timeout:
            raise StorageError(f"{self._lock}: Another process changes the feeds. Try again in a moment.") from None
        except OSError as error:
            raise StorageError(f"{self._lock}: The feeds can't be locked ({error.strerror}).") from error
        try:
            feeds = self.load()
            before = dict(feeds)
            yield feeds
            if feeds != before:
                self._save(feeds)
        finally:
            lock.release()

    def _save(self, feeds: Mapping[str, Feed]) -> None:
        content = json.dumps({"feeds": [asdict(feed) for feed in feeds.values()]}, ensure_ascii=False, indent=1)
        try:
            # An address may hold a key, so nobody else reads it.
            write_output(self._file, content, written_by_us, mode=0o600)
        except OSError as error:
            raise StorageError(f"{self._file}: The file can't be written ({error.strerror}).") from error


def _names(feed: Feed) -> tuple[str, ...]:
    return feed.name, *(entry.file for entry in feed.entries.values())
