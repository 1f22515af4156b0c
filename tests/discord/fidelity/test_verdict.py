"""Bots that break a rule are caught, and for the right reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import discord
import pytest

from tests.discord.harness.bots import Small, at
from tests.discord.harness.club import club
from tests.discord.harness.logs import LogWatch, problems_in, watch
from tests.discord.harness.programs import program
from tests.discord.loopback.client import Asked, Discord, reach
from tests.discord.loopback.state.world import BOT, Permission
from tests.discord.loopback.validation import openapi

Interaction = discord.Interaction[discord.Client]


async def _asked(there: Discord, *, bot_permissions: int = BOT) -> Asked:
    """Somebody asks the bot, which has one command."""
    club = await there.server(bot_permissions=bot_permissions)
    general = await club.channel()
    return await (await club.member("Ana")).slash(general, "ask")


def _bot(answer: Callable[[Interaction], Awaitable[None]]) -> Small:
    bot = Small()

    @bot.tree.command(description="Ask")
    async def ask(interaction: Interaction) -> None:
        await answer(interaction)

    return bot


async def _kinds(there: Discord) -> list[str]:
    return [each["kind"] for each in (await there.verdict())["violations"]]


async def test_a_bot_that_says_nothing_is_caught(loopback_url: str) -> None:
    async def answer(_: Interaction) -> None:
        """Say nothing."""

    async with at(loopback_url, _bot(answer)) as there:
        await _asked(there)
        assert (await there.verdict())["pending"] != []
        await there.advance(3.1)
        with pytest.raises(AssertionError, match="unacknowledged"):
            await there.assert_clean()


async def test_a_bot_that_thinks_for_ever_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer()

    async with at(loopback_url, _bot(answer)) as there:
        asked = await _asked(there)
        await asked.acknowledged()
        with pytest.raises(AssertionError, match="is thinking"):
            await there.assert_clean(patience=0.2)


async def test_a_bot_that_acknowledges_twice_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("One")
        interaction.response._response_type = None
        with pytest.raises(discord.HTTPException, match="40060"):
            await interaction.response.send_message("Two")
        await interaction.followup.send("Done")

    async with at(loopback_url, _bot(answer)) as there:
        asked = await _asked(there)
        await asked.follow_ups()
        assert await _kinds(there) == ["double acknowledgement"]


async def test_a_bot_that_is_asked_twice_and_answers_twice_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        try:
            await interaction.response.send_message("Here")
        except discord.HTTPException:
            return

    async with at(loopback_url, _bot(answer)) as there:
        asked = await _asked(there)
        await asked.answer()
        await asked.again()
        await there.call(
            "wait_requests",
            method="POST",
            template="/interactions/{interaction_id}/{interaction_token}/callback",
            count=2,
            timeout=5,
        )
        assert await _kinds(there) == ["double acknowledgement"]
        assert (await asked.now())["attempts"] == 2


@pytest.mark.parametrize(
    "allowed",
    [
        None,
        discord.AllowedMentions.all(),
        discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(5)]),
    ],
)
async def test_a_bot_that_leaves_mentions_on_is_caught(
    loopback_url: str, allowed: discord.AllowedMentions | None
) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("Here")

    bot = _bot(answer)
    bot.allowed_mentions = allowed
    async with at(loopback_url, bot) as there:
        await (await _asked(there)).answer()
        assert await _kinds(there) == ["allowed_mentions"]


@pytest.mark.parametrize("text", ["@everyone come", "<@{ana}> come"])
async def test_a_bot_that_pings_through_quoted_text_is_caught(loopback_url: str, text: str) -> None:
    bot = Small(allowed_mentions=discord.AllowedMentions.all())
    async with at(loopback_url, bot) as there:
        club = await there.server(bot_permissions=BOT | int(Permission.MENTION_EVERYONE))
        general = await club.channel()
        ana = await club.member("Ana")
        await bot.get_partial_messageable(int(general.id)).send(text.format(ana=ana.id))
        assert await _kinds(there) == ["allowed_mentions", "ping"]
        assert (await general.messages())[0].data["pings"] == ([0] if "@everyone" in text else [int(ana.id)])


async def test_a_bot_that_switches_mentions_off_pings_nobody(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server(bot_permissions=BOT | int(Permission.MENTION_EVERYONE))
        general = await club.channel()
        ana = await club.member("Ana")
        await bot.get_partial_messageable(int(general.id)).send(f"@everyone <@{ana.id}>")
        assert (await general.messages())[0].data["pings"] == []
        await there.assert_clean()


async def test_a_bot_that_sends_too_much_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        with pytest.raises(discord.HTTPException, match="50035"):
            await interaction.response.send_message("x" * 2001)
        await interaction.response.send_message("Shorter")

    async with at(loopback_url, _bot(answer)) as there:
        await (await _asked(there)).answer()
        assert set(await _kinds(there)) >= {"limits", "refused"}


async def test_a_bot_that_is_forbidden_something_is_caught_unless_the_test_expects_it(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server(bot_permissions=0, everyone=0)
        general = await club.channel()
        with pytest.raises(discord.Forbidden):
            await bot.get_partial_messageable(int(general.id)).send("x")
        assert await _kinds(there) == ["refused"]
        await there.assert_clean(expect=[50001])


async def test_a_bot_that_asks_for_what_discord_does_not_have_is_caught(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        with pytest.raises(discord.NotFound):
            await bot.http.request(discord.http.Route("GET", "/film-clubs/@me"))
        assert [each["detail"] for each in (await there.verdict())["violations"]] == ["GET /film-clubs/@me: 404 0"]


@pytest.mark.skipif(openapi.where() is None, reason=openapi.WHY_ABSENT)
async def test_a_burst_is_judged_afterwards(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        await there.settings(defer_schema=True)
        club = await there.server()
        general = await club.channel()
        body = {"content": "x", "allowed_mentions": {"parse": []}, "tts": "no"}
        await bot.http.request(
            discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=general.id), json=body
        )
        assert await _kinds(there) == ["schema"]


async def test_an_error_in_the_log_is_caught(loopback_url: str, log: LogWatch) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("Here")
        raise RuntimeError("on purpose")

    async with at(loopback_url, _bot(answer)) as there:
        await (await _asked(there)).answer()
        async with asyncio.timeout(5):
            while not log.errors:
                await asyncio.sleep(0.01)
        assert "Ignoring exception in command 'ask'" in log.problems()[0]
        with pytest.raises(AssertionError, match="on purpose"):
            log.assert_clean()


async def test_tokens_in_the_log_are_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("Here")
        logging.getLogger("bot").info("with %s", there.token)

    with watch(logging.DEBUG) as debug:
        async with at(loopback_url, _bot(answer)) as there:
            await (await _asked(there)).answer()
            secrets = await there.secrets()
    found = debug.problems(secrets)
    # discord.py itself logs the interaction's token at DEBUG.
    assert [f"a token is in the log: {secret[:8]}..." for secret in secrets] == found


async def test_a_fault_that_never_strikes_is_told(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        await there.fault("GET /gateway", "status", status=502)
        with pytest.raises(AssertionError, match="idle fault: GET /gateway: status was laid and never struck"):
            await there.assert_clean()
        async with there.http.get(f"{there.api}/gateway") as response:
            assert response.status == 502
        await there.fault("GET /users/@me", "reset", times=None)
        await there.assert_clean()


@pytest.mark.parametrize("said", ["an error", "a token"])
async def test_a_club_is_judged_at_its_end_without_being_asked(
    loopback_url: str, reviews: Path, store: Path, said: str
) -> None:
    async def log_it() -> None:
        async with club(loopback_url, reviews, store) as here:
            if said == "an error":
                logging.getLogger("bot").error(said)
            else:
                logging.getLogger("bot").info("with %s", here.there.token)

    with pytest.raises(AssertionError, match=said):
        await log_it()


def test_a_program_is_judged_at_its_end_without_being_asked(reviews: Path) -> None:
    def say_it() -> None:
        with program("http://127.0.0.1:9", reviews, "no-such-command", token=None) as bot:
            bot.ended()
            bot._output.write(b"ERROR on purpose")

    with pytest.raises(AssertionError, match="ERROR on purpose"):
        say_it()


def test_the_output_of_a_subprocess_is_searched_in_the_same_way() -> None:
    output = (
        "INFO fine\n2026-11-22 ERROR bot: no\nWARNING Shard ID 0 heartbeat blocked for more than 10 seconds.\nabc123"
    )
    assert problems_in(output, ["abc123", "xyz"]) == [
        "2026-11-22 ERROR bot: no",
        "WARNING Shard ID 0 heartbeat blocked for more than 10 seconds.",
        "a token is in the log: abc123...",
    ]
