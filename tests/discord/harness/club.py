"""A film club: the real bot with the real engine, in a server of the loopback Discord."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.app.client import ReviewBot
from bot.app.sync import payload
from bot.services.engine import Engine
from bot.settings import Settings
from bot.storage.database import Database
from embeddings.answering.models import Models
from embeddings.library import Library
from tests import project
from tests.discord.harness.bots import QUESTION as QUESTION
from tests.discord.harness.bots import Scene, running
from tests.discord.harness.logs import problems_in, watch
from tests.discord.loopback.client import Channel, Interaction, Loopback, Message, connect

T = TypeVar("T")

_MODELS: dict[str, Models] = {}
"""The opened models by the encoder's folder in the index."""

OWNERS = "never-let-me-go"
UNANSWERABLE = "How was the box office in Japan?"

LIGHTHOUSE = """\
---
title: The Lighthouse Keeper
work: The Lighthouse Keeper
year: 1987
source: https://example.org/lighthouse
aliases: [Lamp Man]
spoilers: [the-end]
---

A keeper counts the ships that pass without lights, and writes each of them down.

## The Lamp

The lamp is cleaned every evening before the fog comes in. It is the only thing he has ever cared for.

## The End

In the end the keeper drowns on the night when he forgets to light the lamp.
"""


def furnish(data: Path) -> None:
    """Create a data directory with the owner's review and a short one, and index it."""
    project.furnish(data)
    add_lighthouse(data)


def add_lighthouse(data: Path) -> None:
    """Add the short review to a data directory, and index it."""
    (data / "reviews" / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    Library.build(data).close()


@dataclass(frozen=True, slots=True)
class Club(Scene):
    """A club with the real bot."""

    bot: ReviewBot

    async def said(self, channel: Channel | None = None) -> list[str]:
        """Return the bot's messages in a channel, the general one if none is given."""
        messages = await (channel or self.general).messages()
        return [each.text for each in messages if each.data["author"]["id"] == self.loopback.bot_id]

    def says(self, *parts: str, channel: Channel | None = None) -> Awaitable[list[str]]:
        """Wait until the bot's messages hold these parts, one each, in order; return the messages."""

        def hold(texts: list[str]) -> bool:
            return len(texts) >= len(parts) and all(part in text for part, text in zip(parts, texts, strict=False))

        return eventually(lambda: self.said(channel), hold)


def open_engine(data: Path, *, queue: int) -> Engine:
    """Open the engine, with the models of the first one: to open them takes longer than most tests."""
    library = Library.open(data)
    models = _MODELS.setdefault(library.manifest.encoder_folder, library.models)
    # While its files are there: the first test may remove them.
    models.encoder.count_tokens([""])
    # Now, because the folder may be gone when the next test needs them.
    models.encoder.count_tokens([""])
    library.close()
    return Engine(data, library.reopened(models=models), queue=queue)


@asynccontextmanager
async def review_bot(
    loopback: Loopback, data: Path, store: Path, *, heartbeat_timeout: float = 60.0, shards: int = 1, **how: Any
) -> AsyncIterator[ReviewBot]:
    """Run the bot with these settings, its commands registered and without cooldowns, and wait for its `shards`.

    discord.py gives a connection up after `heartbeat_timeout` seconds without heartbeats.
    """
    chosen = Settings(**{"token": loopback.token, "data": data, "member_wait": 0.0, "server_rate": 0, **how})
    engine = open_engine(data, queue=chosen.queue)
    with Database(store) as opened:
        bot = ReviewBot(engine, opened, chosen, guild_ready_timeout=0.05, heartbeat_timeout=heartbeat_timeout)
        try:
            async with running(bot, loopback, shards=shards):
                await loopback.call("register", commands=payload(bot.tree))
                yield bot
        finally:
            await engine.close()


@asynccontextmanager
async def run_club(
    url: str, data: Path, store: Path, *, expect: tuple[int, ...] = (), errors: bool = False, **how: Any
) -> AsyncIterator[Club]:
    """Run a club, and fail at its end if the bot did, said or logged what it must not.

    `expect` has the JSON codes and HTTP statuses that the test provokes without a fault. The log may have errors if
    `errors`. For the rest see `review_bot`.
    """
    with watch() as log:
        async with connect(url) as loopback, review_bot(loopback, data, store, **how) as bot:
            server = await loopback.server("Film Club")
            club = Club(loopback, server, await server.channel("general"), await server.member("Ana"), bot)
            yield club
            await loopback.assert_clean(expect=expect)
            secrets = await loopback.secrets()
        # The bot has disconnected by now, and may have logged an error about that.
        found = [*([] if errors else log.errors), *problems_in("\n".join(log.lines), secrets, errors=False)]
        assert not found, "\n".join(found)


async def eventually(
    look: Callable[[], Awaitable[T]], accept: Callable[[T], object] = bool, *, timeout: float = 30.0
) -> T:
    """Look until what is seen is accepted; return it."""
    end = time.monotonic() + timeout
    while not accept(seen := await look()):
        assert time.monotonic() < end, f"still {seen!r}"
        await asyncio.sleep(0.01)
    return seen


async def changed(page: Message, pressed: Interaction) -> Message:
    """Wait until a button has replaced the page; return the new page."""
    await pressed.acknowledged()
    now = await eventually(page.now, lambda now: now is None or now.data["components"] != page.data["components"])
    assert now is not None
    return now
