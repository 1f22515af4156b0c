"""Start the bot's real entry point against a loopback Discord. For tests only.

    python -m tests.discord.harness.launch --loopback URL [--zlib] [--loop-lag FILE] [--feeds] -- run

The bot has no setting that could send its token elsewhere. So this program changes the two addresses of discord.py and
the bot's address of Discord's uploads, then calls the entry point with the arguments after `--`. On SIGUSR1 it writes
every thread's stack.
"""

from __future__ import annotations

import argparse
import faulthandler
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.discord.harness import loop_lag


def point_at(url: str, set_attribute: Callable[[object, str, object], None] = setattr) -> None:
    """Point discord.py, and the download of uploads, at a loopback Discord. A test passes `monkeypatch.setattr`."""
    import discord  # only after --zlib has had its effect
    import yarl

    from bot.services import uploads

    gateway = yarl.URL(url.replace("http://", "ws://") + "/gateway/")
    set_attribute(discord.http.Route, "BASE", f"{url}/api/v10")
    set_attribute(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    set_attribute(uploads, "CDN", (f"{url}/ephemeral-attachments/",))


def permit_feeds() -> None:
    """Let the running bot read feeds from a test's server, which no setting can."""
    from bot.app import runner
    from bot.services.feeds.fetcher import Fetcher
    from bot.services.feeds.reader import FeedReader
    from tests.bot.fixtures.feed_server import is_server

    vars(runner)["FeedReader"] = lambda data: FeedReader(data, Fetcher(is_server))


def main() -> None:
    """Parse the arguments, change the addresses, run the entry point."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.harness.launch")
    parser.add_argument("--loopback", required=True, metavar="URL")
    parser.add_argument("--zlib", action="store_true", help="run as if zstandard were not installed")
    parser.add_argument("--loop-lag", type=Path, metavar="FILE", help="write there how late the event loop was")
    parser.add_argument("--feeds", action="store_true", help="permit the bot to read feeds from 127.0.0.1")
    parser.add_argument("arguments", nargs="*")
    chosen = parser.parse_args()
    faulthandler.register(signal.SIGUSR1)
    if chosen.zlib:
        # A module that is None can't be imported, so discord.py falls back to zlib.
        sys.modules["zstandard"] = None  # type: ignore[assignment]  # Python's own way to forbid an import
    if chosen.loop_lag is not None:
        loop_lag.measure(chosen.loop_lag)
    point_at(chosen.loopback)
    if chosen.feeds:
        permit_feeds()
    from bot.cli.app import main as review_bot  # only after --zlib and --loop-lag have had their effects

    review_bot(chosen.arguments)


if __name__ == "__main__":
    main()
