"""The report catches a bot that breaks a rule, and for the right reason."""

from __future__ import annotations

import logging
from pathlib import Path

import discord
import pytest

from tests.discord.harness.bots import Scene, Small, answering, scene, until
from tests.discord.harness.club import run_club
from tests.discord.harness.logs import LogWatch, problems_in, watch
from tests.discord.harness.programs import program
from tests.discord.loopback.client import connect
from tests.discord.loopback.state.objects import BOT, Permission
from tests.discord.loopback.validation import openapi

Interaction = discord.Interaction[discord.Client]
MAY_PING = BOT | int(Permission.MENTION_EVERYONE)


async def _kinds(club: Scene) -> list[str]:
    return [each["kind"] for each in (await club.loopback.report())["violations"]]


async def _here(interaction: Interaction) -> None:
    await interaction.response.send_message("Here")


async def test_a_bot_that_says_nothing_is_caught(loopback_url: str) -> None:
    async def answer(_: Interaction) -> None:
        """Say nothing."""

    async with scene(loopback_url, answering(answer), judged=False) as club:
        await club.ana.slash(club.general, "ask")
        assert (await club.loopback.report())["pending"] != []
        await club.loopback.advance(3.1)
        with pytest.raises(AssertionError, match="unacknowledged"):
            await club.loopback.assert_clean()


async def test_a_bot_that_thinks_forever_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer()

    async with scene(loopback_url, answering(answer), judged=False) as club:
        await (await club.ana.slash(club.general, "ask")).acknowledged()
        with pytest.raises(AssertionError, match="is thinking"):
            await club.loopback.assert_clean(patience=0.2)


async def test_a_bot_that_acknowledges_twice_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("One")
        interaction.response._response_type = None
        with pytest.raises(discord.HTTPException, match="40060"):
            await interaction.response.send_message("Two")
        await interaction.followup.send("Done")

    async with scene(loopback_url, answering(answer), judged=False) as club:
        await (await club.ana.slash(club.general, "ask")).follow_ups()
        assert await _kinds(club) == ["double acknowledgement"]


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
    async with scene(loopback_url, answering(_here, allowed_mentions=allowed), judged=False) as club:
        await (await club.ana.slash(club.general, "ask")).answer()
        assert await _kinds(club) == ["allowed_mentions"]


@pytest.mark.parametrize("text", ["@everyone come", "<@{ana}> come"])
async def test_a_bot_that_pings_through_quoted_text_is_caught(loopback_url: str, text: str) -> None:
    bot = Small(allowed_mentions=discord.AllowedMentions.all())
    async with scene(loopback_url, bot, judged=False, bot_permissions=MAY_PING) as club:
        await bot.channel(club.general).send(text.format(ana=club.ana.id))
        assert await _kinds(club) == ["allowed_mentions", "ping"]
        pinged = 0 if "@everyone" in text else int(club.ana.id)
        assert (await club.general.messages())[0].data["pings"] == [pinged]


async def test_a_bot_that_switches_mentions_off_pings_nobody(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, bot_permissions=MAY_PING) as club:
        await bot.channel(club.general).send(f"@everyone <@{club.ana.id}>")
        assert (await club.general.messages())[0].data["pings"] == []


async def test_a_bot_that_sends_too_much_is_caught(loopback_url: str) -> None:
    async def answer(interaction: Interaction) -> None:
        with pytest.raises(discord.HTTPException, match="50035"):
            await interaction.response.send_message("x" * 2001)
        await interaction.response.send_message("Shorter")

    async with scene(loopback_url, answering(answer), judged=False) as club:
        await (await club.ana.slash(club.general, "ask")).answer()
        assert set(await _kinds(club)) >= {"limits", "refused"}


async def test_a_forbidden_request_is_caught_unless_the_test_expects_it(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, expect=(50001,), bot_permissions=0, everyone=0) as club:
        with pytest.raises(discord.Forbidden):
            await bot.channel(club.general).send("x")
        assert await _kinds(club) == ["refused"]


async def test_a_request_that_discord_does_not_have_is_caught(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, judged=False) as club:
        with pytest.raises(discord.NotFound):
            await bot.http.request(discord.http.Route("GET", "/film-clubs/@me"))
        found = (await club.loopback.report())["violations"]
        assert [each["detail"] for each in found] == ["GET /film-clubs/@me: 404 0"]


@pytest.mark.skipif(openapi.where() is None, reason=openapi.WHY_ABSENT)
async def test_a_burst_is_validated_afterwards(loopback_url: str) -> None:
    bot = Small()
    async with scene(loopback_url, bot, judged=False) as club:
        await club.loopback.settings(defer_schema=True)
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=club.general.id)
        await bot.http.request(route, json={"content": "x", "allowed_mentions": {"parse": []}, "tts": "no"})
        assert await _kinds(club) == ["schema"]


async def test_an_error_in_the_log_is_caught(loopback_url: str, log: LogWatch) -> None:
    async def answer(interaction: Interaction) -> None:
        await _here(interaction)
        raise RuntimeError("on purpose")

    async with scene(loopback_url, answering(answer), judged=False) as club:
        await (await club.ana.slash(club.general, "ask")).answer()
        await until(lambda: log.errors)
        assert "Ignoring exception in command 'ask'" in log.problems()[0]
        with pytest.raises(AssertionError, match="on purpose"):
            log.assert_clean()


async def test_tokens_in_the_log_are_caught(loopback_url: str) -> None:
    with watch(logging.DEBUG) as debug:
        async with scene(loopback_url, answering(_here), judged=False) as club:
            await (await club.ana.slash(club.general, "ask")).answer()
            logging.getLogger("bot").info("with %s", club.loopback.token)
            secrets = await club.loopback.secrets()
    # discord.py itself logs the interaction's token at DEBUG.
    assert debug.problems(secrets) == [f"a token is in the log: {secret[:8]}..." for secret in secrets]


async def test_a_fault_that_never_strikes_is_reported(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.fault("GET /gateway", "status", status=502)
        with pytest.raises(AssertionError, match="idle fault: GET /gateway: status was laid and never struck"):
            await loopback.assert_clean()
        async with loopback.http.get(f"{loopback.api}/gateway") as response:
            assert response.status == 502
        await loopback.fault("GET /users/@me", "reset", times=None)
        await loopback.assert_clean()


@pytest.mark.parametrize("said", ["an error", "a token"])
async def test_a_club_is_checked_at_its_end(loopback_url: str, reviews: Path, store: Path, said: str) -> None:
    async def log_it() -> None:
        async with run_club(loopback_url, reviews, store) as club:
            if said == "an error":
                logging.getLogger("bot").error(said)
            else:
                logging.getLogger("bot").info("with %s", club.loopback.token)

    with pytest.raises(AssertionError, match=said):
        await log_it()


def test_a_program_is_checked_at_its_end(reviews: Path) -> None:
    def write_it() -> None:
        with program("http://127.0.0.1:9", reviews, "no-such-command", token="a token") as bot:
            bot.ended()
            bot._output.write(b"ERROR on purpose")

    with pytest.raises(AssertionError, match="ERROR on purpose"):
        write_it()


def test_the_output_of_a_process_is_searched_for_errors_and_tokens() -> None:
    output = (
        "INFO fine\n2026-11-22 ERROR bot: no\nWARNING Shard ID 0 heartbeat blocked for more than 10 seconds.\nabc123"
    )
    assert problems_in(output, ["abc123", "xyz"]) == [
        "2026-11-22 ERROR bot: no",
        "WARNING Shard ID 0 heartbeat blocked for more than 10 seconds.",
        "a token is in the log: abc123...",
    ]
