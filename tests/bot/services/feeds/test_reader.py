"""Reading feeds of a real server on loopback: what is stored, what stays, and what a failure costs."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import FEED_MAX_PAUSE
from bot.services.feeds import reader as reading
from bot.services.feeds.addresses import FeedError
from bot.services.feeds.fetcher import Fetched, Fetcher
from bot.services.feeds.reader import NEEDS_EXTRA, FeedReader, Outcome, next_time
from bot.storage.feeds import FEEDS, Feed, FeedStore
from embeddings import ReviewStorageError
from tests.bot.fixtures.feed_server import HOST, FeedServer, answer, feed_server, is_server
from tests.embeddings.fixtures.feeds import FULL_MARKDOWN, item, rss

HOUR = 3600.0
FIRST = rss(
    item("The Ferryman", key="1"),
    item("The Ferryman", "<p>Another film.</p>", key="2"),
    item("Whales", "<p>They sing.</p>"),
    item("Soon", "<p>He… <a href='/x'>Read more</a></p>", key="4"),
)


@pytest.fixture(scope="module")
def _running() -> Iterator[FeedServer]:
    with feed_server() as server:
        yield server


@pytest.fixture
def server(_running: FeedServer) -> FeedServer:
    _running.answers.clear()
    _running.requests.clear()
    return _running


class Clock:
    """A time that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(tmp_path: Path, clock: Clock) -> FeedReader:
    return FeedReader(tmp_path, Fetcher(is_server), clock)


def add(reader: FeedReader, url: str) -> Outcome:
    return asyncio.run(reader.add(url))


def update(reader: FeedReader, *urls: str) -> list[Outcome]:
    return asyncio.run(reader.update(urls))


def files(data: Path) -> dict[str, str]:
    """Return the text of each review, without its header, by its place under the reviews folder."""
    return {
        path.relative_to(data / "reviews").as_posix(): path.read_text(encoding="utf-8").partition("\n---\n\n")[2]
        for path in sorted((data / "reviews").rglob("*"))
        if path.is_file()
    }


def test_the_entries_of_a_feed_become_reviews_and_follow_its_changes(
    reader: FeedReader, server: FeedServer, tmp_path: Path
) -> None:
    url, folder = server.url("/feed"), tmp_path / "reviews" / "feeds" / "anns-films"
    server.answers["/feed"] = answer(FIRST, ETag='"1"')
    added = add(reader, url)
    assert (added.feed.title, added.feed.name, added.failed) == ("Ann’s Films", "anns-films", False)
    assert added.feed.result == (
        "3 entries with the full text, 3 added, 1 not quoted, because the feed has only a part of the text."
    )
    assert files(tmp_path) == {
        "feeds/anns-films/the-ferryman.md": FULL_MARKDOWN,
        "feeds/anns-films/the-ferryman-2.md": "Another film.\n",
        "feeds/anns-films/whales.md": "They sing.\n",
    }

    server.answers["/feed"] = answer(status=304)
    (unchanged,) = update(reader, url)
    assert (unchanged.changes, unchanged.feed.result) == (None, "Nothing has changed.")
    assert server.requests[-1][1]["if-none-match"] == '"1"'

    # One entry has another text, one was edited by hand, one removed by hand, one is gone, one has its full text now.
    (folder / "the-ferryman-2.md").write_text("By hand.\n", encoding="utf-8")
    (folder / "whales.md").unlink()
    second = rss(
        item("The Ferryman, again", "<p>He rows no more.</p>", key="1"),
        item("The Ferryman", "<p>Another film, seen again.</p>", key="2"),
        item("Whales", "<p>They sing and dance.</p>"),
        item("Soon", "<p>He came.</p>", key="4"),
    )
    server.answers["/feed"] = answer(second)
    (changed,) = update(reader, url)
    assert changed.feed.result == "4 entries with the full text, 1 added, 1 changed, 1 kept as edited by hand."
    assert files(tmp_path) == {
        "feeds/anns-films/the-ferryman.md": "He rows no more.\n",
        "feeds/anns-films/the-ferryman-2.md": "",
        "feeds/anns-films/soon.md": "He came.\n",
    }
    assert (folder / "the-ferryman-2.md").read_text(encoding="utf-8") == "By hand.\n"

    server.answers["/feed"] = answer(rss(item("New", "<p>One.</p>", key="5")))
    (last,) = update(reader, url)
    assert last.feed.result == "1 entry with the full text, 1 added."
    assert len(files(tmp_path)) == 4


