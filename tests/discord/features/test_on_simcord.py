"""The bot on simcord, a Discord in process by other authors: a second opinion on what members see.

`tests/discord/README.md` says what simcord lacks.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.app.client import ReviewBot
from bot.cogs.ask.cog import DELETE_MENU, MENU
from bot.settings import Settings
from bot.storage.database import Database
from tests.discord.harness.club import QUESTION, open_engine
from tests.discord.loopback.state.payloads import texts, walk

simcord = pytest.importorskip("simcord", reason="simcord, the second opinion, is not installed")

DEFERRAL = "there are no deferrals"
WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"
ACTRESS = "Keira Knightley"
DROWNED = "In the end the keeper drowns"


@dataclass(frozen=True, slots=True)
class World:
    """simcord with the bot in a server with a channel and two members. `make` makes another bot."""

    env: Any
    server: Any
    general: Any
    ana: Any
    bea: Any
    make: Callable[[], ReviewBot]

    def addressed(self, text: str) -> str:
        """Return the text after a mention of the bot."""
        return f"<@{self.env.bot.user.id}> {text}"

    async def restart(self) -> None:
        """Replace the bot by one that remembers nothing."""
        await self.env.restart_bot(self.make())


@asynccontextmanager
async def world(reviews: Path, store: Path) -> AsyncIterator[World]:
    """Run the bot in simcord."""
    settings = Settings(token="", data=reviews, member_wait=0.0, server_rate=0)
    engine = open_engine(reviews, queue=100)
    with Database(store) as opened:

        def make() -> ReviewBot:
            return ReviewBot(engine, opened, settings, guild_ready_timeout=0.05)

        try:
            async with simcord.run(make(), shard_count=1) as env:
                await env.bot.tree.sync()
                server = env.create_guild()
                general = server.create_text_channel("general")
                ana, bea = (server.add_member(env.create_user(name)) for name in ("Ana", "Bea"))
                yield World(env, server, general, ana, bea, make)
        finally:
            await engine.close()


def components(message: Any) -> list[dict[str, Any]]:
    """Return a message's components as Discord sends them, from simcord's response or discord.py's message."""
    return [each if isinstance(each, dict) else each.to_dict() for each in message.components]


def text(message: Any) -> str:
    """Return all text of a message."""
    return "\n".join(texts(components(message)))


def first_quote(message: Any) -> str:
    """Return the value of the first option of a message's menu."""
    menu = next(each for each in walk(components(message)) if each["type"] == 3)
    return str(menu["options"][0]["value"])


async def test_every_way_to_ask_gets_an_answer(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as club:
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        assert (asked.acknowledged, asked.ephemeral) == (True, False)
        assert DEFERRAL in text(asked.response)
        assert (await club.ana.slash(club.general, "ask", question=QUESTION, private=True)).ephemeral
        kept = await club.ana.slash(club.general, "ask", question="Who drowns?", review="lighthouse")
        assert f"||{DROWNED}" in text(kept.response)

        said = await club.ana.send(club.general, club.addressed(QUESTION))
        answer = club.general.last_message
        assert DEFERRAL in text(answer)
        assert answer.reference.message_id == said.id

        await club.ana.send_dm(QUESTION)
        assert DEFERRAL in text(club.ana.user.dm_channel.last_message)
        assert DEFERRAL in text((await club.ana.user.slash("ask", question=QUESTION)).response)

        said = await club.bea.send(club.general, "what is a deferral?")
        assert club.general.last_message.id == said.id
        assert DEFERRAL in text((await club.ana.context_menu(club.general, MENU, said)).response)


async def test_every_way_to_follow_up_is_understood(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as club:
        await club.ana.send(club.general, club.addressed(WHO))
        await club.ana.send(club.general, FOLLOW_UP, reply_to=club.general.last_message)
        assert ACTRESS in text(club.general.last_message)

        await club.ana.send_dm(WHO)
        await club.ana.send_dm(FOLLOW_UP)
        assert ACTRESS in text(club.ana.user.dm_channel.last_message)

        private = await club.bea.slash(club.general, "ask", question=WHO, private=True)
        form = await club.bea.click(private.response, label="Ask a follow-up")
        followed = await club.bea.submit_modal(form, {"question": FOLLOW_UP})
        assert followed.ephemeral
        assert ACTRESS in text(followed.response)


async def test_every_button_of_an_answer_works(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as club:
        answer = (await club.ana.slash(club.general, "ask", question=QUESTION)).response
        page = await club.bea.select(answer, [first_quote(answer)])
        assert page.ephemeral
        (marked,) = re.findall(r"\*\*(.+?)\*\*", text(page.response))
        assert marked in text(answer)
        whole = (await club.bea.click(page.response, label="Whole section")).response
        assert "The Ethical Mirror" in text((await club.bea.click(whole, label="Contents")).response)

        more = await club.bea.click(answer, label="More")
        assert more.ephemeral
        assert QUESTION in text(more.response)

        await club.ana.send(club.general, club.addressed(QUESTION))
        reply = club.general.last_message
        up = next(each for each in walk(components(reply)) if (each.get("emoji") or {}).get("name") == "👍")
        thanks = await club.bea.click(reply, custom_id=up["custom_id"])
        assert (thanks.ephemeral, "Thank you" in text(thanks.response)) == (True, True)

        private = (await club.ana.slash(club.general, "ask", question=QUESTION, private=True)).response
        shared = await club.ana.click(private, label="Share")
        assert (shared.ephemeral, text(shared.response)) == (False, text(private))

        refused = await club.bea.click(answer, label="Delete")
        assert "Only the person who asked" in text(refused.response)
        before = len(club.general.history())
        assert (await club.ana.click(answer, label="Delete")).acknowledged
        assert len(club.general.history()) == before - 1
        assert "Only the person" in text((await club.bea.context_menu(club.general, DELETE_MENU, reply)).response)


async def test_an_old_button_works_after_a_restart(reviews: Path, store: Path) -> None:
    async with world(reviews, store) as club:
        answer = (await club.ana.slash(club.general, "ask", question=QUESTION)).response
        await club.restart()
        page = await club.bea.select(answer, [first_quote(answer)])
        assert DEFERRAL in text(page.response)
        assert QUESTION in text((await club.bea.click(answer, label="More")).response)
