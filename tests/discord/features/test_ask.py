"""Asking, in every way there is, through the real client and the real engine."""

from __future__ import annotations

from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, Club

DEFERRAL = "The truth she reveals is shattering"


async def test_ask_is_answered_with_the_reviewers_words_and_their_place(club: Club) -> None:
    answer = await club.ask()
    assert QUESTION in answer.text
    assert DEFERRAL in answer.text
    assert "Never Let Me Go" in answer.text
    assert "paragraph" in answer.text
    assert not answer.ephemeral


async def test_a_question_is_acknowledged_before_it_is_answered(club: Club) -> None:
    asked = await club.ana.slash(club.general, "ask", question=QUESTION)
    assert await asked.acknowledged() < 1.0
    assert (await asked.now())["callback_type"] == 5
    await asked.answer()


async def test_a_private_question_is_answered_to_the_asker_alone(club: Club) -> None:
    answer = await club.ask(private=True)
    assert answer.ephemeral
    assert "Share" in answer.buttons
    assert "Delete" not in answer.buttons


async def test_what_the_reviews_dont_say_is_said_to_be_so(club: Club) -> None:
    answer = await club.ask(UNANSWERABLE)
    assert "The reviews don’t say" in answer.text
    assert "More passages" not in answer.buttons
    within = await club.ask(UNANSWERABLE, review=OWNERS)
    assert "Never Let Me Go" in within.text


async def test_a_mention_is_answered_as_a_reply(club: Club) -> None:
    said = await club.ana.mention(club.general, QUESTION)
    answer = await club.general.answer_to(said)
    assert DEFERRAL in answer.text
    assert answer.data["message_reference"]["message_id"] == said.id


async def test_a_direct_message_is_answered(club: Club) -> None:
    room = await club.ana.dm()
    said = await club.ana.say(room, QUESTION)
    assert DEFERRAL in (await room.answer_to(said)).text


async def test_a_reply_to_an_answer_goes_on_from_it(club: Club) -> None:
    answer = await club.ask("Who is Ruth?")
    said = await club.ana.say(club.general, "and who plays her?", reply_to=answer)
    assert "Keira Knightley" in (await club.general.answer_to(said)).text