def test_a_feed_that_moves_for_good_is_stored_with_its_new_address(
    reader: FeedReader, server: FeedServer, tmp_path: Path
) -> None:
    old, new = server.url("/feed"), server.url("/films.xml")
    server.answers["/feed"] = answer(FIRST, ETag='"1"')
    add(reader, old)
    server.answers |= {"/feed": answer(status=301, Location="/films.xml"), "/films.xml": answer(FIRST, ETag='"2"')}
    (moved,) = update(reader, old)
    assert moved.feed.address == new
    assert moved.feed.result.endswith(" It has moved, and its new address is stored.")
    (feed,) = FeedStore(tmp_path).load().values()
    assert (feed.address, feed.name, feed.etag, len(feed.entries)) == (new, "anns-films", '"2"', 3)
    assert len(files(tmp_path)) == 3
    # It is the same feed, and another that leads there is none of its own.
    with pytest.raises(FeedError, match="is read already"):
        add(reader, old)


def test_a_feed_that_moves_to_another_one_keeps_its_address_and_its_reviews(
    reader: FeedReader, server: FeedServer, tmp_path: Path
) -> None:
    old, new = server.url("/feed"), server.url("/films.xml")
    server.answers |= {"/feed": answer(FIRST), "/films.xml": answer(FIRST)}
    add(reader, old)
    add(reader, new)
    server.answers["/feed"] = answer(status=308, Location="/films.xml")
    (outcome,) = update(reader, old)
    assert (outcome.feed.address, outcome.feed.name) == (old, "anns-films")
    assert [*FeedStore(tmp_path).load()] == [old, new]


def test_no_other_file_is_replaced(reader: FeedReader, server: FeedServer, tmp_path: Path) -> None:
    folder = tmp_path / "reviews" / "feeds" / "anns-films"
    folder.mkdir(parents=True)
    (folder / "whales.md").write_text("Mine.\n", encoding="utf-8")
    outside = tmp_path / "outside.md"
    (folder / "the-ferryman.md").symlink_to(outside)
    server.answers["/feed"] = answer(FIRST)
    add(reader, server.url("/feed"))
    assert (folder / "whales.md").read_text(encoding="utf-8") == "Mine.\n"
    assert {path.name for path in folder.iterdir()} == {
        "the-ferryman.md",
        "the-ferryman-2.md",
        "the-ferryman-3.md",
        "whales.md",
        "whales-2.md",
    }
    assert not outside.exists()


def test_a_feed_that_is_removed_and_added_again_has_each_review_once(
    reader: FeedReader, server: FeedServer, tmp_path: Path
) -> None:
    server.answers["/feed"] = answer(FIRST)
    url = server.url("/feed")
    add(reader, url)
    before = files(tmp_path)
    with FeedStore(tmp_path).changing() as feeds:
        del feeds[url]
    again = add(reader, url)
    assert again.feed.result.startswith("3 entries with the full text, 1 not quoted")
    assert files(tmp_path) == before
    assert len(again.feed.entries) == 3


def test_two_feeds_of_one_title_have_folders_of_their_own(
    reader: FeedReader, server: FeedServer, tmp_path: Path
) -> None:
    server.answers |= {"/a": answer(FIRST), "/b": answer(FIRST), "/c": answer(rss(title=""))}
    names = [add(reader, server.url(path)).feed.name for path in ("/a", "/b", "/c")]
    assert names == ["anns-films", "anns-films-2", "127-0-0-1"]
    assert len(files(tmp_path)) == 6
    with pytest.raises(FeedError, match=r"/a: This feed is read already\."):
        add(reader, server.url("/a"))


