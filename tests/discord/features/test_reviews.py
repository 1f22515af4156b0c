"""Add a server's own reviews with `/review add`, and remove them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.app.sync import payload
from tests.discord.harness.club import Club, changed, eventually, run_club
from tests.discord.loopback.client import Channel, Interaction, Message, Person, RefusedError, answered
from tests.discord.loopback.state.payloads import walk
from tests.embeddings.fixtures.books import archive, book
from tests.embeddings.fixtures.word_files import paragraph, word_file

FERRYMAN = b"""---
title: The Ferryman
spoilers: [the-river]
---
A ferryman takes people over a river, and asks nobody for a coin.

## The Boat

The boat is made of seventeen planks from a barn that burned down.

## The River

At the end the ferryman swims home in the dark.
"""
LAMP = b"""<html><head><title>The Lamp</title></head><body><article><h1>The Lamp</h1>
<p>It burns all night, and nobody in the village knows who fills it with oil.</p></article></body></html>"""
BOAT = "What is the boat of The Ferryman made of?"
PATIENCE = 100.0
"""Seconds for an index update in a process of its own, on a busy machine."""


async def upload(
    club: Club, who: Person, name: str, content: bytes, *, announced: int | None = None, times: int = 1
) -> Message:
    """Upload a file; return the bot's page."""
    file = await club.loopback.upload(name, content, announced=announced, times=times)
    asked = await who.slash(club.general, "review add", file=file)
    return await asked.answer(timeout=PATIENCE)


async def pressed(who: Person, page: Message, button: str, until: str) -> str:
    """Press a button; return the page's text once it has `until`."""
    await (await who.click(page, button)).acknowledged()
    text = ""
    for _ in range(int(PATIENCE / 0.05)):
        now = await page.now()
        text = now.text if now else ""
        if until in text:
            return text
        await asyncio.sleep(0.05)
    raise AssertionError(f"the page says {text!r}")


async def named(who: Person, place: Channel, command: str) -> list[str]:
    """Return what autocomplete offers for a command's `review`."""
    options = {"question": "x"} if command == "ask" else {}
    typed = await who.autocomplete(place, command, "review", review="", **options)
    return [choice["name"] for choice in await typed.choices()]


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_a_review_is_previewed_added_asked_replaced_and_removed(
    loopback_url: str, data: Path, store: Path
) -> None:
    async with run_club(loopback_url, data, store) as club:
        mia = await club.server.member("Mia", manager=True)
        own = data / "collections" / club.server.id
        page = await upload(club, mia, "Ferry Man.md", FERRYMAN)
        assert page.ephemeral
        assert page.text.startswith("### Add this review?\n**The Ferryman**\n-# the-ferryman · 3 sections · 36 words")
        assert "> A ferryman takes people over a river" in page.text
        assert "**2.** The Boat\n**3.** ||The River|| 🙈\n-# 🙈 Spoiler sections: 1" in page.text
        assert not own.exists()
        text = await pressed(mia, page, "Add it", "is ready")
        assert text == "✅ **The Ferryman** is ready. Only this server can see it. Try `/ask`."
        assert [file.name for file in own.iterdir()] == ["the-ferryman.md"]
        assert (own / "the-ferryman.md").read_bytes() == FERRYMAN
        assert "seventeen planks" in (await club.ask(BOAT)).text

        elsewhere = await club.loopback.server("Book Club")
        hall = await elsewhere.channel("hall")
        await elsewhere.add(club.ana)
        dm = await club.ana.dm()
        for place in (hall, dm):
            answer = await answered(club.ana.slash(place, "ask", question=BOAT))
            assert "planks" not in answer.text
            assert await named(club.ana, place, "ask") == ["The Lighthouse Keeper", "Never Let Me Go"]
            told = await answered(club.ana.slash(place, "section", review="the-ferryman", section="1"))
            assert told.text == "There is no review “the-ferryman” here. See `/reviews`."
        assert await named(club.ana, club.general, "ask") == [
            "The Lighthouse Keeper",
            "Never Let Me Go",
            "The Ferryman",
        ]

        page = await upload(club, mia, "ferry-man.md", FERRYMAN.replace(b"seventeen", b"eighteen"))
        assert page.text.startswith("### Replace a review?")
        assert "**This replaces the stored review** of that title" in page.text
        await pressed(mia, page, "Replace it", "is ready")
        assert "eighteen planks" in (await club.ask(BOAT)).text

        other = await club.loopback.upload("x.md", FERRYMAN.replace(b"The Ferryman", b"The Boatman"))
        refused = await answered(mia.slash(club.general, "review add", file=other, name="the-ferryman"))
        assert "belongs to the review “The Ferryman”, which “The Boatman” does not replace." in refused.text
        assert not refused.buttons

        assert await named(mia, club.general, "review remove") == ["The Ferryman"]
        page = await answered(mia.slash(club.general, "review remove", review="the-ferryman"))
        assert page.text.startswith("### Remove this review?\n**The Ferryman**\n-# 3 sections")
        assert await pressed(mia, page, "Remove it", "is removed") == "🗑️ **The Ferryman** is removed."
        assert list(own.iterdir()) == []
        assert "planks" not in (await club.ask(BOAT)).text
        told = await answered(mia.slash(club.general, "review remove", review="never-let-me-go"))
        assert (
            told.text
            == "**Never Let Me Go** isn’t one of this server’s own reviews, so you can’t change or remove it here."
        )


