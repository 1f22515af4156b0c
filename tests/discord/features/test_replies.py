"""Replies that follow their questions: edited with them, deleted with them, forgotten with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.discord.harness.club import QUESTION, Club, club
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import Channel, Message

WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"


async def said_by_the_bot(here: Club, place: Channel) -> list[str]:
    messages = await place.messages()
    return [each.text for each in messages if each.data["author"]["id"] == here.there.bot_id]


async def until(here: Club, place: Channel, what: Callable[[list[str]], bool]) -> list[str]:
    """What the bot has said there, once that is as it should be."""
    for _ in range(500):
        texts = await said_by_the_bot(here, place)
        if what(texts):
            return texts
        await asyncio.sleep(0.01)
    raise AssertionError(texts)


async def asked(here: Club, question: str) -> tuple[Message, Message]:
    """Ana's question by a mention, and its answer."""
    said = await here.ana.mention(here.general, question)
    return said, await here.general.answer_to(said)


async def test_an_answer_goes_with_its_question(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        said, answer = await asked(here, QUESTION)
        await here.ana.delete(said)
        await until(here, here.general, lambda texts: texts == [])
        await here.bot.in_flight.finished()
        assert here.bot.conversations.up_to(int(answer.id), int(here.ana.id)) is None
        await here.assert_clean(log)


async def test_in_a_dm_too(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        room = await here.ana.dm()
        first = await here.ana.say(room, WHO)
        await room.answer_to(first)
        second = await here.ana.say(room, "Where is Hailsham?")
        await room.answer_to(second)
        await here.ana.delete(second)
        await until(here, room, lambda texts: len(texts) == 1)
        third = await room.answer_to(await here.ana.say(room, FOLLOW_UP))
        assert ACTRESS in third.text
        assert third.text.startswith(f"-# ↪ {WHO}")
        await here.assert_clean(log)


async def test_when_questions_and_answers_are_purged_at_once_nothing_is_left_to_do(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        said, answer = await asked(here, WHO)
        other, other_answer = await asked(here, QUESTION)
        event = {"ids": [said.id, answer.id, other.id], "channel_id": here.general.id, "guild_id": here.server.id}
        await here.there.disturb("event", name="MESSAGE_DELETE_BULK", data=event)
        await until(here, here.general, lambda texts: texts == [answer.text])
        assert await other_answer.now() is None
        assert here.bot.conversations.up_to(int(answer.id), int(here.ana.id)) is None
        deleted = await here.there.requests("/channels/{channel_id}/messages/{message_id}")
        assert [each["method"] for each in deleted] == ["DELETE"]
        await here.assert_clean(log)


async def test_a_follow_up_knows_nothing_of_an_answer_that_is_gone(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        thread = await here.general.thread("Ruth", owner=here.ana)
        about_keeper = await here.ana.mention(thread, "What does the keeper clean in The Lighthouse Keeper?")
        wrong = await thread.answer_to(about_keeper)
        await here.ana.delete(wrong)  # as a moderator may
        async with asyncio.timeout(10):
            while here.bot.conversations.current(int(thread.id), int(here.ana.id)).context:
                await asyncio.sleep(0.01)
        answer = await thread.answer_to(await here.ana.mention(thread, WHO))
        assert "Never Let Me Go" in answer.text
        assert "↪" not in answer.text
        await here.assert_clean(log)


async def test_an_answer_follows_its_question_when_that_is_edited(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        said, answer = await asked(here, "What is Hailsham?")
        await here.ana.edit(said, f"<@{here.there.bot_id}> {QUESTION}")
        (text,) = await until(here, here.general, lambda texts: "deferrals" in texts[0])
        assert text.startswith(f"### {QUESTION}")
        known = here.bot.conversations.up_to(int(answer.id), int(here.ana.id))
        assert known is not None
        assert known.context == (QUESTION,)
        await here.assert_clean(log)


async def test_an_edit_that_changes_no_word_changes_no_answer(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        said, answer = await asked(here, QUESTION)
        await here.ana.edit(said, said.content)
        await here.ana.edit(said, "without a mention Discord keeps this back")
        await asyncio.sleep(0.3)
        now = await answer.now()
        assert now is not None
        assert (now.text, now.data["edits"]) == (answer.text, 0)
        await here.assert_clean(log)


async def test_an_edit_while_the_answer_is_under_way_costs_no_wait_and_one_after_it_does(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store, member_wait=1.0) as here:
        await here.there.fault("POST .*/typing", "delay", seconds=0.4)
        said = await here.ana.mention(here.general, "What is Hailsham?")
        await here.ana.edit(said, f"<@{here.there.bot_id}> {WHO}")
        assert (await here.general.answer_to(said)).text.startswith(f"### {WHO}")
        await here.ana.edit(said, f"<@{here.there.bot_id}> {QUESTION}")
        (text,) = await until(here, here.general, lambda texts: "deferrals" in texts[0])
        assert text.startswith(f"### {QUESTION}")
        await here.assert_clean(log)


async def test_a_question_too_short_is_put_right_by_an_edit(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        said, told = await asked(here, "a")
        assert "at least 3 characters" in told.text
        await here.ana.edit(said, f"<@{here.there.bot_id}> {QUESTION}")
        await until(here, here.general, lambda texts: len(texts) == 1 and "deferrals" in texts[0])
        await here.assert_clean(log)


async def test_whoever_mentions_the_bots_role_is_told_to_mention_the_bot(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        guild = here.bot.get_guild(int(here.server.id))
        assert guild is not None
        assert guild.self_role is not None
        said = await here.ana.say(here.general, f"<@&{guild.self_role.id}> {WHO}")
        hint = await here.general.answer_to(said)
        assert hint.text.startswith("You mentioned my role")
        await here.ana.say(here.general, f"<@&{guild.self_role.id}> {WHO}")
        await here.ana.say(here.general, f"<@&{here.server.id}> {WHO}")
        await asyncio.sleep(0.3)
        assert await said_by_the_bot(here, here.general) == [hint.text]
        # The bot itself mentioned afterwards, the hint becomes the answer.
        await here.ana.edit(said, f"<@{here.there.bot_id}> {QUESTION}")
        await until(here, here.general, lambda texts: "deferrals" in texts[0])
        await here.assert_clean(log)


async def test_whoever_replies_without_a_mention_is_told_once_that_it_is_not_read(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask(WHO)
        said = await here.ana.say(here.general, FOLLOW_UP, reply_to=answer, ping=False)
        hint = await here.general.answer_to(said)
        assert "only read replies that mention me" in hint.text
        again = await here.ana.say(here.general, "hello?", reply_to=answer, ping=False)
        bea = await here.server.member("Bea")
        to_bea = await bea.say(here.general, "I love that film", reply_to=again, ping=False)
        await asyncio.sleep(0.3)
        assert [text for text in await said_by_the_bot(here, here.general) if "mention me" in text] == [hint.text]
        assert to_bea.id > hint.id
        # The mention put in afterwards, the hint becomes the answer.
        await here.ana.edit(said, f"<@{here.there.bot_id}> {FOLLOW_UP}")
        await until(here, here.general, lambda texts: ACTRESS in texts[1])
        await here.ana.delete(said)
        await until(here, here.general, lambda texts: texts == [answer.text])
        await here.assert_clean(log)
