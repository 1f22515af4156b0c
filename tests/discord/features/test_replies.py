"""Replies that follow their questions: edited with them, deleted with them, forgotten with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.discord.harness.club import QUESTION, Club, run_club
from tests.discord.loopback.client import Channel, Message

WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"


async def said_by_the_bot(club: Club, place: Channel) -> list[str]:
    messages = await place.messages()
    return [each.text for each in messages if each.data["author"]["id"] == club.loopback.bot_id]


async def until(club: Club, place: Channel, what: Callable[[list[str]], bool]) -> list[str]:
    """What the bot has said there, once that is as it should be."""
    for _ in range(500):
        texts = await said_by_the_bot(club, place)
        if what(texts):
            return texts
        await asyncio.sleep(0.01)
    raise AssertionError(texts)


async def asked(club: Club, question: str) -> tuple[Message, Message]:
    """Ana's question by a mention, and its answer."""
    said = await club.ana.mention(club.general, question)
    return said, await club.general.answer_to(said)


async def test_an_answer_goes_with_its_question(club: Club) -> None:
    said, answer = await asked(club, QUESTION)
    await club.ana.delete(said)
    await until(club, club.general, lambda texts: texts == [])
    await club.bot.in_flight.finished()
    assert club.bot.conversations.up_to(int(answer.id), int(club.ana.id)) is None


async def test_in_a_dm_too(club: Club) -> None:
    room = await club.ana.dm()
    first = await club.ana.say(room, WHO)
    await room.answer_to(first)
    second = await club.ana.say(room, "Where is Hailsham?")
    await room.answer_to(second)
    await club.ana.delete(second)
    await until(club, room, lambda texts: len(texts) == 1)
    third = await room.answer_to(await club.ana.say(room, FOLLOW_UP))
    assert ACTRESS in third.text
    assert third.text.startswith(f"-# ↪ {WHO}")


async def test_when_questions_and_answers_are_purged_at_once_nothing_is_left_to_do(club: Club) -> None:
    said, answer = await asked(club, WHO)
    other, other_answer = await asked(club, QUESTION)
    event = {"ids": [said.id, answer.id, other.id], "channel_id": club.general.id, "guild_id": club.server.id}
    await club.loopback.disturb("event", name="MESSAGE_DELETE_BULK", data=event)
    await until(club, club.general, lambda texts: texts == [answer.text])
    assert await other_answer.now() is None
    assert club.bot.conversations.up_to(int(answer.id), int(club.ana.id)) is None
    deleted = await club.loopback.requests("/channels/{channel_id}/messages/{message_id}")
    assert [each["method"] for each in deleted] == ["DELETE"]


async def test_a_follow_up_knows_nothing_of_an_answer_that_is_gone(club: Club) -> None:
    thread = await club.general.thread("Ruth", owner=club.ana)
    about_keeper = await club.ana.mention(thread, "What does the keeper clean in The Lighthouse Keeper?")
    wrong = await thread.answer_to(about_keeper)
    await club.ana.delete(wrong)  # as a moderator may
    async with asyncio.timeout(10):
        while club.bot.conversations.current(int(thread.id), int(club.ana.id)).context:
            await asyncio.sleep(0.01)
    answer = await thread.answer_to(await club.ana.mention(thread, WHO))
    assert "Never Let Me Go" in answer.text
    assert "↪" not in answer.text


async def test_an_answer_follows_its_question_when_that_is_edited(club: Club) -> None:
    said, answer = await asked(club, "What is Hailsham?")
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    (text,) = await until(club, club.general, lambda texts: "deferrals" in texts[0])
    assert text.startswith(f"### {QUESTION}")
    known = club.bot.conversations.up_to(int(answer.id), int(club.ana.id))
    assert known is not None
    assert known.context == (QUESTION,)


async def test_an_edit_that_changes_no_word_changes_no_answer(club: Club) -> None:
    said, answer = await asked(club, QUESTION)
    await club.ana.edit(said, said.content)
    await club.ana.edit(said, "without a mention Discord keeps this back")
    await asyncio.sleep(0.3)
    now = await answer.now()
    assert now is not None
    assert (now.text, now.data["edits"]) == (answer.text, 0)


async def test_an_edit_while_the_answer_is_under_way_costs_no_wait_and_one_after_it_does(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=1.0) as club:
        await club.loopback.fault("POST .*/typing", "delay", seconds=0.4)
        said = await club.ana.mention(club.general, "What is Hailsham?")
        await club.ana.edit(said, f"<@{club.loopback.bot_id}> {WHO}")
        assert (await club.general.answer_to(said)).text.startswith(f"### {WHO}")
        await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
        (text,) = await until(club, club.general, lambda texts: "deferrals" in texts[0])
        assert text.startswith(f"### {QUESTION}")


async def test_a_question_too_short_is_put_right_by_an_edit(club: Club) -> None:
    said, told = await asked(club, "a")
    assert "at least 3 characters" in told.text
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    await until(club, club.general, lambda texts: len(texts) == 1 and "deferrals" in texts[0])


async def test_whoever_mentions_the_bots_role_is_told_to_mention_the_bot(club: Club) -> None:
    guild = club.bot.get_guild(int(club.server.id))
    assert guild is not None
    assert guild.self_role is not None
    said = await club.ana.say(club.general, f"<@&{guild.self_role.id}> {WHO}")
    hint = await club.general.answer_to(said)
    assert hint.text.startswith("You mentioned my role")
    await club.ana.say(club.general, f"<@&{guild.self_role.id}> {WHO}")
    await club.ana.say(club.general, f"<@&{club.server.id}> {WHO}")
    await asyncio.sleep(0.3)
    assert await said_by_the_bot(club, club.general) == [hint.text]
    # The bot itself mentioned afterwards, the hint becomes the answer.
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    await until(club, club.general, lambda texts: "deferrals" in texts[0])


async def test_whoever_replies_without_a_mention_is_told_once_that_it_is_not_read(club: Club) -> None:
    answer = await club.ask(WHO)
    said = await club.ana.say(club.general, FOLLOW_UP, reply_to=answer, ping=False)
    hint = await club.general.answer_to(said)
    assert "only read replies that mention me" in hint.text
    again = await club.ana.say(club.general, "hello?", reply_to=answer, ping=False)
    bea = await club.server.member("Bea")
    to_bea = await bea.say(club.general, "I love that film", reply_to=again, ping=False)
    await asyncio.sleep(0.3)
    assert [text for text in await said_by_the_bot(club, club.general) if "mention me" in text] == [hint.text]
    assert to_bea.id > hint.id
    # The mention put in afterwards, the hint becomes the answer.
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {FOLLOW_UP}")
    await until(club, club.general, lambda texts: ACTRESS in texts[1])
    await club.ana.delete(said)
    await until(club, club.general, lambda texts: texts == [answer.text])
