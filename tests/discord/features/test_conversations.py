"""Follow-ups in every place, questions that change before their answer, and rate limits."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.cogs.ask.cog import MENU
from tests.discord.harness.club import OWNERS, QUESTION, Club, review_bot, run_club
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import answered, connect

WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"


async def test_a_dm_and_a_thread_understand_a_follow_up(club: Club) -> None:
    room = await club.ana.dm()
    await room.answer_to(await club.ana.say(room, WHO))
    assert ACTRESS in (await room.answer_to(await club.ana.say(room, FOLLOW_UP))).text
    thread = await club.general.thread("Ruth", owner=club.ana)
    await thread.answer_to(await club.ana.mention(thread, WHO))
    assert ACTRESS in (await thread.answer_to(await club.ana.mention(thread, FOLLOW_UP))).text


async def test_a_thread_opened_from_an_answer_continues_its_conversation(club: Club) -> None:
    answer = await club.ask(WHO)
    thread = await club.general.thread("Ruth", owner=club.ana, message=answer)
    bea = await club.server.member("Bea")
    assert ACTRESS in (await thread.answer_to(await bea.mention(thread, FOLLOW_UP))).text
    conversations = club.bot.conversations
    assert conversations.current(int(thread.id), int(bea.id)).context == (WHO, FOLLOW_UP)


async def test_two_members_in_one_thread_have_their_own_conversations(club: Club) -> None:
    bea = await club.server.member("Bea")
    thread = await club.general.thread("Ruth", owner=club.ana)
    await thread.answer_to(await club.ana.mention(thread, WHO))
    await thread.answer_to(await bea.mention(thread, "What does the keeper clean every evening?"))
    assert ACTRESS in (await thread.answer_to(await club.ana.mention(thread, FOLLOW_UP))).text
    conversations = club.bot.conversations
    assert conversations.current(int(thread.id), int(club.ana.id)).context == (WHO, FOLLOW_UP)
    assert conversations.current(int(thread.id), int(bea.id)).context == ("What does the keeper clean every evening?",)


async def test_a_follow_up_stays_with_the_review_unless_it_names_another(club: Club) -> None:
    answer = await club.ask("What does the keeper clean in The Lighthouse Keeper?")
    said = await club.ana.say(club.general, "what does he care for?", reply_to=answer)
    stayed = await club.general.answer_to(said)
    assert "The Lighthouse Keeper" in stayed.text
    assert "Never Let Me Go" not in stayed.text
    said = await club.ana.say(club.general, "what is a deferral in Never Let Me Go?", reply_to=stayed)
    other = await club.general.answer_to(said)
    assert "**Never Let Me Go**, in the reviewer’s words" in other.text
    assert "The Lighthouse Keeper" not in other.text


async def test_the_message_menu_asks_with_the_message(club: Club) -> None:
    bea = await club.server.member("Bea")
    said = await bea.say(club.general, "what is a deferral?")
    assert "deferrals" in (await answered(club.ana.menu(said, MENU))).text
    long = await bea.say(club.general, "what is a deferral? " + "It goes on and on. " * 60)
    assert (await answered(club.ana.menu(long, MENU))).text.startswith("### what is a deferral")


async def test_the_message_menu_refuses_a_message_without_text(club: Club) -> None:
    said = await club.ana.say(club.general, "")
    told = await answered(club.ana.menu(said, "Ask the reviews about this"))
    assert told.text == "That message has no text to look up."


async def test_a_question_edited_before_its_answer_gets_one_answer(club: Club) -> None:
    await club.loopback.fault("POST .*/typing", "delay", seconds=0.4)
    said = await club.ana.mention(club.general, "What is Hailsham?")
    await club.ana.edit(said, f"<@{club.loopback.bot_id}> {QUESTION}")
    answer = await club.general.answer_to(said)
    assert QUESTION in answer.text
    assert "deferrals" in answer.text
    assert len(await club.said()) == 1


async def test_a_question_deleted_before_its_answer_gets_none(club: Club) -> None:
    await club.loopback.fault("POST .*/typing", "delay", seconds=0.4)
    said = await club.ana.mention(club.general, QUESTION)
    async with asyncio.timeout(10):
        while not await club.loopback.requests("/channels/{channel_id}/typing"):
            await asyncio.sleep(0.01)
    await club.ana.delete(said)
    await asyncio.sleep(0.8)
    assert await club.said() == []


async def test_a_mention_without_a_question_says_how_to_ask(club: Club) -> None:
    assert "/help" in (await club.general.answer_to(await club.ana.mention(club.general, ""))).text
    too_short = await club.general.answer_to(await club.ana.mention(club.general, "a"))
    assert "at least 3 characters" in too_short.text


async def test_a_member_who_asks_again_too_soon_has_to_wait(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=30.0) as club:
        assert "deferrals" in (await club.ask()).text
        wait = await club.ask()
        assert wait.ephemeral
        assert "seconds" in wait.text
        bea = await club.server.member("Bea")
        assert "deferrals" in (await answered(bea.slash(club.general, "ask", question=QUESTION))).text


async def test_a_server_cannot_exceed_its_rate(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, server_rate=1) as club:
        assert "deferrals" in (await club.ask()).text
        bea = await club.server.member("Bea")
        told = await answered(bea.slash(club.general, "ask", question=QUESTION))
        assert "seconds" in told.text


async def test_questions_beyond_the_queue_hear_that_the_bot_is_busy(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, queue=2) as club:
        ids = await club.loopback.burst((club.ana, club.general, "ask", {"question": QUESTION}) for _ in range(12))
        assert await club.loopback.wait_all(ids, "answered", timeout=20) == 12
        texts = await club.said()
        busy = sum("many questions" in text for text in texts)
        assert busy == club.bot.delivery.counts["busy"] > 0
        assert sum("deferrals" in text for text in texts) == 12 - busy


async def test_a_user_install_sees_the_shared_reviews(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with connect(loopback_url) as loopback, review_bot(loopback, reviews, store):
        elsewhere = await loopback.server("Elsewhere", bot=False)
        general = await elsewhere.channel("general")
        ana = await elsewhere.member("Ana", installed=True)
        answer = await answered(ana.slash(general, "ask", question=QUESTION))
        assert "deferrals" in answer.text
        await answered(ana.click(answer, "More"))
        assert "deferral" in (await answered(ana.pick(answer, "1 ·"))).text
        form = await ana.click(answer, "Ask a follow-up")
        assert "Never Let Me Go" in (await answered(ana.submit(form, question="who tells them?"))).text
        told = (await answered(ana.slash(general, "help"))).text
        assert "I’m not a member here" in told
        assert "mention me" not in told
        direct = (await answered(ana.slash(await ana.dm(), "help"))).text
        assert "mention me" in direct
        section = await ana.slash(general, "section", review=OWNERS, section="mirror")
        assert "The Ethical Mirror" in (await section.answer()).text
        await loopback.assert_clean()
        log.assert_clean(await loopback.secrets())
