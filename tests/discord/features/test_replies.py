"""Replies that are edited and deleted with their questions, and hints for messages that the bot can't read."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import discord
import pytest

from tests.discord.harness.bots import until
from tests.discord.harness.club import QUESTION, Club, eventually, run_club
from tests.discord.loopback.client import Message

WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"


async def asked(club: Club, question: str) -> tuple[Message, Message]:
    """Ask by a mention as Ana; return the question and its answer."""
    said = await club.ana.mention(club.general, question)
    return said, await club.general.answer_to(said)


async def test_deleting_a_question_deletes_its_answer(club: Club) -> None:
    said, answer = await asked(club, QUESTION)
    await club.ana.delete(said)
    await eventually(club.said, lambda texts: texts == [])
    await club.bot.in_flight.finished()
    assert club.bot.conversations.up_to(int(answer.id), int(club.ana.id)) is None


async def test_deleting_a_question_in_a_dm_deletes_its_answer(club: Club) -> None:
    room = await club.ana.dm()
    first = await club.ana.say(room, WHO)
    await room.answer_to(first)
    second = await club.ana.say(room, "Where is Hailsham?")
    await room.answer_to(second)
    await club.ana.delete(second)
    await eventually(partial(club.said, room), lambda texts: len(texts) == 1)
    third = await room.answer_to(await club.ana.say(room, FOLLOW_UP))
    assert ACTRESS in third.text
    assert third.text.startswith(f"-# ↪ {WHO}")


async def test_purging_questions_with_their_answers_leaves_nothing_to_do(club: Club) -> None:
    said, answer = await asked(club, WHO)
    other, other_answer = await asked(club, QUESTION)
    event = {"ids": [said.id, answer.id, other.id], "channel_id": club.general.id, "guild_id": club.server.id}
    await club.loopback.disturb("event", name="MESSAGE_DELETE_BULK", data=event)
    await eventually(club.said, lambda texts: texts == [answer.text])
    assert await other_answer.now() is None
    assert club.bot.conversations.up_to(int(answer.id), int(club.ana.id)) is None
    deleted = await club.loopback.requests("/channels/{channel_id}/messages/{message_id}")
    assert [each["method"] for each in deleted] == ["DELETE"]


async def test_a_follow_up_ignores_a_deleted_answer(club: Club) -> None:
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


async def test_editing_a_question_changes_its_answer(club: Club) -> None:
    said, answer = await asked(club, "What is Hailsham?")
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    (text,) = await eventually(club.said, lambda texts: "deferrals" in texts[0])
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


async def test_only_an_edit_after_the_answer_has_to_wait(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=1.0) as club:
        await club.loopback.fault("POST .*/typing", "delay", seconds=0.4)
        said = await club.ana.mention(club.general, "What is Hailsham?")
        await club.ana.edit(said, f"<@{club.loopback.bot_id}> {WHO}")
        assert (await club.general.answer_to(said)).text.startswith(f"### {WHO}")
        await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
        (text,) = await eventually(club.said, lambda texts: "deferrals" in texts[0])
        assert text.startswith(f"### {QUESTION}")


async def test_an_edit_corrects_a_question_that_was_too_short(club: Club) -> None:
    said, told = await asked(club, "a")
    assert "at least 3 characters" in told.text
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    await eventually(club.said, lambda texts: len(texts) == 1 and "deferrals" in texts[0])


async def test_mentioning_the_bots_role_gets_a_hint_once(club: Club) -> None:
    guild = club.bot.get_guild(int(club.server.id))
    assert guild is not None
    assert guild.self_role is not None
    said = await club.ana.say(club.general, f"<@&{guild.self_role.id}> {WHO}")
    hint = await club.general.answer_to(said)
    assert hint.text.startswith("You mentioned my role")
    await club.ana.say(club.general, f"<@&{guild.self_role.id}> {WHO}")
    await club.ana.say(club.general, f"<@&{club.server.id}> {WHO}")
    await asyncio.sleep(0.3)
    assert await club.said() == [hint.text]
    # An edit that mentions the bot turns the hint into the answer.
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    await eventually(club.said, lambda texts: "deferrals" in texts[0])


async def test_a_reply_without_a_mention_gets_a_hint_once(club: Club) -> None:
    answer = await club.ask(WHO)
    said = await club.ana.say(club.general, FOLLOW_UP, reply_to=answer, ping=False)
    hint = await club.general.answer_to(said)
    assert "only read replies that mention me" in hint.text
    again = await club.ana.say(club.general, "hello?", reply_to=answer, ping=False)
    bea = await club.server.member("Bea")
    to_bea = await bea.say(club.general, "I love that film", reply_to=again, ping=False)
    await asyncio.sleep(0.3)
    assert [text for text in await club.said() if "mention me" in text] == [hint.text]
    assert to_bea.id > hint.id
    # An edit that mentions the bot turns the hint into the answer.
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {FOLLOW_UP}")
    await eventually(club.said, lambda texts: ACTRESS in texts[1])
    await club.ana.delete(said)
    await eventually(club.said, lambda texts: texts == [answer.text])


@pytest.mark.parametrize("event", ["guild_channel_update", "guild_role_update", "member_update"])
async def test_a_change_of_permissions_ends_the_pause_after_a_refused_post(club: Club, event: str) -> None:
    await club.loopback.fault("POST /channels/.*/messages", "status", status=403, code=50013)
    await club.ana.mention(club.general, QUESTION)
    channel = club.bot.get_channel(int(club.general.id))
    assert isinstance(channel, discord.TextChannel)
    await until(lambda: not club.bot.delivery.can_post(channel))
    guild = channel.guild
    changed = {"guild_channel_update": channel, "guild_role_update": guild.default_role, "member_update": guild.me}
    club.bot.dispatch(event, changed[event], changed[event])
    assert "deferrals" in (await club.general.answer_to(await club.ana.mention(club.general, QUESTION))).text


async def test_a_channel_that_discord_gives_back_is_answered_at_once(club: Club) -> None:
    await club.loopback.fault("POST /channels/.*/messages", "status", status=403, code=50013)
    await club.ana.mention(club.general, QUESTION)
    channel = club.bot.get_channel(int(club.general.id))
    assert isinstance(channel, discord.TextChannel)
    await until(lambda: not club.bot.delivery.can_post(channel))
    await club.general.permit_bot()
    await until(lambda: club.bot.delivery.can_post(channel))
    assert "deferrals" in (await club.general.answer_to(await club.ana.mention(club.general, QUESTION))).text