async def chosen(who: Person, page: Message, number: int) -> Message:
    """Choose one of an upload's reviews from the menu; return its page."""
    menu = next(each["custom_id"] for each in walk(page.data["components"]) if each["type"] == 3)
    return await changed(page, await who.choose(page, menu, str(number)))


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_every_form_of_review_comes_in_with_one_upload(loopback_url: str, data: Path, store: Path) -> None:
    table = b"Name,Year,Review\nTin Moon,1999,It shines over the bay.\nSalt,2001,\n"
    shelf = {
        "shelf/ferryman.md": FERRYMAN,
        "shelf/note.txt": b"A short note about the harbour, without any heading in it.",
        "shelf/lamp.html": LAMP,
        "shelf/Book.epub": book({"one.xhtml": "<h1>The Well</h1><p>It is deep and it is dry.</p>"}, title="The Well"),
        "shelf/road.org": b"#+TITLE: The Road\n\n* First\nIt is long.\n",
        "shelf/hill.rst": b"The Hill\n========\n\nIt is steep.\n",
        "shelf/README.md": b"What is here.",
        "shelf/empty.md": b"",
        "shelf/poster.jpg": b"x",
    }
    async with run_club(loopback_url, data, store) as club:
        mia = await club.server.member("Mia", manager=True)
        own = data / "collections" / club.server.id
        files: dict[str, Any] = {
            "file": await club.loopback.upload("shelf.zip", archive(shelf)),
            "file2": await club.loopback.upload("table.csv", table),
            "file3": await club.loopback.upload(
                "book.docx", word_file(paragraph("It is made of iron."), title="The Bridge")
            ),
            "file4": await club.loopback.upload("sheet.pdf", b"%PDF"),
        }
        page = await (await mia.slash(club.general, "review add", **files)).answer(timeout=PATIENCE)
        lines = page.text.split("\n")
        assert lines[0] == "### Add 8 reviews?"
        assert [line.partition("**")[2] for line in lines[2:10]] == [
            "1.** The Ferryman · 3 sections · 🙈 1",
            "2.** Note · one section",
            "3.** The Lamp · one section",
            "4.** The Well · Jo Doe · one section",
            "5.** The Road · one section",
            "6.** The Hill · one section",
            "7.** Tin Moon · 1999 · one section",
            "8.** The Bridge · Jo Doe · one section",
        ]
        assert lines[10] == "⚠️ **Left out** (4):"
        assert "shelf/empty\\.md: The file has no text" in page.text
        assert "sheet\\.pdf: '\\.pdf' files can't be read" in page.text

        # One is edited, one is left out.
        page = await chosen(mia, page, 1)
        assert page.text.startswith("### Review 2 of 8\n**Note**\n-# note · one section · 11 words")
        form = await mia.click(page, "Edit")
        refused = await mia.submit(form, year="soon")
        assert "is no year" in (await refused.follow_ups())[0].text
        page = await changed(
            page, await mia.submit(form, title="The Harbour", year="2003", author="Jo", spoilers=["all"])
        )
        assert page.text.startswith(
            "### Review 2 of 8\n**The Harbour**\n-# the-harbour · one section · 11 words · 2003"
        )
        page = await changed(page, await mia.click(page, "Back to the list"))
        assert "**2.** The Harbour · 2003 · Jo · one section · 🙈 1" in page.text
        page = await chosen(mia, page, 4)
        page = await changed(page, await mia.click(page, "Leave out"))
        assert "**5.** The Road · one section · left out" in page.text
        assert not own.exists()

        said = await pressed(mia, page, "Add 7", "are ready")
        assert said == "✅ 7 reviews are ready. Only this server can see them. Try `/ask`."
        assert sorted(file.name for file in own.iterdir()) == [
            "the-bridge.md", "the-ferryman.md", "the-harbour.md", "the-hill.md", "the-lamp.md", "the-well.md",
            "tin-moon.md",
        ]  # fmt: skip
        title = club.bot.engine.titles.by_slug("the-harbour", (club.server.id,))
        assert title is not None
        assert (title.year, title.author, [heading.spoiler for heading in title.headings]) == (2003, "Jo", [True])
        assert "iron" in (await club.ask("What is the bridge made of?")).text

        # The same files again: what is stored stays, what was left out is new.
        again = await mia.slash(club.general, "review add", **{key: files[key] for key in ("file", "file2")})
        page = await again.answer(timeout=PATIENCE)
        assert page.text.startswith("### Add 2 reviews?\n-# 7 reviews")
        assert page.text.count("stored already") == 5
        single = await mia.slash(club.general, "review add", file=await club.loopback.upload("x.md", FERRYMAN))
        assert (await single.answer(timeout=PATIENCE)).text == "**The Ferryman** is stored already. Nothing changed."
        named = await mia.slash(club.general, "review add", file=files["file"], name="mine")
        assert "A name is for one review, and these are 6" in (await named.answer(timeout=PATIENCE)).text


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_two_managers_and_a_restart_lose_nothing(loopback_url: str, data: Path, store: Path) -> None:
    async with run_club(loopback_url, data, store) as club:
        mia = await club.server.member("Mia", manager=True)
        rob = await club.server.member("Rob", manager=True)
        own = data / "collections" / club.server.id
        first = await upload(club, mia, "x.md", FERRYMAN)
        second = await upload(club, rob, "y.md", FERRYMAN.replace(b"seventeen", b"nine"))
        form = await rob.click(second, "Edit")
        await form.modal()
        await pressed(mia, first, "Add it", "is ready")
        await pressed(rob, second, "Add it", "in the meantime")
        page = await second.now()
        assert page is not None
        assert page.text.startswith("### Replace a review?\n**The Ferryman**")
        assert b"seventeen" in (own / "the-ferryman.md").read_bytes()
        await pressed(rob, page, "Replace it", "is ready")
        assert b"nine planks" in (own / "the-ferryman.md").read_bytes()

        # As after a restart, because uploads are only in memory.
        page = await changed(second, await rob.submit(form, title="Mine"))
        assert page.text == "This upload has expired. Send the files again with `/review add`."
        many = archive({f"{name}.md": f"# Film {name}\n\nIt is {name}.".encode() for name in "abc"})
        page = await upload(club, mia, "many.zip", many)
        page = await chosen(mia, page, 0)
        club.bot.uploads.forget(int(mia.id))
        answer = await (await mia.click(page, "Edit")).answer()
        assert answer.text == "This upload has expired. Send the files again with `/review add`."
        assert "This upload has expired" in (await changed(page, await mia.click(page, "Leave out"))).text
        assert [file.name for file in own.iterdir()] == ["the-ferryman.md"]

        # Somebody puts a file into the folder while the preview is open.
        page = await upload(club, mia, "many.zip", many)
        (own / "film-b.md").write_bytes(FERRYMAN)
        said = await pressed(mia, page, "Add 3", "Only")
        assert said == (
            "⚠️ Only 1 of 3 were added. The review 'film-b' was added in the meantime. Try again. "
            "Send the files again for the others."
        )
        page = await upload(club, mia, "many.zip", many)
        assert page.text.startswith("### Add 2 reviews?\n-# 3 reviews\n**1.** Film a · one section · stored already\n")
        await pressed(mia, page, "Add 2", "are ready")
        assert (own / "film-b.md").read_bytes() == FERRYMAN
        assert (own / "film-b-2.md").is_file()


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_a_hundred_reviews_are_paged_and_more_are_refused(loopback_url: str, data: Path, store: Path) -> None:
    def table(rows: int) -> bytes:
        return b"Title,Review\n" + b"".join(b"Film %d,It is number %d of them.\n" % (n, n) for n in range(1, rows + 1))

    async with run_club(loopback_url, data, store) as club:
        mia = await club.server.member("Mia", manager=True)
        page = await upload(club, mia, "many.csv", table(101))
        assert page.text == "many\\.csv: It has 101 reviews. A server may have 100. Split it."
        page = await upload(club, mia, "all.csv", table(100))
        assert page.text.startswith("### Add 100 reviews?\n-# 100 reviews · 1–10 of 100\n**1.** Film 1 · ")
        for _ in range(9):
            page = await changed(page, await mia.click(page, "Later"))
        assert "**100.** Film 100 · " in page.text
        assert "Later" not in page.buttons
        # Another manager adds one meanwhile, so that there is no room for all.
        own = data / "collections" / club.server.id
        own.mkdir(parents=True)
        (own / "other.md").write_bytes(FERRYMAN)
        await pressed(mia, page, "Add 100", "There would be 101 reviews here.")
        assert [file.name for file in own.iterdir()] == ["other.md"]
        refreshed = await page.now()
        assert refreshed is not None
        assert "Add 100" not in refreshed.buttons
        one = await chosen(mia, refreshed, 3)
        now = await changed(one, await mia.click(one, "Leave out"))
        assert "Add 99" in now.buttons


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_a_stored_review_gets_other_fields_and_keeps_its_text(loopback_url: str, data: Path, store: Path) -> None:
    written = (
        b"---\nfilm: The Ferry\nrating: 4/5\n---\n# The Ferryman\n\nHe *rows*.\n\n## The River\n\nHe swims home.\n"
    )
    async with run_club(loopback_url, data, store) as club:
        file = data / "collections" / club.server.id / "2021-05-03-ferryman.md"
        file.parent.mkdir(parents=True)
        file.write_bytes(written)
        await club.bot.engine.update_index()
        mia = await club.server.member("Mia", manager=True)
        rob = await club.server.member("Rob", manager=True)

        async def form(who: Person) -> Interaction:
            return await who.slash(club.general, "review edit", review="ferryman")

        opened, other = await form(mia), await form(rob)
        fields = {each["component"]["custom_id"]: each["component"] for each in (await opened.modal())["components"]}
        assert [fields[name].get("value") for name in ("title", "year", "author", "aliases")] == [
            "The Ferryman", None, None, "The Ferry",
        ]  # fmt: skip
        assert [(each["label"], each["value"], each["default"]) for each in fields["spoilers"]["options"]] == [
            ("The whole review", "all", False), ("1. Introduction", "1", False), ("2. The River", "2", False),
        ]  # fmt: skip
        with pytest.raises(RefusedError, match="spoilers doesn't offer"):
            await mia.submit(opened, spoilers=["9"])
        assert (await answered(mia.submit(opened))).text == "Nothing changed."
        wrong = await answered(mia.submit(opened, year="MMXX"))
        assert wrong.text == "“MMXX” is no year. Write a number, such as 2010. Nothing changed."
        assert file.read_bytes() == written

        sent = await mia.submit(
            opened, title="The Boatman", year="1999", author="Jo Doe", aliases="Boat Man\nThe Ferry", spoilers=["2"]
        )
        page = await sent.answer()
        now = await eventually(page.now, lambda now: now is not None and "is changed" in now.text, timeout=PATIENCE)
        assert now is not None
        assert now.text == "✏️ **The Boatman** is changed."
        assert file.read_text().startswith(
            "---\ntitle: The Boatman\nyear: 1999\nauthor: Jo Doe\naliases:\n- Boat Man\n"
        )
        title = club.bot.engine.titles.by_slug("ferryman", (club.server.id,))
        assert title is not None
        review = await club.bot.engine.review(title)
        assert (review.title, review.year, review.author, review.text) == (
            "The Boatman", 1999, "Jo Doe", "He rows.\nHe swims home.",
        )  # fmt: skip
        assert [(each.heading, each.spoiler) for each in review.sections] == [
            ("Introduction", False), ("The River", True),
        ]  # fmt: skip
        assert review.facts["date"] == "2021-05-03"

        # The other manager's form shows what the review said before.
        assert (await answered(rob.submit(other, title="Mine"))).text == (
            "This review has changed in the meantime. Open the form again with `/review edit`."
        )
        with pytest.raises(RefusedError, match="lacks the permissions"):
            await form(club.ana)
        shared = await answered(mia.slash(club.general, "review edit", review="never-let-me-go"))
        assert "isn’t one of this server’s own reviews" in shared.text
        last = await form(mia)
        file.unlink()
        assert "has no Markdown file of its own" in (await answered(mia.submit(last, title="Gone"))).text


