"""Starts the bot's real entry point against a double: for tests alone.

    python -m tests.discord.launch --double URL [--zlib] [--pulse FILE] -- run

The bot has no setting that could send its token elsewhere, so the two addresses of discord.py, and the bot's own of
Discord's uploads, are changed here, before the entry point is called with the arguments after `--`. On SIGUSR1 it
writes where each thread stands.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import signal
import sys
from pathlib import Path

from tests.discord import pulse


def point_at(url: str) -> None:
    """Lead discord.py to the double at `url`."""
    import discord  # only after --zlib has had its effect
    import yarl

    from bot.services import uploads

    discord.http.Route.BASE = f"{url}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http://", "ws://") + "/gateway/")
    uploads.CDN = (f"{url}/ephemeral-attachments/",)


def main() -> None:
    """Parse arguments, change the addresses, run."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.launch")
    parser.add_argument("--double", required=True, metavar="URL")
    parser.add_argument("--entry", default="bot.cli.app:main", metavar="MODULE:FUNCTION")
    parser.add_argument("--zlib", action="store_true", help="as where zstandard is not installed")
    parser.add_argument("--pulse", type=Path, metavar="FILE", help="leave there how late the event loop was")
    parser.add_argument("arguments", nargs="*")
    chosen = parser.parse_args()
    faulthandler.register(signal.SIGUSR1)
    if chosen.zlib:
        # A module that is None can't be imported, so discord.py falls back to zlib.
        sys.modules["zstandard"] = None  # type: ignore[assignment]  # Python's own way to forbid an import
    if chosen.pulse is not None:
        pulse.take(chosen.pulse)
    point_at(chosen.double)
    module, function = chosen.entry.split(":")
    sys.argv = ["review-bot", *chosen.arguments]
    sys.exit(getattr(importlib.import_module(module), function)())


if __name__ == "__main__":
    main()