def test_a_feed_that_can_not_be_read_is_not_added(reader: FeedReader, server: FeedServer, tmp_path: Path) -> None:
    server.answers["/page"] = answer(b"<html><p>Hi</p></html>")
    for path, reason in (("/gone", r"The server answers with status 404\."), ("/page", r"^This is not a feed\.")):
        with pytest.raises(Exception, match=reason):
            add(reader, server.url(path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_failing_feed_stops_no_other_and_waits_longer_each_time(
    reader: FeedReader, server: FeedServer, tmp_path: Path, clock: Clock
) -> None:
    server.answers |= {"/a": answer(FIRST), "/b": answer(rss(item("B", key="1"), title="B"))}
    urls = [server.url("/a"), server.url("/b")]
    for url in urls:
        add(reader, url)
    before = files(tmp_path)
    server.answers["/a"] = answer(status=503, Retry_After="7200")
    failed, other = update(reader, *urls)
    assert (failed.failed, failed.feed.result) == (True, f"{HOST}: The server answers with status 503.")
    assert not other.failed
    assert next_time(failed.feed, HOUR) == clock.now + 2 * HOUR
    assert next_time(failed.feed, HOUR / 4) == clock.now + 7200
    server.answers["/a"] = answer(b"<html></html>")
    (failed,) = update(reader, urls[0])
    assert failed.feed.failures == 2
    assert next_time(failed.feed, HOUR) == clock.now + 4 * HOUR
    assert next_time(Feed("x", "x", read=0, failures=99), HOUR) == FEED_MAX_PAUSE
    assert next_time(Feed("x", "x", read=0, failures=99), 9 * FEED_MAX_PAUSE) == 9 * FEED_MAX_PAUSE
    assert files(tmp_path) == before
    server.answers["/a"] = answer(FIRST)
    (healed,) = update(reader, urls[0])
    assert (healed.failed, healed.feed.result[:9]) == (False, "3 entries")


def test_a_full_disk_is_a_failure_and_the_feed_is_read_again_in_full(
    reader: FeedReader, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url("/feed")
    server.answers["/feed"] = answer(rss(item("A", key="1")))
    add(reader, url)

    def full(*_: object) -> None:
        raise ReviewStorageError("The disk is full.")

    server.answers["/feed"] = answer(rss(item("B", key="2")), ETag='"2"')
    with monkeypatch.context() as patched:
        patched.setattr(reading, "store_entries", full)
        (failed,) = update(reader, url)
    assert (failed.feed.result, failed.feed.etag) == ("The disk is full.", "")
    (healed,) = update(reader, url)
    assert healed.feed.result == "1 entry with the full text, 1 added."


def test_no_failure_of_one_feed_keeps_another_from_being_read(tmp_path: Path, server: FeedServer) -> None:
    urls = [server.url("/a"), server.url("/b")]
    server.answers |= dict.fromkeys(("/a", "/b"), answer(FIRST))
    fetch = Fetcher(is_server)
    for url in urls:
        add(FeedReader(tmp_path, fetch), url)

    async def broken(address: str, *, etag: str = "", modified: str = "") -> Fetched | None:
        if address == urls[0]:
            raise MemoryError
        return await fetch(address, etag=etag, modified=modified)

    failed, other = update(FeedReader(tmp_path, broken), *urls)
    assert (failed.feed.result, other.failed) == ("Reading it failed unexpectedly (MemoryError).", False)


def test_a_feed_that_is_removed_while_it_is_read_stays_removed(tmp_path: Path, server: FeedServer) -> None:
    url = server.url("/feed")
    server.answers["/feed"] = answer(FIRST)
    fetch = Fetcher(is_server)
    add(FeedReader(tmp_path, fetch), url)

    async def remove_meanwhile(address: str, *, etag: str = "", modified: str = "") -> Fetched | None:
        with FeedStore(tmp_path).changing() as feeds:
            del feeds[address]
        return await fetch(address, etag=etag, modified=modified)

    assert update(FeedReader(tmp_path, remove_meanwhile), url) == []
    assert FeedStore(tmp_path).load() == {}


def test_without_the_extra_no_connection_is_made(
    reader: FeedReader, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(FeedError) as refused:
        add(reader, server.url("/feed"))
    assert (str(refused.value), server.requests) == (NEEDS_EXTRA, [])


def follow(reader: FeedReader, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the running bot look at its feeds so many times."""
    left = times

    async def pause(_: float) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", pause)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(reader.follow(HOUR))


def test_a_running_bot_reads_each_feed_when_it_is_due_and_logs_a_failure_once(
    reader: FeedReader,
    server: FeedServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "bot.services.feeds")
    server.answers["/feed"] = answer(FIRST)
    follow(reader, monkeypatch, 2)
    assert (server.requests, caplog.messages) == ([], [])
    add(reader, server.url("/feed"))
    follow(reader, monkeypatch, 3)
    assert len(server.requests) == 1
    clock.now += HOUR
    server.answers["/feed"] = answer(rss(item("New", "<p>One.</p>", key="9")))
    follow(reader, monkeypatch, 3)
    assert len(server.requests) == 2
    clock.now += HOUR
    server.answers.clear()
    follow(reader, monkeypatch, 3)
    assert caplog.messages == [
        "The feed anns-films: 1 entry with the full text, 1 added.",
        f"The feed anns-films: {HOST}: The server answers with status 404. It is tried again at 1970-01-12 17:46 UTC.",
    ]


def test_a_list_of_feeds_that_can_not_be_read_is_logged_once_and_stops_nothing(
    reader: FeedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FEEDS).write_text("no", encoding="utf-8")
    follow(reader, monkeypatch, 3)
    (message,) = caplog.messages
    assert message.startswith(f"can't read the feeds: {tmp_path / FEEDS}: This is not a list of feeds.")
