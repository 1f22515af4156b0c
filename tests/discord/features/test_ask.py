"""Ask in every way, through the real client and the real engine."""

from __future__ import annotations

from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, Club
from tests.discord.loopback.client import answered

DEFERRAL = "The truth she reveals is shattering"


async def test_ask_answers_with_the_reviewers_words_and_a_citation(club: Club) -> None:
    answer = await club.ask()
    assert QUESTION in answer.text
    assert DEFERRAL in answer.text
    assert "Never Let Me Go" in answer.text
    assert "\n-# **1, 2** · A Life Measured in Donations ¶2" in answer.text
    assert not answer.ephemeral


async def test_the_bot_acknowledges_a_question_before_it_answers(club: Club) -> None:
    asked = await club.ana.slash(club.general, "ask", question=QUESTION)
    assert await asked.acknowledged() < 1.0
    assert (await asked.now())["callback_type"] == 5
    await asked.answer()


async def test_only_the_asker_sees_a_private_answer(club: Club) -> None:
    answer = await club.ask(private=True)
    assert answer.ephemeral
    assert answer.buttons.keys() == {"More", "Ask a follow-up", "Share"}


async def test_a_question_without_an_answer_gets_an_honest_refusal(club: Club) -> None:
    answer = await club.ask(UNANSWERABLE)
    assert "The reviews don’t say" in answer.text
    assert "I looked in" in answer.text
    assert answer.buttons.keys() == {"Browse reviews"}
    bea = await club.server.member("Bea")
    listed = await answered(bea.click(answer, "Browse reviews"))
    assert listed.ephemeral
    assert "The Lighthouse Keeper" in listed.text
    private = await club.ask(UNANSWERABLE, private=True)
    # The answer stays when the list opens.
    assert (await answered(club.ana.click(private, "Browse reviews"))).id != private.id
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


async def test_a_question_about_the_collection_gets_a_list_whose_menu_opens_a_review(club: Club) -> None:
    answer = await club.ask("which reviews are there?")
    assert "📚 Reviews:" in answer.text
    assert "**1.** The Lighthouse Keeper (1987)" in answer.text
    assert "👍" in answer.buttons
    contents = await answered(club.ana.pick(answer, "Lighthouse"))
    assert "The Lamp" in contents.text


async def test_a_mention_may_ask_about_the_collection_and_a_reply_changes_one_thing(club: Club) -> None:
    said = await club.ana.mention(club.general, "how many reviews are there?")
    answer = await club.general.answer_to(said)
    assert "There are 2 reviews:" in answer.text
    said = await club.ana.say(club.general, "and from the 80s?", reply_to=answer)
    assert "1987" in (await club.general.answer_to(said)).text


async def test_reviews_that_mention_something_are_quoted(club: Club) -> None:
    answer = await club.ask("which reviews mention a lamp?")
    assert "The lamp is cleaned every evening" in answer.text
    assert "In context" in answer.buttons


async def test_a_question_about_any_of_several_reviews_lets_the_member_choose_one(club: Club) -> None:
    answer = await club.ask("How does it end?")
    assert "**Which review do you mean?**" in answer.text
    assert "> " not in answer.text
    assert [option["label"] for option in answer.menu["options"]].count("Never Let Me Go") == 1
    bea = await club.server.member("Bea")
    narrowed = await answered(bea.pick(answer, "Never Let Me Go"))
    assert "How does it end?" in narrowed.text
    assert "Which review" not in narrowed.text
    assert "Never Let Me Go" in narrowed.text
    assert "Lighthouse" not in narrowed.text
    assert not narrowed.ephemeral


async def test_a_choice_below_a_private_answer_is_private(club: Club) -> None:
    answer = await club.ask("How does it end?", private=True)
    assert (await answered(club.ana.pick(answer, "Never Let Me Go"))).ephemeral