@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_hostile_uploads_are_refused_and_harmless(club: Club, reviews: Path) -> None:
    mia = await club.server.member("Mia", manager=True)

    async def refused(name: str, content: bytes, *, announced: int | None = None, times: int = 1) -> str:
        page = await upload(club, mia, name, content, announced=announced, times=times)
        assert page.ephemeral
        assert not page.buttons
        assert "\n" not in page.text
        return page.text.replace("\\", "")

    bomb = book({"one.xhtml": "<p>" + "a" * 30_000_000 + "</p>"})
    assert "unpacks to more than 16 MB" in await refused("book.epub", bomb)
    assert "unpacks to more than" in await refused("bomb.zip", archive({"a.md": b"a" * 30_000_000}))
    much = b"All work and no play. " * 4_000
    assert "long.txt: The file is larger than 2 MB" in await refused("long.txt", much, times=600)
    assert "did not deliver the 100 bytes" in await refused("lie.txt", much, announced=100, times=600)
    assert "did not deliver the 999 bytes" in await refused("lie.txt", b"short", announced=999)
    assert "'.exe' files can't be read" in await refused("review\u202etxt.exe", b"MZ")
    assert "passwd.md: The file has no text" in await refused("../../etc/passwd.md", b"")
    assert "The header has more than" in await refused("x.md", b"---\ntitle: " + b"a" * 70_000 + b"\n---\nText.")
    await club.loopback.fault("GET /ephemeral-attachments/.*", "status", status=404, times=None)
    assert "Discord does not deliver this file" in await refused("x.md", FERRYMAN)
    assert not (reviews / "collections").exists()
    assert "deferrals" in (await club.ask()).text


