"""Messages, permissions and rate limits behave as on Discord, as small bots on the real discord.py see them."""

from __future__ import annotations

import json

import discord
import pytest

from tests.discord.harness.bots import QUESTION, Small, scene, until
from tests.discord.loopback.client import connect
from tests.discord.loopback.rest.rate_limits import RateLimits
from tests.discord.loopback.rest.routes import ROUTER
from tests.discord.loopback.state.objects import Permission
from tests.discord.loopback.state.world import Clock, World


async def test_content_is_blank_unless_it_is_meant_for_the_bot(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot) as club:
        ana, general = club.ana, club.general
        own = await bot.channel(general).send("An answer")
        answer = next(each for each in await general.messages() if each.id == str(own.id))
        await ana.say(general, "nobody in particular")
        await ana.mention(general, QUESTION)
        await ana.say(general, "a reply that pings", reply_to=answer)
        quiet = await ana.say(general, "a reply that doesn't", reply_to=answer, ping=False)
        await (await club.server.member("Ben")).say(general, "to each other", reply_to=quiet)
        await ana.say(await ana.dm(), "in private")
        await ana.mention(await general.thread("Later", ana), "in a thread")
        await until(lambda: len(bot.heard) >= 8)
        mention = f"<@{club.loopback.bot_id}>"
        assert [each.content for each in bot.heard] == [
            "An answer", "", f"{mention} {QUESTION}", "a reply that pings", "", "", "in private",
            f"{mention} in a thread",
        ]  # fmt: skip
        assert (await bot.channel(general).fetch_message(int(quiet.id))).content == ""


async def test_a_closed_dm_takes_no_message(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(50007,)) as club:
        closed = await (await club.loopback.person("Eve", accepts_dms=False)).dm()
        with pytest.raises(discord.Forbidden, match="50007"):
            await bot.channel(closed).send("x")


@pytest.mark.parametrize(
    ("deny", "code"),
    [
        (Permission.VIEW_CHANNEL, 50001),
        (Permission.SEND_MESSAGES, 50013),
        (Permission.EMBED_LINKS, 50013),
        (Permission.READ_MESSAGE_HISTORY, 160002),
    ],
)
async def test_the_bot_needs_a_permission_for_what_it_does(loopback_url: str, deny: Permission, code: int) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(code,)) as club:
        said = await club.ana.say(club.general, "x")
        await club.general.permit_bot(deny=deny)
        channel = bot.channel(club.general)
        with pytest.raises(discord.Forbidden, match=str(code)):
            await channel.send(
                embed=discord.Embed(description="x", colour=5), reference=channel.get_partial_message(int(said.id))
            )
        with pytest.raises(AssertionError, match=f"403 {code}"):
            await club.loopback.assert_clean()


@pytest.mark.parametrize(
    ("archived", "locked", "code"), [(True, False, None), (False, True, 160005), (True, True, 50083)]
)
async def test_a_locked_thread_takes_no_message(
    loopback_url: str, archived: bool, locked: bool, code: int | None
) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(code,) if code else ()) as club:
        thread = await club.general.thread("Old", club.ana)
        await thread.set_thread(archived=archived, locked=locked, told=False)
        if code is None:
            await bot.channel(thread).send("It wakes up")
        else:
            with pytest.raises(discord.HTTPException, match=str(code)):
                await bot.channel(thread).send("x")


async def test_a_deleted_channel_is_unknown_and_the_bot_hears_of_its_removal(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(10003,)) as club:
        await club.general.remove()
        with pytest.raises(discord.NotFound, match="10003"):
            await bot.channel(club.general).send("x")
        await club.server.remove_bot()
        await until(lambda: not bot.guilds)


async def test_a_client_that_ignores_the_headers_is_limited(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        general = await (await loopback.server()).channel()
        headers = {"Authorization": f"Bot {loopback.token}"}
        seen = []
        for _ in range(6):
            async with loopback.http.post(f"{loopback.api}/channels/{general.id}/typing", headers=headers) as response:
                seen.append((response.status, response.headers["X-RateLimit-Remaining"]))
                last = await response.read()
                assert response.headers["Via"] if response.status == 429 else True
        assert seen == [(204, "4"), (204, "3"), (204, "2"), (204, "1"), (204, "0"), (429, "0")]
        assert json.loads(last)["global"] is False
        assert (await loopback.stats())["rate_limited"] == 1
        with pytest.raises(AssertionError, match="429"):
            await loopback.assert_clean()


def test_a_bot_has_fifty_requests_a_second_in_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda _: 0.0)
    limits = RateLimits(World())
    route, _ = ROUTER.find("POST", "/channels/1/typing")
    assert route is not None
    taken = [limits.take(route, {"channel_id": str(place)}) for place in range(11) for _ in range(5)]
    assert [(wait, is_global) for _, wait, is_global in taken] == [(None, False)] * 50 + [(1.0, True)] * 5
