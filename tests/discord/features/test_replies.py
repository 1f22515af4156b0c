"""Replies that are edited and deleted with their questions, and hints for messages that the bot can't read."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import discord
import pytest

from tests.discord.harness.bots import until
from tests.discord.harness.club import QUESTION, Club, eventually, review_bot, run_club
from tests.discord.harness.programs import channel_and_member
from tests.discord.loopback.client import Message, answered, connect

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


async def test_a_reply_to_another_members_message_is_about_its_text(club: Club) -> None:
    ben = await club.server.member("Ben")
    claim = await ben.mention(club.general, "Kathy and Tommy are given a deferral in the end.")
    await club.general.answer_to(claim)
    said = await club.ana.say(club.general, f"<@{club.loopback.bot_id}> is that true?", reply_to=claim)
    answer = await club.general.answer_to(said)
    assert answer.text.startswith("-# ↪ Kathy and Tommy are given a deferral in the end.\n### is that true?\n-# 💬")
    alone = await club.ana.say(club.general, f"<@{club.loopback.bot_id}>", reply_to=claim)
    assert (await club.general.answer_to(alone)).text.startswith("### Kathy and Tommy are given a deferral in the end.")


async def test_a_reply_in_a_dm_is_about_the_text_of_an_older_message(club: Club) -> None:
    room = await club.ana.dm()
    older = await club.ana.say(room, WHO)
    await room.answer_to(older)
    await room.answer_to(await club.ana.say(room, "What does the keeper clean in The Lighthouse Keeper?"))
    assert ACTRESS in (await room.answer_to(await club.ana.say(room, FOLLOW_UP, reply_to=older))).text


async def test_a_reply_to_a_message_that_the_bot_cannot_read_points_to_the_menu(club: Club) -> None:
    ben = await club.server.member("Ben")
    claim = await ben.say(club.general, "They are given a deferral.")
    for text in ("is that true?", ""):
        said = await club.ana.say(club.general, f"<@{club.loopback.bot_id}> {text}", reply_to=claim)
        assert "*Ask the reviews about this*" in (await club.general.answer_to(said)).text
    said = await club.ana.say(club.general, f"<@{club.loopback.bot_id}> {QUESTION}", reply_to=claim)
    assert (await club.general.answer_to(said)).text.startswith(f"### {QUESTION}")


async def test_a_forwarded_message_is_read_or_named(club: Club) -> None:
    room = await club.ana.dm()
    original = await club.ana.say(club.general, QUESTION)
    assert (await room.answer_to(await club.ana.forward(room, original))).text.startswith(f"### {QUESTION}")
    forwarded = await club.ana.forward(club.general, original)
    asked = await answered(club.ana.menu(forwarded, "Ask the reviews about this"))
    assert asked.text.startswith(f"### {QUESTION}")
    picture = await club.ana.say(club.general, "")
    assert (
        "can’t read the message that you forwarded"
        in (await room.answer_to(await club.ana.forward(room, picture))).text
    )


async def test_a_mention_that_an_edit_adds_is_answered_once(club: Club) -> None:
    said = await club.ana.say(club.general, WHO)
    for question in (WHO, QUESTION):
        await club.ana.edit(said, f"<@{club.loopback.bot_id}> {question}")
        await club.says(f"### {question}")
    await club.bot.in_flight.finished()
    assert len(await club.said()) == 1


async def test_an_edit_of_a_message_from_before_the_start_is_not_answered(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with connect(loopback_url) as loopback:
        general, ana = await channel_and_member(loopback)
        async with review_bot(loopback, reviews, store):
            said = await ana.mention(general, WHO)
            await general.answer_to(said)
        async with review_bot(loopback, reviews, store) as bot:
            await ana.edit(said, f"<@{loopback.bot_id}> {QUESTION}")
            await general.answer_to(await ana.mention(general, "Who is Tommy?"))
            await bot.in_flight.finished()
            assert len([each for each in await general.messages() if each.text.startswith("###")]) == 2
