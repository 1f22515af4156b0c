"""simcord, a Discord in process by other authors, agrees with the loopback Discord.

simcord has no wire, no gateway and no 429, so it is a second opinion on behaviour, not a replacement.
"""

from __future__ import annotations

import discord
import pytest

from tests.discord.fidelity.test_validation import VALID
from tests.discord.harness.bots import Small, echoing, scene

simcord = pytest.importorskip("simcord", reason="simcord is not installed")


@pytest.mark.parametrize("private", [False, True])
async def test_a_member_sees_the_same_answer_on_both(loopback_url: str, private: bool) -> None:
    async with scene(loopback_url, echoing()) as club:
        answer = await club.ask("Who?", private=private)
    async with simcord.run(echoing(), shard_count=1) as world:
        club = world.create_guild()
        general = club.create_text_channel("general")
        ana = club.add_member(world.create_user("Ana"))
        result = await ana.slash(general, "ask", question="Who?", private=private)
        loopback = (result.response.content, result.response.ephemeral)
    assert loopback == (answer.content, answer.ephemeral) == ("You asked: Who?", private)


async def test_simcord_accepts_every_message_that_the_loopback_discord_calls_valid() -> None:
    bot = Small()
    async with simcord.run(bot, shard_count=1) as world:
        general = world.create_guild().create_text_channel("general")
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
        for name, body in VALID.items():
            assert (await bot.http.request(route, json=body))["id"], name