@pytest.mark.timeout(300)
async def test_only_managers_add_reviews_and_an_upload_expires(club: Club, reviews: Path) -> None:
    mia = await club.server.member("Mia", manager=True)
    assert "/review add" in (await answered(mia.slash(club.general, "help"))).text
    assert "/review add" not in (await answered(club.ana.slash(club.general, "help"))).text
    with pytest.raises(RefusedError, match="lacks the permissions"):
        await upload(club, club.ana, "x.md", FERRYMAN)
    # A server may show the command to everybody, but only its managers may use it.
    opened = [each | {"default_member_permissions": None} for each in payload(club.bot.tree)]
    await club.loopback.call("register", commands=opened)
    assert (await upload(club, club.ana, "x.md", FERRYMAN)).text == (
        "Only server managers can add, change and remove reviews."
    )
    # The bot repeats a failed download.
    await club.loopback.fault("GET /ephemeral-attachments/.*", "status", status=503)
    page = await upload(club, mia, "x.md", FERRYMAN)
    assert await pressed(mia, page, "Cancel", "Nothing") == "Nothing changed."
    page = await upload(club, mia, "Das Ende.txt", "Ein Mann zählt Schiffe.".encode())
    assert "There are no headings" in page.text
    assert "Converted from another format" in page.text
    # As after a restart, because uploads are only in memory.
    club.bot.uploads.forget(int(mia.id))
    await pressed(mia, page, "Add it", "This upload has expired")
    assert not (reviews / "collections").exists()
