"""A film club on the double: the real bot with the real engine, in a server with a channel and a few people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.app.client import ReviewBot
from bot.app.sync import payload
from bot.config import Settings
from bot.services.engine import Engine
from bot.storage.database import Store
from embeddings.library import Library
from tests import project
from tests.discord.actors import Asked, Channel, Discord, Guild, Message, Person, reach
from tests.discord.bots import running
from tests.discord.logs import LogWatch, problems_in, watch

OWNERS = "never-let-me-go"
QUESTION = "What is a deferral?"
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
    """A data directory with the owner's review and a short one, indexed."""
    project.furnish(data)
    (data / "reviews" / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    Library.build(data).close()


@dataclass(frozen=True, slots=True)
class Club:
    """The server, its first channel, its first member, and the bot in it; `expect` are codes that the test provokes."""

    there: Discord
    bot: ReviewBot
    server: Guild
    general: Channel
    ana: Person
    expect: tuple[int, ...] = ()

    async def ask(self, question: str = QUESTION, **options: Any) -> Message:
        """Ana's question by `/ask`, and its answer."""
        asked = await self.ana.slash(self.general, "ask", question=question, **options)
        return await asked.answer()

    async def assert_clean(self, log: LogWatch) -> None:
        """Fail on all that a bot must not do, say or log."""
        await self.there.assert_clean(expect=self.expect)
        log.assert_clean(await self.there.secrets())


@asynccontextmanager
async def review_bot(
    there: Discord, data: Path, store: Path, *, heartbeat_timeout: float = 60.0, shards: int = 1, **how: Any
) -> AsyncIterator[ReviewBot]:
    """The bot, running against the double with its commands registered; `how` are settings other than no cooldowns.

    `shards` are those that it waits for; how many there are to be, the double tells it.
    """
    chosen = replace(Settings(there.token, data, member_wait=0.0, server_rate=0), **how)
    engine = Engine.open(data, queue=chosen.queue)
    with Store(store) as opened:
        bot = ReviewBot(engine, opened, chosen, guild_ready_timeout=0.05, heartbeat_timeout=heartbeat_timeout)
        try:
            async with running(bot, there, shards=shards):
                await there.call("register", commands=payload(bot.tree))
                yield bot
        finally:
            await engine.close()


@asynccontextmanager
async def club(
    url: str, data: Path, store: Path, *, expect: tuple[int, ...] = (), errors: bool = False, **how: Any
) -> AsyncIterator[Club]:
    """A club whose bot is running, and is judged at its end by all that it has done, said and logged.

    Args:
        url: the double's.
        data: the data directory.
        store: the bot's database.
        expect: JSON codes and statuses that the test provokes without a fault.
        errors: whether the log may speak of errors.
        how: see `review_bot`.
    """
    with watch() as log:
        async with reach(url) as there, review_bot(there, data, store, **how) as bot:
            server = await there.server("Film Club")
            here = Club(there, bot, server, await server.channel("general"), await server.member("Ana"), expect)
            yield here
            await there.assert_clean(expect=expect)
            secrets = await there.secrets()
        # The bot has left by now, and may have complained about that.
        found = [*([] if errors else log.errors), *problems_in("\n".join(log.lines), secrets, errors=False)]
        assert not found, "\n".join(found)


async def changed(page: Message, pressed: Asked) -> Message:
    """The page once what was pressed has put another in its place."""
    await pressed.acknowledged()
    for _ in range(500):
        now = await page.now()
        assert now is not None
        if now.data["components"] != page.data["components"]:
            return now
        await asyncio.sleep(0.01)
    raise AssertionError("the page stayed as it was")
