"""Buttons, menus and the follow-up form under an answer, pressed on the loopback Discord."""

from __future__ import annotations

import re
from pathlib import Path

from bot.storage.database import Database
from bot.storage.feedback import feedback_counts
from tests.discord.harness.club import QUESTION, Club, changed, review_bot, run_club
from tests.discord.harness.logs import LogWatch
from tests.discord.harness.programs import copied
from tests.discord.loopback.client import Message, Person, connect


async def turned(who: Person, page: Message, button: str) -> Message:
    """The page that takes the place of this one."""
    return await changed(page, await who.click(page, button))


async def test_a_quote_is_read_in_context_and_paged_for_the_presser_alone(club: Club) -> None:
    answer = await club.ask()
    bea = await club.server.member("Bea")
    page = await (await bea.click(answer, "Read 1 in context")).answer()
    assert page.ephemeral
    (marked,) = re.findall(r"\*\*(.+?)\*\*", page.text)
    assert f"> **1.** {marked}\n" in answer.text
    assert "Whole section" not in page.buttons  # all of it is there already
    contents = await turned(bea, page, "Contents")
    assert "The Ethical Mirror" in contents.text


async def test_a_quote_in_a_longer_section_leads_to_all_of_it(club: Club) -> None:
    answer = await club.ask("Is rebellion ever an option for the students?")
    page = await (await club.ana.click(answer, "Read 1 in context")).answer()
    assert "paragraphs 2–3 of 3" in page.text
    whole = await turned(club.ana, page, "Whole section")
    assert "paragraphs 1–3 of 3" in whole.text
    assert "**" not in whole.text
    assert "Contents" in whole.buttons


