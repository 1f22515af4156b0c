"""Add a server's own reviews with `/review add`, and remove them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.app.sync import payload
from tests.discord.harness.club import Club, eventually, run_club
from tests.discord.loopback.client import Channel, Interaction, Message, Person, RefusedError, answered
from tests.embeddings.fixtures.books import book

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
        assert "**This replaces The Ferryman**" in page.text
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


@pytest.mark.timeout(300)
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
