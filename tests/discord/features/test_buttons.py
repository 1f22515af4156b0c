"""The buttons and menus below an answer, and the form for a follow-up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import discord
import pytest

from bot.cogs.ask.cog import DELETE_MENU
from bot.cogs.buttons import Buttons
from bot.storage.database import Database
from bot.storage.feedback import feedback_counts
from bot.ui import elements as ui_elements
from bot.ui.custom_ids import Action
from bot.ui.elements import QUESTION_ID, Button, Row, Style, Text
from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, Club, changed, eventually, review_bot, run_club
from tests.discord.harness.logs import LogWatch
from tests.discord.harness.programs import channel_and_member
from tests.discord.loopback.client import Channel, Loopback, Message, Person, answered, connect


async def turned(who: Person, page: Message, button: str) -> Message:
    """Press a button, and return the page that replaces this one."""
    return await changed(page, await who.click(page, button))


def numbered(message: Message) -> list[tuple[int, str]]:
    """Return the numbers and the words of the quotes that a message shows."""
    return [(int(number), text) for number, text in re.findall(r"^> \*\*(\d+)\.\*\* (.+)", message.text, re.MULTILINE)]


@asynccontextmanager
async def without_a_bot(url: str, log: LogWatch) -> AsyncIterator[tuple[Loopback, Channel, Person]]:
    """Create a channel and a member for bots that the test runs one after the other, and check them at the end."""
    async with connect(url) as loopback:
        yield loopback, *await channel_and_member(loopback)
        await loopback.assert_clean()
        log.assert_clean(await loopback.secrets())


async def test_every_action_of_a_button_has_a_handler(club: Club) -> None:
    buttons = club.bot.get_cog("Buttons")
    assert isinstance(buttons, Buttons)
    assert buttons._handlers.keys() | buttons._choices.keys() == set(get_args(Action))


async def test_only_the_presser_sees_a_quote_in_context(club: Club) -> None:
    answer = await club.ask()
    bea = await club.server.member("Bea")
    page = await answered(bea.pick(answer, "1 ·"))
    assert page.ephemeral
    (marked,) = re.findall(r"\*\*(.+?)\*\*", page.text)
    assert f"> **1.** {marked}\n" in answer.text
    assert "A Life Measured in Donations\n-# paragraph 2 of 3" in page.text
    before = await turned(bea, page, "Earlier")
    assert "paragraph 1 of 3" in before.text
    assert "Earlier" not in before.buttons
    assert marked not in before.text.split("-# ")[0]
    assert (await turned(bea, before, "Later")).text == page.text


async def test_a_quote_in_context_leads_to_the_whole_section(club: Club) -> None:
    answer = await club.ask("Is rebellion ever an option for the students?")
    page = await answered(club.ana.pick(answer, "1 ·") if answer.menu else club.ana.click(answer, "In context"))
    assert re.search(r"paragraph \d of 3", page.text)
    whole = await turned(club.ana, page, "Whole section")
    assert "paragraphs 1–3 of 3" in whole.text
    assert "**" not in whole.text
    assert "Contents" in whole.buttons


async def test_more_passages_of_a_follow_up_are_the_same_after_a_restart(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with without_a_bot(loopback_url, log) as (loopback, general, ana):
        async with review_bot(loopback, reviews, store):
            answer = await answered(ana.slash(general, "ask", question="Who is Ruth?"))
            said = await ana.say(general, "and who plays her?", reply_to=answer)
            plays = await general.answer_to(said)
            assert plays.text.startswith("-# ↪ Who is Ruth?\n### and who plays her?")
            before = await answered(ana.click(plays, "More"))
            before_later = await turned(ana, before, "More")
        async with review_bot(loopback, reviews, store):
            after = await answered(ana.click(plays, "More"))
            assert after.text == before.text
            assert (await turned(ana, after, "More")).text == before_later.text
            bare = await answered(ana.slash(general, "ask", question="and who plays her?"))
            assert (await answered(ana.click(bare, "More"))).text != after.text
            said = await ana.say(general, "and who plays Tommy?", reply_to=plays)
            assert (await general.answer_to(said)).text.startswith("-# ↪ and who plays her?")


async def test_more_passages_come_from_the_chosen_review(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with without_a_bot(loopback_url, log) as (loopback, general, ana):
        async with review_bot(loopback, reviews, store):
            answer = await answered(ana.slash(general, "ask", question="How does it end?", review="lighthouse"))
            said = await ana.say(general, "and what happens before that?", reply_to=answer)
            follow_up = await general.answer_to(said)
            anywhere = await answered(ana.slash(general, "ask", question="How does it end?"))
        async with review_bot(loopback, reviews, store):
            assert "Never Let Me Go" in (await answered(ana.click(anywhere, "More"))).text
            for each in (answer, follow_up):
                assert "Never Let Me Go" not in (await answered(ana.click(each, "More"))).text


async def test_a_public_follow_up_does_not_show_a_private_question(club: Club) -> None:
    thread = await club.general.thread("Ruth", owner=club.ana)
    await answered(club.ana.slash(thread, "ask", question="Who is Ruth?", private=True))
    answer = await thread.answer_to(await club.ana.mention(thread, "and who plays her?"))
    assert answer.text.startswith("### and who plays her?")


async def test_a_member_who_presses_again_too_soon_has_to_wait(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, member_wait=30.0) as club:
        answer = await club.ask(private=True)
        assert QUESTION in (await answered(club.ana.click(answer, "More"))).text
        again = await answered(club.ana.click(answer, "More"))
        assert again.ephemeral
        assert "Press again in" in again.text
        form = await club.ana.click(answer, "Ask a follow-up")
        told = await answered(club.ana.submit(form, question="who tells them?"))
        assert told.ephemeral
        assert "You can ask again in" in told.text
        assert "who tells them?" in told.text  # what was typed is not lost


async def test_more_passages_leave_out_what_was_quoted_and_end_with_what_is_relevant(club: Club) -> None:
    answer = await club.ask("Who is Ruth?")
    page = await answered(club.ana.click(answer, "More"))
    assert page.ephemeral
    assert "Who is Ruth?" in page.text
    pages = [page]
    while "More" in pages[-1].buttons:
        pages.append(await turned(club.ana, pages[-1], "More"))
    quoted = numbered(answer)
    shown = [each for page in pages for each in numbered(page)]
    assert [number for number, _ in (*quoted, *shown)] == list(range(1, len(quoted) + len(shown) + 1))
    assert not [text for _, text in shown if any(quote in text for _, quote in quoted)]
    assert 3 < len(shown) < 10  # of 18 passages
    for before, after in zip(pages[-2::-1], pages[:0:-1], strict=True):
        assert (await turned(club.ana, after, "Earlier")).text == before.text


async def test_a_follow_up_to_a_private_answer_stays_private(club: Club) -> None:
    answer = await club.ask("Who is Ruth?", private=True)
    form = await club.ana.click(answer, "Ask a follow-up")
    follow_up = await answered(club.ana.submit(form, question="and who plays her?"))
    assert follow_up.ephemeral
    assert "Keira Knightley" in follow_up.text


async def test_share_keeps_the_private_question_before_private(club: Club) -> None:
    answer = await club.ask("Who is Ruth?", private=True)
    form = await club.ana.click(answer, "Ask a follow-up")
    follow_up = await answered(club.ana.submit(form, question="and who plays her?"))
    assert "Who is Ruth?" in follow_up.text
    shared = await answered(club.ana.click(follow_up, "Share"))
    assert not shared.ephemeral
    assert shared.text.startswith("### and who plays her?")
    assert "Who is Ruth?" not in shared.text
    bea = await club.server.member("Bea")
    for button in ("More", "In context"):
        assert "Who is Ruth?" not in (await answered(bea.click(shared, button))).text
    said = await bea.say(club.general, "and who plays Tommy?", reply_to=shared)
    assert "Who is Ruth?" not in (await club.general.answer_to(said)).text


async def test_an_answer_is_shared_once_until_its_copy_is_deleted(club: Club) -> None:
    answer = await club.ask(private=True)
    presses = [await club.ana.click(answer, "Share") for _ in range(3)]
    first, *others = [await press.answer() for press in presses]
    assert "deferrals" in first.text
    assert [(other.ephemeral, other.text) for other in others] == [(True, "You have shared this answer already.")] * 2
    assert [said.text for said in await club.general.messages() if not said.ephemeral] == [first.text]
    await answered(club.ana.menu(first, DELETE_MENU))
    assert await first.now() is None
    assert "deferrals" in (await answered(club.ana.click(answer, "Share"))).text


async def test_the_asker_and_managers_delete_an_answer_from_its_menu(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with without_a_bot(loopback_url, log) as (loopback, _, _):
        server = await loopback.server("Another Club")
        general, ana = await server.channel(), await server.member("Cleo")
        async with review_bot(loopback, reviews, store):
            slash = await answered(ana.slash(general, "ask", question=QUESTION))
            reply = await general.answer_to(await ana.mention(general, QUESTION))
            refusal = await answered(ana.slash(general, "ask", question=UNANSWERABLE))
        # What the bot remembers is lost: the message itself says who asked.
        async with review_bot(loopback, reviews, store):
            bea, mia = await server.member("Bea"), await server.member("Mia", manager=True)
            for answer in (slash, reply, refusal):
                refused = await answered(bea.menu(answer, DELETE_MENU))
                assert refused.ephemeral
                assert "Only the person who asked" in refused.text
                assert await answer.now() is not None
            for who, answer in ((ana, slash), (ana, refusal), (mia, reply)):
                assert (await answered(who.menu(answer, DELETE_MENU))).text == "The answer is deleted."
                assert await answer.now() is None


async def test_only_public_answers_of_the_bot_are_deleted_from_the_menu(club: Club) -> None:
    said = await club.ana.say(club.general, "hello")
    assert "none of my answers" in (await answered(club.ana.menu(said, DELETE_MENU))).text
    private = await club.ask(private=True)
    assert "Dismiss message" in (await answered(club.ana.menu(private, DELETE_MENU))).text
    page = await answered(club.ana.pick(private, "1 ·"))
    assert "none of my answers" in (await answered(club.ana.menu(page, DELETE_MENU))).text


async def test_an_answer_where_the_bot_is_no_member_has_its_own_delete_button(club: Club) -> None:
    elsewhere = await club.loopback.server("Elsewhere", bot=False)
    room = await elsewhere.channel("room")
    dan = await club.loopback.person("Dan", installed=True)
    await elsewhere.add(dan)
    answer = await answered(dan.slash(room, "ask", question=QUESTION))
    assert {"More", "Ask a follow-up", "Delete"} == answer.buttons.keys()
    assert "Press *Delete* below the answer" in (await answered(dan.menu(answer, DELETE_MENU))).text
    form = await dan.click(answer, "Ask a follow-up")
    assert QUESTION in (await answered(dan.submit(form, question="who tells them?"))).text
    await (await dan.click(answer, "Delete")).acknowledged()
    assert await eventually(answer.now, lambda now: now is None) is None


async def test_the_buttons_of_an_earlier_versions_answer_still_work(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        answer = await club.ask()
        read = answer.menu["options"][0]["value"]
        feedback = Row((Button("Helpful", "rb1.verdict.1"), Button("Delete", f"rb1.delete.{club.ana.id}")))
        first = Row((Button("Read 1 in context", read), Button("Ask a follow-up", "rb1.follow.~")))
        old = ui_elements.Message((Text(f"### {QUESTION}", QUESTION_ID), first, feedback), Style.ANSWERED)
        channel = club.bot.get_channel(int(club.general.id))
        assert isinstance(channel, discord.TextChannel)
        posted = await club.bot.delivery.post(channel, old)
        assert posted is not None
        seen = next(each for each in await club.general.messages() if each.id == str(posted.id))
        bea = await club.server.member("Bea")
        assert "deferral" in (await answered(bea.click(seen, "Read 1 in context"))).text
        assert "Thank you" in (await answered(bea.click(seen, "Helpful"))).text
        form = await bea.click(seen, "Ask a follow-up")
        assert QUESTION in (await answered(bea.submit(form, question="and who tells them?"))).text
        assert "Only the person who asked" in (await answered(bea.click(seen, "Delete"))).text
        await (await club.ana.click(seen, "Delete")).acknowledged()
        assert await eventually(seen.now, lambda now: now is None) is None
    with Database(store) as opened:
        assert feedback_counts(opened) == (1, 0)


async def test_the_menu_on_a_private_answer_answers_in_private(club: Club) -> None:
    answer = await club.ask(private=True)
    assert (await answered(club.ana.menu(answer, "Ask the reviews about this"))).ephemeral


async def test_share_posts_a_private_answer_unchanged(club: Club) -> None:
    answer = await club.ask(private=True)
    shared = await answered(club.ana.click(answer, "Share"))
    assert not shared.ephemeral
    assert shared.text == answer.text
    assert "Share" not in shared.buttons
    bea = await club.server.member("Bea")
    assert shared.buttons.keys() == {"More", "👍", "👎"}
    assert (await answered(bea.pick(shared, "1 ·"))).ephemeral
    assert "Only the person who asked" in (await answered(bea.menu(shared, DELETE_MENU))).text
    await answered(club.ana.menu(shared, DELETE_MENU))
    assert await shared.now() is None


async def test_the_latest_feedback_of_a_member_counts(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        answer = await club.ask()
        thanks = await answered(club.ana.click(answer, "👍"))
        assert thanks.ephemeral
        assert "Thank you" in thanks.text
        bea = await club.server.member("Bea")
        await answered(bea.click(answer, "👍"))
        await answered(bea.click(answer, "👎"))
        await club.bot.in_flight.finished()
    with Database(store) as opened:
        assert feedback_counts(opened) == (1, 1)


@pytest.mark.parametrize("options", [{"review": OWNERS}, {}])
@pytest.mark.slow
async def test_every_control_of_a_removed_reviews_answer_says_that_the_review_is_gone(
    loopback_url: str, data: Path, store: Path, options: dict[str, str]
) -> None:
    async with run_club(loopback_url, data, store) as club:
        answer = await club.ask("Who is Ruth?", private=True, **options)
        page = await answered(club.ana.click(answer, "More"))
        read = await answered(club.ana.pick(answer, "1 ·"))
        (data / "reviews" / f"{OWNERS}.md").unlink()
        await club.bot.engine.update_index()
        for button in ("More", "Share", "Ask a follow-up"):
            assert "no longer available" in (await answered(club.ana.click(answer, button))).text
        assert "no longer available" in (await answered(club.ana.pick(answer, "1 ·"))).text
        for opened, button in ((page, next(iter(page.buttons))), (read, "Whole section")):
            (told,) = await (await club.ana.click(opened, button)).follow_ups()
            assert "no longer available" in told.text
        assert "drowns" in (await club.ask("Who drowns?")).text


@pytest.mark.slow
async def test_a_question_about_either_of_two_reviews_of_which_one_is_removed_leads_on(
    loopback_url: str, data: Path, store: Path
) -> None:
    async with run_club(loopback_url, data, store) as club:
        answer = await club.ask("How does it end?", private=True)
        assert {each["label"] for each in answer.menu["options"]} == {"Never Let Me Go", "The Lighthouse Keeper"}
        (data / "reviews" / "lighthouse.md").unlink()
        await club.bot.engine.update_index()
        more = await answered(club.ana.click(answer, "More"))
        assert more.text.count("Never Let Me Go ›") == 3
        assert "no longer available" in (await answered(club.ana.pick(answer, "Lighthouse"))).text
        assert "Never Let Me Go" in (await answered(club.ana.pick(answer, "Never"))).text
