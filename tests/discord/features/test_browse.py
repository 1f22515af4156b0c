"""Sections, tables of contents, the list of reviews, help, autocomplete and settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.records import ServerSettings
from bot.storage.server_settings import load_server_settings
from embeddings import Library
from tests.discord.harness.club import LIGHTHOUSE, OWNERS, QUESTION, Club, changed, eventually, run_club
from tests.discord.loopback.client import RefusedError, answered
from tests.discord.loopback.state.objects import Json, Permission
from tests.discord.loopback.state.payloads import walk

STAGE, FORUM = 13, 15


async def test_a_misspelled_heading_opens_its_section(club: Club) -> None:
    asked = await club.ana.slash(club.general, "section", review="never let me go", section="etical miror")
    page = await asked.answer()
    assert page.ephemeral
    assert "The Ethical Mirror" in page.text


async def test_menus_lead_from_reviews_to_contents_to_sections(club: Club) -> None:
    listed = await answered(club.ana.slash(club.general, "reviews"))
    assert "Never Let Me Go" in listed.text
    assert "The Lighthouse Keeper" in listed.text
    menu = _menu(listed.data["components"])
    chosen = next(each["value"] for each in menu["options"] if "Lighthouse" in each["label"])
    contents = await changed(listed, await club.ana.choose(listed, menu["custom_id"], chosen))
    menu = _menu(contents.data["components"])
    chosen = next(each["value"] for each in menu["options"] if "The Lamp" in each["label"])
    section = await changed(contents, await club.ana.choose(contents, menu["custom_id"], chosen))
    assert "cleaned every evening" in section.text


async def test_the_list_of_reviews_is_filtered_by_facts(club: Club) -> None:
    listed = await answered(club.ana.slash(club.general, "reviews", about="lighthouse", sort="newest"))
    assert "Reviews about The Lighthouse Keeper, newest first" in listed.text
    assert "Never Let Me Go" not in listed.text
    assert (await answered(club.ana.slash(club.general, "reviews", tag="horror"))).text == (
        "No review has the tag “horror”. No review has a tag."
    )
    assert (await answered(club.ana.slash(club.general, "reviews", year="soon"))).text.startswith("“soon” is no year.")


async def test_sections_help_and_unknown_names_get_an_answer(club: Club) -> None:
    contents = await answered(club.ana.slash(club.general, "sections", review=OWNERS))
    assert "The Ethical Mirror" in contents.text
    assert "The Lighthouse Keeper" in (await answered(club.ana.slash(club.general, "sections"))).text
    assert "/ask" in (await answered(club.ana.slash(club.general, "help"))).text
    unknown = await answered(club.ana.slash(club.general, "section", review="xyzzy", section="a"))
    none = "There is no review “xyzzy” here. See `/reviews`."
    assert (unknown.text, (await club.ask(review="xyzzy")).text) == (none, none)
    assert (await club.ask(review="never lamp")).text == (
        "I’m not sure which review you mean by “never lamp”. "
        "Perhaps one of these: **Never Let Me Go**, **The Lighthouse Keeper**?"
    )


async def test_every_example_of_help_has_an_answer(club: Club) -> None:
    page = await answered(club.ana.slash(club.general, "help"))
    examples = [each["value"] for each in page.menu["options"]]
    assert len(examples) == 3
    for example in examples:
        answer = await answered(club.ana.choose(page, page.menu["custom_id"], example))
        assert answer.ephemeral
        assert answer.text.startswith(f"### {example}\n-# 💬")


async def test_help_links_the_commands_and_says_where_the_bot_answers(club: Club) -> None:
    page = (await answered(club.ana.slash(club.general, "help"))).text
    (number,) = set(re.findall(r"</ask:(\d+)>", page))
    commands = {each.name: each.id for each in await club.bot.tree.fetch_commands()}
    assert commands["ask"] == int(number)
    assert f"</privacy about:{commands['privacy']}>" in page
    assert "**Mentions** get an answer in every channel." in page
    mia = await club.server.member("Mia", manager=True)
    assert "/settings" not in page
    await answered(mia.slash(club.general, "settings", mentions_in=club.general.id))
    told = (await answered(mia.slash(club.general, "help"))).text
    assert f"get an answer in <#{club.general.id}>" in told
    assert f"</settings:{commands['settings']}>" in told
    await club.general.permit_bot(deny=Permission.SEND_MESSAGES)
    await eventually(
        lambda: answered(mia.slash(club.general, "help")), lambda page: "**Here** I may not write" in page.text
    )


async def test_help_names_commands_plainly_where_discord_does_not_tell_their_ids(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, expect=(403, 0)) as club:
        await club.loopback.fault("GET /applications/.*/commands", "status", status=403)
        assert "`/ask`" in (await answered(club.ana.slash(club.general, "help"))).text
        assert "</ask:" in (await answered(club.ana.slash(club.general, "help"))).text


async def test_managers_change_each_setting_on_the_panel(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        mia = await club.server.member("Mia", manager=True)
        quiet = await club.server.channel("quiet")
        panel = await answered(mia.slash(club.general, "settings"))
        assert panel.ephemeral
        for button, line in (
            ("Make private", "are private"),
            ("Show spoilers", "shown like everything else"),
            ("Store", "This server stores questions"),
        ):
            panel = await changed(panel, await mia.click(panel, button))
            assert line in panel.text
        channels = next(each for each in walk(panel.data["components"]) if each["type"] == 8)
        panel = await changed(panel, await mia.choose(panel, channels["custom_id"], quiet.id))
        assert f"<#{quiet.id}>" in panel.text
        panel = await changed(panel, await mia.pick(panel, "Never Let Me Go"))
        assert "are about Never Let Me Go" in panel.text
        assert (await club.ask()).ephemeral
    with Database(store) as opened:
        settings = load_server_settings(opened, int(club.server.id))
        assert settings == ServerSettings(True, False, (int(quiet.id),), OWNERS, True)
    # The panel still works after a restart, and takes everything back.
    async with run_club(loopback_url, reviews, store) as club:
        mia = await club.server.member("Mia", manager=True)
        panel = await answered(mia.slash(club.general, "settings", answers="private", questions="stored"))
        await club.ask("Who drowns?", private=False)
        await club.bot.in_flight.finished()
        panel = await changed(panel, await mia.click(panel, "Stop and delete"))
        assert "1 stored question was deleted." in panel.text
        await club.loopback.call("join", guild=club.server.id, user=mia.id, permissions=0)
        (refused,) = [await answered(mia.click(panel, "Make public"))]
        assert "Only server managers" in refused.text
        assert (await club.ask()).ephemeral


async def test_privacy_about_is_short_and_has_details(club: Club) -> None:
    about = await answered(club.ana.slash(club.general, "privacy about"))
    assert len(about.text.splitlines()) == 5
    details = await changed(about, await club.ana.click(about, "Details"))
    assert "a random number" in details.text


async def test_autocomplete_tolerates_misspellings_and_offers_titles(club: Club) -> None:
    typed = await club.ana.autocomplete(club.general, "ask", "review", review="nevr let", question="x")
    assert (await typed.choices())[0] == {"name": "Never Let Me Go", "value": OWNERS}
    alias = await club.ana.autocomplete(club.general, "sections", "review", review="lamp m")
    assert (await alias.choices())[0]["value"] == "lighthouse"
    typed = await club.ana.autocomplete(club.general, "section", "section", review="lighthouse", section="lmp")
    assert (await typed.choices())[0]["value"] == "the-lamp"
    hidden = await club.ana.autocomplete(club.general, "section", "section", review="lighthouse", section="")
    assert [each["name"] for each in await hidden.choices()] == [
        "Introduction",
        "The Lamp",
        "3. Hidden: spoilers",
    ]


async def test_managers_change_settings_that_last(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store) as club:
        mia = await club.server.member("Mia", manager=True)
        quiet = await club.server.channel("quiet")
        assert "are public" in (await answered(mia.slash(club.general, "settings"))).text
        changed = await mia.slash(
            club.general, "settings", answers="private", spoilers="shown", mentions_in=quiet.id, default_review=OWNERS
        )
        shown = await changed.answer()
        assert shown.ephemeral
        assert "Never Let Me Go" in shown.text
        assert f"<#{quiet.id}>" in shown.text
        assert (await club.ask()).ephemeral
        assert not (await club.ask(private=False)).ephemeral
        with pytest.raises(RefusedError):
            await club.ana.slash(club.general, "settings")
    with Database(store) as opened:
        assert load_server_settings(opened, int(club.server.id)) == ServerSettings(
            private_answers=True, hide_spoilers=False, mention_channels=(int(quiet.id),), default_review=OWNERS
        )


async def test_mentions_get_a_reply_only_in_the_chosen_channels(club: Club) -> None:
    mia = await club.server.member("Mia", manager=True)
    quiet = await club.server.channel("quiet")
    await answered(mia.slash(club.general, "settings", mentions_in=quiet.id))
    await club.ana.mention(club.general, QUESTION)
    said = await club.ana.mention(quiet, QUESTION)
    assert "deferrals" in (await quiet.answer_to(said)).text
    assert [each.data["author"]["id"] for each in await club.general.messages()][-1] == club.ana.id


async def test_an_unknown_section_lists_the_sections_without_naming_spoilers(
    club: Club,
) -> None:
    missing = await answered(club.ana.slash(club.general, "section", review="lighthouse", section="qq|q"))
    assert missing.text.startswith("There is no section “qq\\|q” in this review. It has these:")
    assert "The Lamp" in missing.text
    assert "||The End||" in missing.text
    assert missing.text.count("The End") == 1
    assert "The End" not in str(_menu(missing.data["components"]))


@pytest.mark.parametrize("kind", [FORUM, STAGE])
async def test_managers_can_choose_a_forum_and_a_stage(club: Club, kind: int) -> None:
    mia = await club.server.member("Mia", manager=True)
    chosen = await club.server.channel("talk", kind=kind)
    shown = await answered(mia.slash(club.general, "settings", mentions_in=chosen.id))
    assert f"<#{chosen.id}>" in shown.text
    place = await chosen.thread("Ruth", owner=club.ana) if kind == FORUM else chosen
    await club.ana.mention(club.general, QUESTION)
    said = await club.ana.mention(place, QUESTION)
    assert "deferrals" in (await place.answer_to(said)).text
    heard = [each.data["author"]["id"] for each in await club.general.messages() if not each.ephemeral]
    assert heard == [club.ana.id]


async def test_spoiler_sections_are_hidden_until_the_server_shows_them(club: Club) -> None:
    hidden = await club.ask("Who drowns in The Lighthouse Keeper?")
    assert "||In the end the keeper drowns" in hidden.text
    mia = await club.server.member("Mia", manager=True)
    await answered(mia.slash(club.general, "settings", spoilers="shown"))
    shown = await club.ask("Who drowns in The Lighthouse Keeper?")
    assert "In the end the keeper drowns" in shown.text
    assert "||" not in shown.text


def _menu(components: list[Json]) -> Json:
    for each in components:
        if each["type"] == 3:
            return each
        found = _menu(each.get("components") or [])
        if found:
            return found
    return {}


async def test_two_reviews_of_one_title_are_told_apart(loopback_url: str, data: Path, store: Path) -> None:
    (data / "reviews" / "keeper.md").write_text(LIGHTHOUSE.replace("1987", "1999"), encoding="utf-8")
    Library.build(data).close()
    names = ["The Lighthouse Keeper (1999)", "The Lighthouse Keeper (1987)"]
    async with run_club(loopback_url, data, store) as club:
        typed = await club.ana.autocomplete(club.general, "sections", "review", review="lighthouse")
        assert {choice["name"] for choice in await typed.choices()} == set(names)
        unsure = await answered(club.ana.slash(club.general, "sections", review="The Lighthouse Keeper"))
        assert unsure.text.endswith(f"Perhaps one of these: **{names[0]}**, **{names[1]}**?")
        for name in names:
            assert "The Lamp" in (await answered(club.ana.slash(club.general, "sections", review=name))).text
