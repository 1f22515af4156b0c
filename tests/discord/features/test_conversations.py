"""Conversations: who goes on from what, in which place; and questions that change under way."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.cogs.ask.cog import MENU
from tests.discord.harness.club import OWNERS, QUESTION, Club, club, review_bot
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import Message, connect

WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"


async def messages_of_the_bot(here: Club) -> list[Message]:
    return [each for each in await here.general.messages() if each.data["author"]["id"] == here.there.bot_id]


async def test_a_follow_up_is_understood_in_a_dm_and_in_a_thread(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        room = await here.ana.dm()
        await room.answer_to(await here.ana.say(room, WHO))
        assert ACTRESS in (await room.answer_to(await here.ana.say(room, FOLLOW_UP))).text
        thread = await here.general.thread("Ruth", owner=here.ana)
        await thread.answer_to(await here.ana.mention(thread, WHO))
        assert ACTRESS in (await thread.answer_to(await here.ana.mention(thread, FOLLOW_UP))).text
        await here.assert_clean(log)


async def test_a_thread_that_is_started_from_an_answer_goes_on_from_it(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask(WHO)
        thread = await here.general.thread("Ruth", owner=here.ana, message=answer)
        bea = await here.server.member("Bea")
        assert ACTRESS in (await thread.answer_to(await bea.mention(thread, FOLLOW_UP))).text
        conversations = here.bot.conversations
        assert conversations.current(int(thread.id), int(bea.id)).context == (WHO, FOLLOW_UP)
        await here.assert_clean(log)


async def test_two_peoples_conversations_in_one_thread_never_mix(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        bea = await here.server.member("Bea")
        thread = await here.general.thread("Ruth", owner=here.ana)
        await thread.answer_to(await here.ana.mention(thread, WHO))
        await thread.answer_to(await bea.mention(thread, "What does the keeper clean every evening?"))
        assert ACTRESS in (await thread.answer_to(await here.ana.mention(thread, FOLLOW_UP))).text
        conversations = here.bot.conversations
        assert conversations.current(int(thread.id), int(here.ana.id)).context == (WHO, FOLLOW_UP)
        assert conversations.current(int(thread.id), int(bea.id)).context == (
            "What does the keeper clean every evening?",
        )
        await here.assert_clean(log)


async def test_a_follow_up_stays_with_the_review_unless_it_names_another(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask("What does the keeper clean in The Lighthouse Keeper?")
        said = await here.ana.say(here.general, "what does he care for?", reply_to=answer)
        stayed = await here.general.answer_to(said)
        assert "The Lighthouse Keeper" in stayed.text
        assert "Never Let Me Go" not in stayed.text
        said = await here.ana.say(here.general, "what is a deferral in Never Let Me Go?", reply_to=stayed)
        other = await here.general.answer_to(said)
        assert "Never Let Me Go ›" in other.text
        assert "The Lighthouse Keeper" not in other.text
        await here.assert_clean(log)


async def test_a_message_becomes_a_question_by_its_menu(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        bea = await here.server.member("Bea")
        said = await bea.say(here.general, "what is a deferral?")
        assert "deferrals" in (await (await here.ana.menu(said, MENU)).answer()).text
        long = await bea.say(here.general, "what is a deferral? " + "It goes on and on. " * 60)
        assert (await (await here.ana.menu(long, MENU)).answer()).text.startswith("### what is a deferral")
        await here.assert_clean(log)


async def test_a_message_without_text_can_be_no_question(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        said = await here.ana.say(here.general, "")
        told = await (await here.ana.menu(said, "Ask the reviews about this")).answer()
        assert told.text == "That message has no text to look up."
        await here.assert_clean(log)


async def test_a_question_edited_before_its_answer_is_answered_as_it_reads_then(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        await here.there.fault("POST .*/typing", "delay", seconds=0.4)
        said = await here.ana.mention(here.general, "What is Hailsham?")
        await here.ana.edit(said, f"<@{here.there.bot_id}> {QUESTION}")
        answer = await here.general.answer_to(said)
        assert QUESTION in answer.text
        assert "deferrals" in answer.text
        assert len(await messages_of_the_bot(here)) == 1
        await here.assert_clean(log)


async def test_a_question_deleted_before_its_answer_is_not_answered(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        await here.there.fault("POST .*/typing", "delay", seconds=0.4)
        said = await here.ana.mention(here.general, QUESTION)
        async with asyncio.timeout(10):
            while not await here.there.requests("/channels/{channel_id}/typing"):
                await asyncio.sleep(0.01)
        await here.ana.delete(said)
        await asyncio.sleep(0.8)
        assert await messages_of_the_bot(here) == []
        await here.assert_clean(log)


async def test_a_bare_mention_is_told_how_to_ask(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        assert "/help" in (await here.general.answer_to(await here.ana.mention(here.general, ""))).text
        too_short = await here.general.answer_to(await here.ana.mention(here.general, "a"))
        assert "at least 3 characters" in too_short.text
        await here.assert_clean(log)


async def test_a_question_too_soon_is_told_to_wait_and_costs_nothing(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store, member_wait=30.0) as here:
        assert "deferrals" in (await here.ask()).text
        wait = await here.ask()
        assert wait.ephemeral
        assert "seconds" in wait.text
        bea = await here.server.member("Bea")
        assert "deferrals" in (await (await bea.slash(here.general, "ask", question=QUESTION)).answer()).text
        await here.assert_clean(log)


async def test_a_server_asks_no_more_than_its_share(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store, server_rate=1) as here:
        assert "deferrals" in (await here.ask()).text
        bea = await here.server.member("Bea")
        told = await (await bea.slash(here.general, "ask", question=QUESTION)).answer()
        assert "seconds" in told.text
        await here.assert_clean(log)


async def test_when_too_many_wait_the_rest_are_told_that_it_is_busy(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store, queue=2) as here:
        ids = await here.there.burst((here.ana, here.general, "ask", {"question": QUESTION}) for _ in range(12))
        assert await here.there.wait_all(ids, "answered", timeout=20) == 12
        texts = [each.text for each in await messages_of_the_bot(here)]
        busy = sum("many questions" in text for text in texts)
        assert busy == here.bot.delivery.counts["busy"] > 0
        assert sum("deferrals" in text for text in texts) == 12 - busy
        await here.assert_clean(log)


async def test_where_the_bot_is_no_member_a_user_install_sees_the_shared_reviews(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with connect(loopback_url) as there, review_bot(there, reviews, store):
        elsewhere = await there.server("Elsewhere", bot=False)
        general = await elsewhere.channel("general")
        ana = await elsewhere.member("Ana", installed=True)
        answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
        assert "deferrals" in answer.text
        for button in ("Read 1 in context", "More passages", "Helpful"):
            await (await ana.click(answer, button)).answer()
        form = await ana.click(answer, "Ask a follow-up")
        assert "Never Let Me Go" in (await (await ana.submit(form, question="who tells them?")).answer()).text
        told = (await (await ana.slash(general, "help")).answer()).text
        assert "I’m not a member here" in told
        assert "mention me" not in told
        direct = (await (await ana.slash(await ana.dm(), "help")).answer()).text
        assert "mention me" in direct
        section = await ana.slash(general, "section", review=OWNERS, section="mirror")
        assert "The Ethical Mirror" in (await section.answer()).text
        await there.assert_clean()
        log.assert_clean(await there.secrets())
