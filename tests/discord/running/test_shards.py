"""A bot on two shards, as Discord wants it for many servers: two connections over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import AsyncMock, patch

import discord

from tests.discord.harness.club import QUESTION, review_bot
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import Channel, Guild, Loopback, Person, connect

DEFERRAL = "there are no deferrals"


@dataclass(frozen=True, slots=True)
class Halls:
    """A bot on two shards, with a server, a channel and a member on each."""

    loopback: Loopback
    channels: tuple[Channel, Channel]
    people: tuple[Person, Person]

    async def answered(self, shard: int) -> None:
        """Ask on one shard, by command and by mention."""
        channel, who = self.channels[shard], self.people[shard]
        asked = await who.slash(channel, "ask", question=QUESTION)
        assert DEFERRAL in (await asked.answer()).text
        said = await who.mention(channel, QUESTION)
        assert DEFERRAL in (await channel.answer_to(said)).text


async def server_on(loopback: Loopback, shard: int) -> Guild:
    """Create a server that belongs to that one of two shards."""
    while True:
        server = await loopback.server(f"Film Club {shard}")
        if (int(server.id) >> 22) % 2 == shard:
            return server


@asynccontextmanager
async def two_shards(url: str, reviews: Path, store: Path) -> AsyncIterator[Halls]:
    """Run a bot that Discord tells to use two shards."""
    async with connect(url) as loopback:
        await loopback.settings(shards=2)
        # discord.py lets 5 s go by between two shards' IDENTIFYs.
        with patch.object(discord.Client, "before_identify_hook", AsyncMock()):
            async with review_bot(loopback, reviews, store, shards=2):
                servers = [await server_on(loopback, 0), await server_on(loopback, 1)]
                channels = (await servers[0].channel("general"), await servers[1].channel("general"))
                yield Halls(loopback, channels, (await servers[0].member("Ana"), await servers[1].member("Bea")))


async def test_both_shards_identify_and_answer(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with two_shards(loopback_url, reviews, store) as halls:
        stats = await halls.loopback.stats()
        assert (stats["shards"], stats["intents"]) == ([[0, 2], [1, 2]], [4609, 4609])
        await halls.answered(0)
        await halls.answered(1)
        room = await halls.people[1].dm()  # which is the first shard's, whoever writes
        assert DEFERRAL in (await room.answer_to(await halls.people[1].say(room, QUESTION))).text
        await halls.loopback.assert_clean()
        log.assert_clean(await halls.loopback.secrets())


async def test_one_shard_reconnects_without_the_other(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with two_shards(loopback_url, reviews, store) as halls:
        for resumes, action in enumerate(("reconnect", "reset"), 1):
            await halls.loopback.disturb(action, shard=1)
            await halls.answered(0)
            await halls.answered(1)
            stats = await halls.loopback.stats()
            # One more connection resumes the second shard's session, and the first shard keeps its own.
            assert (stats["identifies"], stats["resumes"], len(stats["compressions"])) == (2, resumes, 2 + resumes)
        await halls.loopback.disturb("invalidate", resumable=False, shard=1)
        await halls.answered(0)
        await halls.loopback.ready(shards=2, identifies=3, timeout=20)
        await halls.answered(1)
        stats = await halls.loopback.stats()
        assert (stats["shards"], stats["resumes"]) == ([[0, 2], [1, 2], [1, 2]], 2)
        await halls.loopback.assert_clean()
        log.assert_clean(await halls.loopback.secrets())
