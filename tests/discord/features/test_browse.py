"""Sections, tables of contents, the list of reviews, help, autocomplete, settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.records import ServerSettings
from bot.storage.server_settings import load_server_settings
from bot.ui.escape import unescape
from tests.discord.harness.club import OWNERS, QUESTION, changed, club
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import RefusedError
from tests.discord.loopback.state.objects import Json

STAGE, FORUM = 13, 15


async def test_a_section_is_opened_by_a_near_miss_of_its_heading(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        asked = await here.ana.slash(here.general, "section", review="never let me go", section="etical miror")
        page = await asked.answer()
        assert page.ephemeral
        assert "The Ethical Mirror" in page.text
        await here.assert_clean(log)


async def test_reviews_lead_to_contents_and_contents_to_sections(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        listed = await (await here.ana.slash(here.general, "reviews")).answer()
        assert "Never Let Me Go" in listed.text
        assert "The Lighthouse Keeper" in listed.text
        menu = _menu(listed.data["components"])
        chosen = next(each["value"] for each in menu["options"] if "Lighthouse" in each["label"])
        contents = await changed(listed, await here.ana.choose(listed, menu["custom_id"], chosen))
        menu = _menu(contents.data["components"])
        chosen = next(each["value"] for each in menu["options"] if "The Lamp" in each["label"])
        section = await changed(contents, await here.ana.choose(contents, menu["custom_id"], chosen))
        assert "cleaned every evening" in section.text
        await here.assert_clean(log)


async def test_contents_help_and_unknown_names_are_answered(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        contents = await (await here.ana.slash(here.general, "sections", review=OWNERS)).answer()
        assert "The Ethical Mirror" in contents.text
        assert "The Lighthouse Keeper" in (await (await here.ana.slash(here.general, "sections")).answer()).text
        assert "/ask" in (await (await here.ana.slash(here.general, "help")).answer()).text
        unknown = await (await here.ana.slash(here.general, "section", review="xyzzy", section="a")).answer()
        none = "There is no review “xyzzy” here. See `/reviews`."
        assert (unknown.text, (await here.ask(review="xyzzy")).text) == (none, none)
        assert (await here.ask(review="never lamp")).text == (
            "I’m not sure which review you mean by “never lamp”. "
            "Perhaps one of these: **Never Let Me Go**, **The Lighthouse Keeper**?"
        )
        await here.assert_clean(log)


async def test_every_example_of_help_is_answered(loopback_url: str, reviews: Path, store: Path, log: LogWatch) -> None:
    async with club(loopback_url, reviews, store) as here:
        page = await (await here.ana.slash(here.general, "help")).answer()
        examples = [unescape(line.removeprefix("> ")) for line in page.text.split("\n") if line.startswith("> ")]
        assert len(examples) == 3
        for example in examples:
            assert "💬 In the reviewer" in (await here.ask(example)).text
        await here.assert_clean(log)


async def test_autocomplete_tolerates_misspellings_and_offers_titles(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        typed = await here.ana.autocomplete(here.general, "ask", "review", review="nevr let", question="x")
        assert (await typed.choices())[0] == {"name": "Never Let Me Go", "value": OWNERS}
        alias = await here.ana.autocomplete(here.general, "sections", "review", review="lamp m")
        assert (await alias.choices())[0]["value"] == "lighthouse"
        typed = await here.ana.autocomplete(here.general, "section", "section", review="lighthouse", section="lmp")
        assert (await typed.choices())[0]["value"] == "the-lamp"
        hidden = await here.ana.autocomplete(here.general, "section", "section", review="lighthouse", section="")
        assert [each["name"] for each in await hidden.choices()] == [
            "Introduction",
            "The Lamp",
            "3. Hidden: spoilers",
        ]
        await here.assert_clean(log)


async def test_managers_change_how_the_bot_behaves_and_it_lasts(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        mia = await here.server.member("Mia", manager=True)
        quiet = await here.server.channel("quiet")
        assert "are public" in (await (await mia.slash(here.general, "settings")).answer()).text
        changed = await mia.slash(
            here.general, "settings", answers="private", spoilers="shown", mentions_in=quiet.id, default_review=OWNERS
        )
        shown = await changed.answer()
        assert shown.ephemeral
        assert "Never Let Me Go" in shown.text
        assert f"<#{quiet.id}>" in shown.text
        assert (await here.ask()).ephemeral
        assert not (await here.ask(private=False)).ephemeral
        with pytest.raises(RefusedError):
            await here.ana.slash(here.general, "settings")
        await here.assert_clean(log)
    with Database(store) as opened:
        assert load_server_settings(opened, int(here.server.id)) == ServerSettings(
            private_answers=True, hide_spoilers=False, mention_channels=(int(quiet.id),), default_review=OWNERS
        )


async def test_mentions_are_answered_in_the_chosen_channels_alone(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        mia = await here.server.member("Mia", manager=True)
        quiet = await here.server.channel("quiet")
        await (await mia.slash(here.general, "settings", mentions_in=quiet.id)).answer()
        await here.ana.mention(here.general, QUESTION)
        said = await here.ana.mention(quiet, QUESTION)
        assert "deferrals" in (await quiet.answer_to(said)).text
        assert [each.data["author"]["id"] for each in await here.general.messages()][-1] == here.ana.id
        await here.assert_clean(log)


async def test_a_section_that_there_is_not_is_answered_by_those_that_there_are_without_naming_flagged_ones(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        missing = await (await here.ana.slash(here.general, "section", review="lighthouse", section="qq|q")).answer()
        assert missing.text.startswith("There is no section “qq\\|q” in this review. It has these:")
        assert "The Lamp" in missing.text
        assert "||The End||" in missing.text
        assert missing.text.count("The End") == 1
        assert "The End" not in str(_menu(missing.data["components"]))
        await here.assert_clean(log)


@pytest.mark.parametrize("kind", [FORUM, STAGE])
async def test_a_forum_and_a_stage_can_be_chosen_too(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch, kind: int
) -> None:
    async with club(loopback_url, reviews, store) as here:
        mia = await here.server.member("Mia", manager=True)
        chosen = await here.server.channel("talk", kind=kind)
        shown = await (await mia.slash(here.general, "settings", mentions_in=chosen.id)).answer()
        assert f"<#{chosen.id}>" in shown.text
        place = await chosen.thread("Ruth", owner=here.ana) if kind == FORUM else chosen
        await here.ana.mention(here.general, QUESTION)
        said = await here.ana.mention(place, QUESTION)
        assert "deferrals" in (await place.answer_to(said)).text
        heard = [each.data["author"]["id"] for each in await here.general.messages() if not each.ephemeral]
        assert heard == [here.ana.id]
        await here.assert_clean(log)


async def test_flagged_sections_stay_behind_spoiler_marks_until_the_server_says_otherwise(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with club(loopback_url, reviews, store) as here:
        hidden = await here.ask("Who drowns in The Lighthouse Keeper?")
        assert "||In the end the keeper drowns" in hidden.text
        mia = await here.server.member("Mia", manager=True)
        await (await mia.slash(here.general, "settings", spoilers="shown")).answer()
        shown = await here.ask("Who drowns in The Lighthouse Keeper?")
        assert "In the end the keeper drowns" in shown.text
        assert "||" not in shown.text
        await here.assert_clean(log)


def _menu(components: list[Json]) -> Json:
    for each in components:
        if each["type"] == 3:
            return each
        found = _menu(each.get("components") or [])
        if found:
            return found
    return {}
