"""Buttons, menus and the follow-up form under an answer, pressed on the double."""

from __future__ import annotations

import re
from pathlib import Path

from bot.store import Store
from tests.discord.actors import Message, Person
from tests.discord.club import QUESTION, changed, club
from tests.discord.logs import LogWatch
from tests.discord.programs import copied


async def turned(who: Person, page: Message, button: str) -> Message:
    """The page that takes the place of this one."""
    return await changed(page, await who.click(page, button))


async def test_a_quote_is_read_in_context_and_paged_for_the_presser_alone(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask()
        bea = await here.server.member("Bea")
        page = await (await bea.click(answer, "Read 1 in context")).answer()
        assert page.ephemeral
        (marked,) = re.findall(r"\*\*(.+?)\*\*", page.text)
        assert marked.startswith("The truth she reveals is shattering: there are no deferrals")
        whole = await turned(bea, page, "Whole section")
        assert "**" not in whole.text
        contents = await turned(bea, whole, "Contents")
        assert "The Ethical Mirror" in contents.text
        await here.assert_clean(log)


async def test_more_passages_are_found_by_the_question_that_the_message_shows(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask()
        more = await (await here.ana.click(answer, "More passages")).answer()
        assert more.ephemeral
        assert QUESTION in more.text
        assert "**1\\.**" in more.text or "**1.**" in more.text
        later = await turned(here.ana, more, "More passages")
        assert "**4.**" in later.text
        assert (await turned(here.ana, later, "Earlier")).text == more.text
        await here.assert_clean(log)


async def test_a_follow_up_by_form_is_understood_from_the_answer(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask("Who is Ruth?")
        form = await here.ana.click(answer, "Ask a follow-up")
        handed_in = await here.ana.submit(form, question="and who plays her?")
        assert "Keira Knightley" in (await handed_in.answer()).text
        await here.assert_clean(log)


async def test_a_follow_up_to_a_private_answer_stays_private(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask("Who is Ruth?", private=True)
        form = await here.ana.click(answer, "Ask a follow-up")
        assert (await (await here.ana.submit(form, question="and who plays her?")).answer()).ephemeral
        await here.assert_clean(log)


async def test_a_private_answer_is_shared_as_it_was_seen(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask(private=True)
        shared = await (await here.ana.click(answer, "Share")).answer()
        assert not shared.ephemeral
        assert shared.text == answer.text
        assert "Share" not in shared.buttons
        bea = await here.server.member("Bea")
        assert (await (await bea.click(shared, "Read 1 in context")).answer()).ephemeral
        refused = await (await bea.click(shared, "Delete")).answer()
        assert "Only the person who asked" in refused.text
        await (await here.ana.click(shared, "Delete")).acknowledged()
        await here.assert_clean(log)
        assert await shared.now() is None


async def test_an_answer_is_deleted_by_its_asker_alone(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask()
        bea = await here.server.member("Bea")
        assert "Only the person who asked" in (await (await bea.click(answer, "Delete")).answer()).text
        assert await answer.now() is not None
        gone = await here.ana.click(answer, "Delete")
        await gone.acknowledged()
        await here.assert_clean(log)
        assert await answer.now() is None


async def test_a_verdict_is_thanked_for_and_the_latest_counts(
    at_the_double: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(at_the_double, reviews, store) as here:
        answer = await here.ask()
        thanks = await (await here.ana.click(answer, "Helpful")).answer()
        assert thanks.ephemeral
        assert "Thank you" in thanks.text
        bea = await here.server.member("Bea")
        await (await bea.click(answer, "Helpful")).answer()
        await (await bea.click(answer, "Not helpful")).answer()
        await here.bot.desk.work.finished()
        await here.assert_clean(log)
    with Store(store) as opened:
        assert opened.verdicts() == (1, 1)


async def test_a_button_whose_review_is_gone_says_so_without_a_restart(
    at_the_double: str, reviews: Path, store: Path, tmp_path: Path, log: LogWatch
) -> None:
    data = copied(reviews, tmp_path)
    async with club(at_the_double, data, store) as here:
        answer = await here.ask("Who drowns?", review="lighthouse")
        button = next(each["custom_id"] for label, each in answer.buttons.items() if label.startswith("Read"))
        (data / "reviews" / "lighthouse.md").unlink()
        await here.bot.desk.engine.keep_up()
        assert "expired" in (await (await here.ana.click(answer, button)).answer()).text
        assert "deferrals" in (await here.ask()).text
        await here.assert_clean(log)
