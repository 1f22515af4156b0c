"""Ask in every way, through the real client and the real engine."""

from __future__ import annotations

from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, Club

DEFERRAL = "The truth she reveals is shattering"


async def test_ask_answers_with_the_reviewers_words_and_a_citation(club: Club) -> None:
    answer = await club.ask()
    assert QUESTION in answer.text
    assert DEFERRAL in answer.text
    assert "Never Let Me Go" in answer.text
    assert "paragraph" in answer.text
    assert not answer.ephemeral


async def test_the_bot_acknowledges_a_question_before_it_answers(club: Club) -> None:
    asked = await club.ana.slash(club.general, "ask", question=QUESTION)
    assert await asked.acknowledged() < 1.0
    assert (await asked.now())["callback_type"] == 5
    await asked.answer()


async def test_only_the_asker_sees_a_private_answer(club: Club) -> None:
    answer = await club.ask(private=True)
    assert answer.ephemeral
    assert "Share" in answer.buttons
    assert "Delete" not in answer.buttons


async def test_a_question_without_an_answer_gets_an_honest_refusal(club: Club) -> None:
    answer = await club.ask(UNANSWERABLE)
    assert "The reviews don’t say" in answer.text
    assert "More passages" not in answer.buttons
    within = await club.ask(UNANSWERABLE, review=OWNERS)
    assert "Never Let Me Go" in within.text


async def test_a_mention_gets_a_reply(club: Club) -> None:
    said = await club.ana.mention(club.general, QUESTION)
    answer = await club.general.answer_to(said)
    assert DEFERRAL in answer.text
    assert answer.data["message_reference"]["message_id"] == said.id


async def test_a_direct_message_gets_an_answer(club: Club) -> None:
    room = await club.ana.dm()
    said = await club.ana.say(room, QUESTION)
    assert DEFERRAL in (await room.answer_to(said)).text


async def test_a_reply_to_an_answer_is_a_follow_up(club: Club) -> None:
    answer = await club.ask("Who is Ruth?")
    said = await club.ana.say(club.general, "and who plays her?", reply_to=answer)
    assert "Keira Knightley" in (await club.general.answer_to(said)).text
