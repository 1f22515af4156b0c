"""Discord's markup in a question, by every way to ask: it reaches neither the search, nor what is shown or stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.discord.features.test_privacy import bytes_of, keeps_questions
from tests.discord.harness.club import Club, eventually, run_club
from tests.discord.loopback.client import Message, Person, answered

ASKED = "What is a deferral?"


async def by_slash(club: Club, text: str) -> Message:
    return await club.ask(text)


async def by_mention(club: Club, text: str) -> Message:
    return await club.general.answer_to(await club.ana.mention(club.general, text))


async def by_reply(club: Club, text: str) -> Message:
    answer = await club.ask("Who is Ruth?")
    return await club.general.answer_to(await club.ana.say(club.general, text, reply_to=answer))


async def by_edit(club: Club, text: str) -> Message:
    said = await club.ana.mention(club.general, "Who is Ruth?")
    answer = await club.general.answer_to(said)
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {text}")
    now = await eventually(answer.now, lambda now: now is not None and "deferral" in now.text)
    assert now is not None
    return now


async def by_form(club: Club, text: str) -> Message:
    form = await club.ana.click(await club.ask("Who is Ruth?", private=True), "Ask a follow-up")
    return await answered(club.ana.submit(form, question=text))


async def by_menu(club: Club, text: str) -> Message:
    said = await club.ana.say(club.general, text)
    return await answered(club.ana.menu(said, "Ask the reviews about this"))


async def by_direct_message(club: Club, text: str) -> Message:
    room = await club.ana.dm()
    return await room.answer_to(await club.ana.say(room, text))


def marked_up(ben: Person) -> str:
    return (
        f"<@{ben.id}> <:kathy:123456789012345678> </ask:1> What <t:1618953630:R> is <@!{ben.id}>\u200b "
        "<a:wave:123456789012345678> a deferral? @everyone"
    )


@pytest.mark.parametrize("ask", [by_slash, by_mention, by_reply, by_edit, by_form, by_menu, by_direct_message])
async def test_markup_is_neither_searched_nor_shown_nor_stored(
    loopback_url: str, reviews: Path, store: Path, ask: Callable[[Club, str], Awaitable[Message]]
) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        await keeps_questions(club)
        ben = await club.server.member("Ben")
        answer = await ask(club, marked_up(ben))
        assert f"### {ASKED}" in answer.text
        assert ben.id not in answer.text
        await club.bot.in_flight.finished()
        assert ben.id.encode() not in bytes_of(store)


async def test_channels_and_roles_are_named(club: Club) -> None:
    answer = await club.ask(f"What do they say in <#{club.general.id}> about <@&1> Ruth?")
    assert answer.text.startswith("### What do they say in general about Ruth?")


async def test_a_mention_alone_is_no_question(club: Club) -> None:
    ben = await club.server.member("Ben")
    assert "too short" in (await answered(club.ana.slash(club.general, "ask", question=f"<@{ben.id}>"))).text


async def test_the_menu_finds_the_question_in_a_long_message(club: Club) -> None:
    prose = "We saw it on Friday and talked until late. " * 15
    assert (await by_menu(club, f"Who saw it? {prose}{ASKED} Thanks.")).text.startswith(f"### {ASKED}\n")
    assert (await by_menu(club, prose)).text.startswith("### We saw it on Friday")
