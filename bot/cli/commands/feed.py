"""`review-bot feed`: add, list, remove and read the feeds of blogs and review sites."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, JsonOption
from bot.cli.output.console import notice, print_json, say
from bot.cli.output.wording import counted, for_folder
from embeddings import LibraryError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.services.feeds.reader import FeedReader, Outcome
    from bot.storage.feeds import Feed

HELP = "Read reviews from the feeds of blogs and review sites."

_INDEXED = "The next question updates the index. To update it now, run `review-bot index`."

AddressArgument = Annotated[
    str, typer.Argument(metavar="URL", help="The feed's address, RSS or Atom.", show_default=False)
]


def add(address: AddressArgument, data: DataOption = DATA) -> None:
    """Read a feed, and store each entry that has its full text as a review.

    A running bot reads the feed again every hour. REVIEW_BOT_FEED_MINUTES changes that.
    """
    import asyncio

    from bot.services.feeds.entries import feed_folder
    from bot.settings import feed_minutes

    outcome = asyncio.run(_reader(data).add(address))
    feed = outcome.feed
    say(f"{feed.title or feed.address}: {feed.result}")
    folder = feed_folder(data, feed.name)
    say(for_folder(f"The reviews are in {folder}. {_INDEXED}", data) if feed.entries else "There are no reviews in it.")
    minutes = feed_minutes(os.environ)
    often = f"every {counted(minutes, 'minute')}" if minutes else "never, because REVIEW_BOT_FEED_MINUTES is 0"
    advice = for_folder("To read it at any time, run `review-bot feed update`.", data)
    say(f"A running bot reads this feed {often}. {advice}")


def list_feeds(as_json: JsonOption = False, data: DataOption = DATA) -> None:
    """List the feeds, each with its folder of reviews and how it was last read."""
    from bot.services.feeds.entries import feed_folder
    from bot.storage.feeds import FeedStore

    feeds = tuple(FeedStore(data).load().values())
    if as_json:
        print_json({"feeds": [_record(feed, data) for feed in feeds]})
        return
    for feed in feeds:
        read = datetime.fromtimestamp(feed.read).astimezone()
        failed = f" (failed {counted(feed.failures, 'time')})" if feed.failures else ""
        say(f"{feed.title or feed.name}: {feed.address}")
        say(f"  {counted(len(feed.entries), 'review')} in {feed_folder(data, feed.name)}")
        say(f"  {read:%Y-%m-%d %H:%M}{failed}: {feed.result}")
    if not feeds:
        say(for_folder("There are no feeds. To add one, run `review-bot feed add URL`.", data))


def remove(address: AddressArgument, data: DataOption = DATA) -> None:
    """Stop reading a feed. Its reviews stay."""
    from bot.services.feeds.entries import feed_folder
    from bot.storage.feeds import FeedStore

    with FeedStore(data).changing() as feeds:
        feed = feeds.pop(_find(feeds, address).address)
    folder = feed_folder(data, feed.name)
    rest = f" Its reviews stay. To remove them too, remove {folder}." if folder.is_dir() else ""
    say(f"{feed.address}: This feed is not read any more.{rest}")


def update(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="URL", help="The feeds to read. Default: all.", show_default=False)
    ] = None,
    data: DataOption = DATA,
) -> None:
    """Read the feeds now. Only what is new or changed is stored."""
    import asyncio

    from bot.storage.feeds import FeedStore

    feeds = FeedStore(data).load()
    chosen = [_find(feeds, address) for address in addresses] if addresses else list(feeds.values())
    if not chosen:
        say(for_folder("There are no feeds. To add one, run `review-bot feed add URL`.", data))
        return
    outcomes = asyncio.run(_reader(data).update(feed.address for feed in chosen))
    for outcome in outcomes:
        _show(outcome)
    if any(outcome.changes and (outcome.changes.added or outcome.changes.changed) for outcome in outcomes):
        say(for_folder(_INDEXED, data))
    if any(outcome.failed for outcome in outcomes):
        raise typer.Exit(1)


def _show(outcome: Outcome) -> None:
    feed = outcome.feed
    (notice if outcome.failed else say)(f"{feed.title or feed.address}: {feed.result}")


def _reader(data: Path) -> FeedReader:
    """Return what reads feeds. Tests put another in its place, which may read from this machine."""
    from bot.services.feeds.reader import FeedReader

    return FeedReader(data)


def _find(feeds: dict[str, Feed], text: str) -> Feed:
    """Return the feed with an address, or with the name of its folder.

    Raises:
        LibraryError: there is none.
    """
    from bot.services.feeds.addresses import FeedError, check_address

    try:
        address = str(check_address(text))
    except FeedError:
        address = text
    for feed in feeds.values():
        if feed.address == address or feed.name == text:
            return feed
    raise LibraryError(f"{text}: There is no such feed. See `review-bot feed list` for the feeds.")


def _record(feed: Feed, data: Path) -> dict[str, object]:
    from bot.services.feeds.entries import feed_folder

    shown = asdict(feed)
    return {name: shown[name] for name in ("address", "title", "read", "failures", "result")} | {
        "folder": str(feed_folder(data, feed.name)),
        "reviews": len(feed.entries),
    }
