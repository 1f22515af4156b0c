"""Asking, in every way there is, through the real client and the real engine."""

from __future__ import annotations

from pathlib import Path

from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, club
from tests.discord.harness.logs import LogWatch

DEFERRAL = "The truth she reveals is shattering"


async def test_ask_is_answered_with_the_reviewers_words_and_their_place(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask()
        assert QUESTION in answer.text
        assert DEFERRAL in answer.text
        assert "Never Let Me Go" in answer.text
        assert "paragraph" in answer.text
        assert not answer.ephemeral
        await here.assert_clean(log)


async def test_a_question_is_acknowledged_before_it_is_answered(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        asked = await here.ana.slash(here.general, "ask", question=QUESTION)
        assert await asked.acknowledged() < 1.0
        assert (await asked.now())["callback_type"] == 5
        await asked.answer()
        await here.assert_clean(log)


async def test_a_private_question_is_answered_to_the_asker_alone(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask(private=True)
        assert answer.ephemeral
        assert "Share" in answer.buttons
        assert "Delete" not in answer.buttons
        await here.assert_clean(log)


async def test_what_the_reviews_dont_say_is_said_to_be_so(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask(UNANSWERABLE)
        assert "The reviews don’t say" in answer.text
        assert "More passages" not in answer.buttons
        within = await here.ask(UNANSWERABLE, review=OWNERS)
        assert "Never Let Me Go" in within.text
        await here.assert_clean(log)


async def test_a_mention_is_answered_as_a_reply(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        said = await here.ana.mention(here.general, QUESTION)
        answer = await here.general.answer_to(said)
        assert DEFERRAL in answer.text
        assert answer.data["message_reference"]["message_id"] == said.id
        await here.assert_clean(log)


async def test_a_direct_message_is_answered(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        room = await here.ana.dm()
        said = await here.ana.say(room, QUESTION)
        assert DEFERRAL in (await room.answer_to(said)).text
        await here.assert_clean(log)


async def test_a_reply_to_an_answer_goes_on_from_it(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        answer = await here.ask("Who is Ruth?")
        said = await here.ana.say(here.general, "and who plays her?", reply_to=answer)
        assert "Keira Knightley" in (await here.general.answer_to(said)).text
        await here.assert_clean(log)