async def test_further_passages_of_a_follow_up_are_the_same_after_a_restart(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with connect(loopback_url) as loopback:
        server = await loopback.server("Film Club")
        general, ana = await server.channel("general"), await server.member("Ana")
        async with review_bot(loopback, reviews, store):
            answer = await (await ana.slash(general, "ask", question="Who is Ruth?")).answer()
            form = await ana.click(answer, "Ask a follow-up")
            plays = await (await ana.submit(form, question="and who plays her?")).answer()
            assert plays.text.startswith("-# ↪ Who is Ruth?\n### and who plays her?")
            before = await (await ana.click(plays, "More passages")).answer()
            before_later = await turned(ana, before, "More passages")
        async with review_bot(loopback, reviews, store):
            after = await (await ana.click(plays, "More passages")).answer()
            assert after.text == before.text
            assert (await turned(ana, after, "More passages")).text == before_later.text
            bare = await (await ana.slash(general, "ask", question="and who plays her?")).answer()
            assert (await (await ana.click(bare, "More passages")).answer()).text != after.text
            said = await ana.say(general, "and who plays Tommy?", reply_to=plays)
            assert (await general.answer_to(said)).text.startswith("-# ↪ and who plays her?")
        await loopback.assert_clean()
        log.assert_clean(await loopback.secrets())


async def test_further_passages_stay_within_the_review_that_was_chosen(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with connect(loopback_url) as loopback:
        server = await loopback.server("Film Club")
        general, ana = await server.channel("general"), await server.member("Ana")
        async with review_bot(loopback, reviews, store):
            answer = await (await ana.slash(general, "ask", question="Who drowns?", review="lighthouse")).answer()
            form = await ana.click(answer, "Ask a follow-up")
            follow_up = await (await ana.submit(form, question="and what does he clean?")).answer()
        async with review_bot(loopback, reviews, store):
            for each in (answer, follow_up):
                more = await (await ana.click(each, "More passages")).answer()
                assert more.text.count("The Lighthouse Keeper ›") == 3
                assert "Never Let Me Go" not in more.text
        await loopback.assert_clean()
        log.assert_clean(await loopback.secrets())


async def test_what_was_asked_in_private_is_not_shown_above_a_public_follow_up(club: Club) -> None:
    thread = await club.general.thread("Ruth", owner=club.ana)
    await (await club.ana.slash(thread, "ask", question="Who is Ruth?", private=True)).answer()
    answer = await thread.answer_to(await club.ana.mention(thread, "and who plays her?"))
    assert answer.text.startswith("### and who plays her?")


async def test_who_presses_too_soon_is_told_to_wait_and_who_has_just_asked_is_not(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=30.0) as club:
        answer = await club.ask()
        assert QUESTION in (await (await club.ana.click(answer, "More passages")).answer()).text
        again = await (await club.ana.click(answer, "More passages")).answer()
        assert again.ephemeral
        assert "Press again in" in again.text
        form = await club.ana.click(answer, "Ask a follow-up")
        told = await (await club.ana.submit(form, question="who tells them?")).answer()
        assert told.ephemeral
        assert "You can ask again in" in told.text
        assert "who tells them?" in told.text  # what was typed is not lost


async def test_more_passages_are_found_by_the_question_that_the_message_shows(club: Club) -> None:
    answer = await club.ask()
    more = await (await club.ana.click(answer, "More passages")).answer()
    assert more.ephemeral
    assert QUESTION in more.text
    assert "**1\\.**" in more.text or "**1.**" in more.text
    later = await turned(club.ana, more, "More passages")
    assert "**4.**" in later.text
    assert (await turned(club.ana, later, "Earlier")).text == more.text


async def test_a_follow_up_by_form_is_understood_from_the_answer(club: Club) -> None:
    answer = await club.ask("Who is Ruth?")
    form = await club.ana.click(answer, "Ask a follow-up")
    handed_in = await club.ana.submit(form, question="and who plays her?")
    assert "Keira Knightley" in (await handed_in.answer()).text


async def test_a_follow_up_to_a_private_answer_stays_private(club: Club) -> None:
    answer = await club.ask("Who is Ruth?", private=True)
    form = await club.ana.click(answer, "Ask a follow-up")
    assert (await (await club.ana.submit(form, question="and who plays her?")).answer()).ephemeral


async def test_a_private_answer_is_shared_as_it_was_seen(club: Club) -> None:
    answer = await club.ask(private=True)
    shared = await (await club.ana.click(answer, "Share")).answer()
    assert not shared.ephemeral
    assert shared.text == answer.text
    assert "Share" not in shared.buttons
    bea = await club.server.member("Bea")
    assert (await (await bea.click(shared, "Read 1 in context")).answer()).ephemeral
    refused = await (await bea.click(shared, "Delete")).answer()
    assert "Only the person who asked" in refused.text
    await (await club.ana.click(shared, "Delete")).acknowledged()
    assert await shared.now() is None


async def test_an_answer_is_deleted_by_its_asker_alone(club: Club) -> None:
    answer = await club.ask()
    bea = await club.server.member("Bea")
    assert "Only the person who asked" in (await (await bea.click(answer, "Delete")).answer()).text
    assert await answer.now() is not None
    gone = await club.ana.click(answer, "Delete")
    await gone.acknowledged()
    assert await answer.now() is None


async def test_a_verdict_is_thanked_for_and_the_latest_counts(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        answer = await club.ask()
        thanks = await (await club.ana.click(answer, "Helpful")).answer()
        assert thanks.ephemeral
        assert "Thank you" in thanks.text
        bea = await club.server.member("Bea")
        await (await bea.click(answer, "Helpful")).answer()
        await (await bea.click(answer, "Not helpful")).answer()
        await club.bot.in_flight.finished()
    with Database(store) as opened:
        assert feedback_counts(opened) == (1, 1)


async def test_a_button_whose_review_is_gone_says_so_without_a_restart(
    loopback_url: str, reviews: Path, store: Path, tmp_path: Path
) -> None:
    data = copied(reviews, tmp_path)
    async with run_club(loopback_url, data, store) as club:
        answer = await club.ask("Who drowns?", review="lighthouse")
        button = next(each["custom_id"] for label, each in answer.buttons.items() if label.startswith("Read"))
        (data / "reviews" / "lighthouse.md").unlink()
        await club.bot.engine.update_index()
        assert "expired" in (await (await club.ana.click(answer, button)).answer()).text
        assert "deferrals" in (await club.ask()).text
