"""The list of feeds: private, changed by one process at a time, and refused in a line if it is no list of feeds."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import filelock
import pytest

from bot.storage import feeds as storage
from bot.storage.backup import back_up
from bot.storage.feeds import FEEDS, LOCK, Feed, FeedStore, StoredEntry
from bot.storage.records import StorageError
from bot.storage.restore import restore
from tests.project import needs_modes

FEED = Feed(
    "https://films.example.org/feed?key=ü",
    "anns-films",
    title="Ann’s Films",
    etag='"1"',
    modified="Mon, 30 Nov 2026 10:00:00 GMT",
    read=7,
    failures=1,
    not_before=9,
    result="2 entries.",
    entries={"ab": StoredEntry("the-ferryman.md", "cd")},
)
OTHER = Feed("https://other.example.org/feed", "other")


def test_feeds_are_stored_in_their_order_with_everything_about_them(tmp_path: Path) -> None:
    store = FeedStore(tmp_path)
    assert store.load() == {}
    with store.changing() as feeds:
        feeds |= {feed.address: feed for feed in (FEED, OTHER)}
    assert list(FeedStore(tmp_path).load().values()) == [FEED, OTHER]
    with store.changing() as feeds:
        del feeds[FEED.address]
    assert list(store.load().values()) == [OTHER]


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = FeedStore(tmp_path)
    with pytest.raises(TypeError), store.changing() as feeds:
        feeds.update({FEED.address: FEED}, *[None] * 2)
    assert store.load() == {}
    with store.changing():
        pass
    assert not (tmp_path / FEEDS).exists()


@needs_modes
def test_nobody_else_reads_an_address_which_may_hold_a_key(tmp_path: Path) -> None:
    with FeedStore(tmp_path).changing() as feeds:
        feeds[FEED.address] = FEED
    assert stat.S_IMODE((tmp_path / FEEDS).stat().st_mode) == 0o600


def test_two_processes_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "FEED_LOCK_WAIT", 0.1)
    with (
        filelock.FileLock(tmp_path / LOCK),
        pytest.raises(StorageError, match=r"Another process changes the feeds\. Try again in a moment\."),
        FeedStore(tmp_path).changing(),
    ):
        pytest.fail("two at once")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"feeds": 1}',
        b'{"feeds": [{}]}',
        b'{"feeds": [{"address": "https://a", "name": "../x"}]}',
        b'{"feeds": [{"address": "https://a", "name": ".x"}]}',
        b'{"feeds": [{"address": "https://a", "name": "x", "entries": {"a": {"file": "a/b.md", "digest": ""}}}]}',
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_a_file_that_is_no_list_of_feeds_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FEEDS).write_bytes(content)
    with pytest.raises(StorageError) as refused, FeedStore(tmp_path).changing():
        pytest.fail("it was read")
    assert str(refused.value) == (
        f"{tmp_path / FEEDS}: This is not a list of feeds. Restore it from a backup, or remove it and add the feeds "
        "again."
    )
    assert (tmp_path / FEEDS).read_bytes() == content


def test_a_later_version_may_know_more_about_a_feed(tmp_path: Path) -> None:
    (tmp_path / FEEDS).write_text(json.dumps({"feeds": [{"address": "https://a", "name": "x", "new": 1}], "more": 2}))
    assert list(FeedStore(tmp_path).load().values()) == [Feed("https://a", "x")]


def test_a_backup_holds_the_feeds_and_their_reviews(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    (data / "reviews" / "feeds" / "anns-films").mkdir(parents=True)
    (data / "reviews" / "feeds" / "anns-films" / "the-ferryman.md").write_text("He rows.\n", encoding="utf-8")
    with FeedStore(data).changing() as feeds:
        feeds[FEED.address] = FEED
    back_up(data, tmp_path / "a.zip")
    restore(tmp_path / "a.zip", other)
    assert list(FeedStore(other).load().values()) == [FEED]
    assert (other / "reviews" / "feeds" / "anns-films" / "the-ferryman.md").is_file()
