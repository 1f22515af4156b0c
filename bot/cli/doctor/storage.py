"""Check the database and the disk."""

from __future__ import annotations

import os
import shutil

from bot.cli.doctor.check import CheckError, Context
from bot.cli.output.wording import counted
from bot.config import MIN_FREE_DISK
from bot.storage.database import DATABASE, readable_by_others
from bot.storage.integrity import examine
from bot.storage.restore import interrupted
from bot.storage.schema import VERSION


def database(context: Context) -> str:
    """Check that the database opens, has a known version, is intact on every page, and is private."""
    if interrupted(context.data):
        raise CheckError("A restore was interrupted. Run `review-bot restore` again, which first undoes it.")
    path = context.data / DATABASE
    if not os.path.lexists(path):
        return "none yet; the bot creates it when it first runs"
    version = examine(path).version
    for file in readable_by_others(path):
        raise CheckError(f"{file}: Other users can read this file. Run: chmod 600 {file}")
    return f"intact, version {version}" + (f"; the bot updates it to {VERSION}" if version < VERSION else "")


def feeds(context: Context) -> str:
    """Check that the list of feeds can be read, and say how often and how well the feeds are."""
    from bot.storage.feeds import FeedStore

    found = tuple(FeedStore(context.data).load().values())
    if not found:
        return "none, so nothing is read from the internet; `review-bot feed add` adds one"
    # Only now, because few have feeds: these import pydantic-settings and the HTTP client.
    from bot.settings import feed_minutes
    from embeddings import has_extra

    if not has_extra("feedparser"):
        from bot.services.feeds.reader import NEEDS_EXTRA

        raise CheckError(NEEDS_EXTRA)
    minutes = feed_minutes(context.environ)
    often = f"read by the running bot every {counted(minutes, 'minute')}" if minutes else "not read by the running bot"
    failing = [feed for feed in found if feed.failures]
    last = f"; {len(failing)} can't be read now, such as {failing[0].name}: {failing[0].result}" if failing else ""
    return f"{len(found)}, {often}{last}"


def disk(context: Context) -> str:
    """Check that the data folder is writable and has room for another index."""
    from embeddings import INDEX_DIRECTORY, data_folder_problem

    data = context.data
    if problem := data_folder_problem(data):
        raise CheckError(problem)
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise CheckError(f"{data}: This folder is not writable. Make the user that runs the bot its owner.")
    size = sum(path.stat().st_size for path in (data / INDEX_DIRECTORY).rglob("*") if path.is_file())
    free, wanted = shutil.disk_usage(data).free, max(MIN_FREE_DISK, 2 * size)
    if free < wanted:
        raise CheckError(f"Only {_megabytes(free)} are free. Make room: an update may need {_megabytes(wanted)}.")
    return f"{_megabytes(free)} free, {_megabytes(size)} used by the index"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
