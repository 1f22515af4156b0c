"""Small talk, and members who write faster than the bot may answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.questions import stored_questions
from tests.discord.features.test_privacy import keeps_questions
from tests.discord.features.test_question_text import (
    by_direct_message,
    by_form,
    by_mention,
    by_menu,
    by_reply,
    by_slash,
)
from tests.discord.harness.club import Club, eventually, run_club
from tests.discord.loopback.client import Message

WHO = "Who is Ruth?"


@pytest.mark.parametrize("ask", [by_slash, by_mention, by_reply, by_form, by_menu, by_direct_message])
@pytest.mark.slow
async def test_small_talk_gets_a_friendly_reply_and_is_not_stored(
    loopback_url: str, reviews: Path, store: Path, ask: Callable[[Club, str], Awaitable[Message]]
) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        await club.loopback.settings(rate_limits=False)
        await keeps_questions(club)
        for text in ("thanks!", "hello", "help", "Who are you?", "<:wave:123456789012345678> what can you do"):
            reply = await ask(club, text)
            assert "happy to help" in reply.text
            assert "What is Never Let Me Go about?" in reply.text
            assert reply.buttons == {}
        await club.bot.in_flight.finished()
    with Database(store) as opened:
        assert {question.text for question in stored_questions(opened)} <= {WHO}


async def test_small_talk_does_not_end_a_conversation(club: Club) -> None:
    room = await club.ana.dm()
    await room.answer_to(await club.ana.say(room, WHO))
    await room.answer_to(await club.ana.say(room, "thanks!"))
    assert "Keira Knightley" in (await room.answer_to(await club.ana.say(room, "and who plays her?"))).text


async def test_a_question_that_begins_as_small_talk_is_answered(club: Club) -> None:
    for question in ("Who are you meant to pity?", "Help me understand the ending", "Hello, does Kathy love Tommy?"):
        assert "More" in (await club.ask(question)).buttons


async def test_the_newest_of_several_questions_waits_its_turn(loopback_url: str, reviews: Path, store: Path) -> None:
    questions = [WHO, "Where is Hailsham?", "Who is Tommy?", "What is a deferral?"]
    async with run_club(loopback_url, reviews, store, member_wait=4.0) as club:
        room = await club.ana.dm()
        said = []
        for question in questions:
            said.append(await club.ana.say(room, question))
            await asyncio.sleep(0.9)
        await club.says(f"### {questions[0]}", f"### {questions[3]}", channel=room)
        now = [await each.now() for each in said]
        assert [each and each.data["reactions"] for each in now] == [[], ["⏳"], ["⏳"], []]


async def test_every_message_in_a_row_gets_an_answer(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=1.0) as club:
        room = await club.ana.dm()
        said = [await club.ana.say(room, text) for text in ("hi", "ok", "?", f"Who {'really ' * 43}is Ruth?")]
        await club.says("happy to help", "at most 300 characters", channel=room)
        now = [await each.now() for each in said]
        assert [each and each.data["reactions"] for each in now] == [[], ["⏳"], ["⏳"], []]


async def test_where_the_bot_may_not_react_it_says_that_it_answers_the_newest_question(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=2.0) as club:
        await club.general.permit_bot(deny=1 << 6)
        said = [await club.ana.mention(club.general, question) for question in (WHO, "Who is Tommy?", "Who is Kathy?")]
        texts = await eventually(club.said, lambda texts: len(texts) == 3)
        assert {text.split("\n")[0] for text in texts} == {
            f"### {WHO}",
            "### Who is Kathy?",
            "I answer the newest of your questions. Ask this one again in a moment.",
        }
        await club.ana.edit(said[1], f"<@{club.loopback.bot_id}> Where is Hailsham?")
        await eventually(club.said, lambda texts: any("### Where is Hailsham?" in text for text in texts))
