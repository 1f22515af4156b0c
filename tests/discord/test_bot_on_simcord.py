"""The bot on simcord, a Discord in process by other authors: a second opinion on what members see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.client import ReviewBot
from bot.engine import Engine
from bot.settings import Settings
from bot.store import Store
from tests.discord.club import OWNERS, QUESTION
from tests.discord.double.payloads import texts

simcord = pytest.importorskip("simcord", reason="simcord, the second opinion, is not installed")


@asynccontextmanager
async def world(reviews: Path, store: Path) -> AsyncIterator[Any]:
    """simcord with the bot in it."""
    engine = Engine.open(reviews, queue=100)
    with Store(store) as opened:
        settings = Settings("", reviews, member_wait=0.0, server_rate=0)
        bot = ReviewBot(engine, opened, settings, guild_ready_timeout=0.05)
        try:
            async with simcord.run(bot, shard_count=1) as env:
                await bot.tree.sync()
                yield env
        finally:
            await engine.close()


def text(message: Any) -> str:
    """All that a reader sees of a message in components."""
    return "\n".join(texts(message.components))


async def test_asking_reading_following_up_and_sharing(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as env:
        club = env.create_guild()
        general = club.create_text_channel("general")
        ana = club.add_member(env.create_user("Ana"))
        bea = club.add_member(env.create_user("Bea"))

        asked = await ana.slash(general, "ask", question=QUESTION)
        assert (asked.acknowledged, asked.ephemeral) == (True, False)
        assert "there are no deferrals" in text(asked.response)
        page = await bea.click(asked.response, label="Read 1 in context")
        assert page.ephemeral
        assert "A Life Measured in Donations" in text(page.response)
        more = await bea.click(asked.response, label="More passages")
        assert QUESTION in text(more.response)

        ruth = await ana.slash(general, "ask", question="Who is Ruth?", private=True)
        assert ruth.ephemeral
        form = await ana.click(ruth.response, label="Ask a follow-up")
        followed = await ana.submit_modal(form, {"question": "and who plays her?"})
        assert followed.ephemeral
        assert "Keira Knightley" in text(followed.response)
        shared = await ana.click(ruth.response, label="Share")
        assert not shared.ephemeral
        assert text(shared.response) == text(ruth.response)
        assert (await ana.click(asked.response, label="Delete")).acknowledged


async def test_looking_up_and_completing(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as env:
        club = env.create_guild()
        general = club.create_text_channel("general")
        ana = club.add_member(env.create_user("Ana"))
        choices = await ana.autocomplete(general, "section", "section", "etical", review=OWNERS)
        assert choices[0] == {"name": "The Ethical Mirror", "value": "the-ethical-mirror"}
        opened = await ana.slash(general, "section", review=OWNERS, section=choices[0]["value"])
        assert opened.ephemeral
        assert "The Ethical Mirror" in text(opened.response)
        assert "The Lighthouse Keeper" in text((await ana.slash(general, "reviews")).response)
