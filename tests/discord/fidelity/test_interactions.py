"""Interactions and their answers behave as on Discord, also where the bot's own features never try them."""

from __future__ import annotations

import discord
import pytest

from tests.discord.harness.bots import QUESTION, answering, echoing, scene
from tests.discord.harness.club import Club
from tests.discord.loopback.client import RefusedError, answered, connect
from tests.discord.loopback.state.objects import EVERYONE, Permission
from tests.discord.loopback.state.payloads import walk
from tests.discord.loopback.validation.request_log import CALLBACK, FOLLOW_UP


async def test_only_the_asker_sees_an_ephemeral_answer(loopback_url: str) -> None:
    bot = echoing()
    async with scene(loopback_url, bot, expect=(10008,)) as club:
        ben = await club.server.member("Ben")
        answer = await club.ask(private=True)
        assert (answer.ephemeral, answer.data["visible_to"]) == (True, club.ana.id)
        with pytest.raises(discord.NotFound, match="10008"):
            await bot.channel(club.general).fetch_message(int(answer.id))
        with pytest.raises(RefusedError, match="can't see"):
            await ben.click(answer, "anything")
        assert bot.heard == []


async def test_what_discords_client_does_not_offer_is_refused(club: Club) -> None:
    ana, general = club.ana, club.general
    answer, listed = await club.ask(), await answered(ana.slash(general, "reviews"))
    menu = next(each["custom_id"] for each in walk(listed.data["components"]) if each["type"] == 3)
    opened = await ana.click(await club.ask(private=True), "Ask a follow-up")
    await opened.modal()
    stranger = await club.loopback.person("Stranger")
    for attempt, why in [
        (ana.slash(general, "missing"), "sees no command"),
        (ana.slash(await ana.dm(), "settings"), "sees no command"),
        (ana.slash(general, "settings"), "lacks the permissions"),
        (ana.slash(general, "privacy"), "wants a sub-command"),
        (ana.slash(general, "privacy sell"), "no sub-command 'sell'"),
        (ana.slash(general, "ask"), "is required"),
        (ana.slash(general, "ask", question="x"), "takes 3 to 300"),
        (ana.slash(general, "ask", question=QUESTION, private="yes"), "not of its type"),
        (ana.slash(general, "ask", question=QUESTION, colour="red"), "has no option"),
        (ana.autocomplete(general, "ask", "question", question="x"), "has no autocomplete"),
        (ana.click(answer, "Nothing"), "nothing there"),
        (ana.choose(listed, menu, "nothing"), "doesn't offer"),
        (ana.submit(opened, question="x"), "takes 3 to 300"),
        (ana.submit(opened, other="x"), "has no field"),
        (stranger.slash(general, "ask", question=QUESTION), "not in that server"),
    ]:
        with pytest.raises(RefusedError, match=why):
            await attempt


async def test_a_user_install_has_five_follow_ups(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Here")
        for number in range(5):
            await interaction.followup.send(str(number))
        with pytest.raises(discord.HTTPException, match="40094"):
            await interaction.followup.send("too many")

    async with scene(loopback_url, answering(answer), expect=(40094,)) as club:
        away = await club.loopback.server("Elsewhere", bot=False)
        asked = await (await away.member("Eve", installed=True)).slash(await away.channel(), "ask")
        await club.loopback.wait_requests("POST", FOLLOW_UP, 6)
        assert [each.text for each in await asked.follow_ups()] == ["0", "1", "2", "3", "4"]


async def test_a_user_install_answers_in_private_if_external_apps_are_forbidden(loopback_url: str) -> None:
    async with scene(loopback_url, echoing()) as club:
        everyone = EVERYONE & ~int(Permission.USE_EXTERNAL_APPS)
        strict = await club.loopback.server(bot=False, everyone=everyone)
        eve = await strict.member("Eve", installed=True)
        assert (await (await eve.slash(await strict.channel(), "ask", question=QUESTION)).answer()).ephemeral


async def test_a_late_acknowledgement_is_unknown(loopback_url: str) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        asked = await club.ana.slash(club.general, "ask", question=QUESTION, age=3.5)
        await club.loopback.wait_requests("POST", CALLBACK)
        found = (await club.loopback.report())["violations"]
        assert [each["kind"] for each in found] == ["late acknowledgement", "unacknowledged"]
        assert (await asked.now())["acknowledged_after"] is None
        assert (await club.loopback.report(expect=[10062]))["clean"]


async def test_a_token_is_valid_for_fifteen_minutes(loopback_url: str) -> None:
    asked: list[discord.Interaction] = []

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Now")
        asked.append(interaction)

    async with scene(loopback_url, answering(answer), expect=(50027,)) as club:
        await (await club.ana.slash(club.general, "ask")).answer()
        await club.loopback.advance(15 * 60 - 10)
        await asked[0].edit_original_response(content="Still")
        await club.loopback.advance(11)
        with pytest.raises(discord.HTTPException, match="50027"):
            await asked[0].edit_original_response(content="Later")
        assert [each.text for each in await club.general.messages()] == ["Still"]


async def test_nothing_is_sent_before_the_acknowledgement(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.NotFound, match="10015"):
            await interaction.followup.send("Too early")
        await interaction.response.send_message("Now")

    async with scene(loopback_url, answering(answer), expect=(10015,)) as club:
        assert (await (await club.ana.slash(club.general, "ask")).answer()).text == "Now"


async def test_the_first_follow_up_replaces_thinking(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.followup.send("First")
        await interaction.followup.send("Second")

    async with scene(loopback_url, answering(answer)) as club:
        asked = await club.ana.slash(club.general, "ask")
        assert (await asked.answer()).text == "First"
        assert [each.text for each in await asked.follow_ups()] == ["Second"]


async def test_an_interaction_without_a_session_is_never_delivered(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.call("register", commands=[{"name": "ask", "description": "Ask"}])
        server = await loopback.server()
        asked = await (await server.member("Ana")).slash(await server.channel(), "ask")
        assert (await loopback.report())["undelivered"] == [asked.id]
        await loopback.assert_clean()
