"""A running bot reads its feeds, answers from them, and goes on when one fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.storage.feeds import FEEDS
from tests.bot.fixtures.feed_server import HOST, answer, feed_server
from tests.discord.harness.programs import PATIENCE, channel_and_member, loopback_process, program
from tests.discord.loopback.client import answered
from tests.embeddings.fixtures.feeds import item, rss

FEED = rss(item("The Ferryman", "<p>The ferryman sings to his kettle every morning.</p>", key="1"))


@pytest.mark.slow
async def test_a_running_bot_answers_from_a_feed_although_another_fails(data: Path) -> None:
    with feed_server() as server:
        server.answers["/feed"] = answer(FEED)
        feeds = [{"address": server.url(f"/{name}"), "name": name} for name in ("gone", "feed")]
        (data / FEEDS).write_text(json.dumps({"feeds": feeds}), encoding="utf-8")
        async with loopback_process() as loopback:
            with program(loopback.url, data, "run", token=loopback.token, feeds=True) as bot:
                await loopback.ready(timeout=2 * PATIENCE)
                general, ana = await channel_and_member(loopback)
                async with asyncio.timeout(2 * PATIENCE):
                    while not (data / "reviews" / "feeds" / "feed" / "the-ferryman.md").exists():
                        await asyncio.sleep(0.1)
                    said = ""
                    while "kettle" not in said:
                        await asyncio.sleep(1.0)
                        asked = ana.slash(general, "ask", question="What does the ferryman sing to?")
                        said = (await answered(asked)).text
                assert bot.stop() == 0
                log = bot.output
        assert [path for path, _ in server.requests] == ["/gone", "/feed"]
    assert "The feed feed: 1 entry with the full text, 1 added." in log
    assert log.count(f"The feed gone: {HOST}: The server answers with status 404. It is tried again at ") == 1
