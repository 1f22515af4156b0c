"""Hostile reviews, titles, names and questions, sent by the real client to the loopback Discord.

A quarter as many are sent as a property of `tests/bot` is tried with, so `HYPOTHESIS_PROFILE=thousand` sends 1,000.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import discord
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.ui.strings import ENGLISH
from bot.ui.text import question_problem, safe_link
from embeddings.records import Review
from tests.bot.fixtures.checks import OURS, OWN_WORDS
from tests.bot.fixtures.discord_markdown import LINK, read
from tests.bot.fixtures.messages import Shown, messages
from tests.bot.fixtures.reviews import hostile
from tests.discord.harness.club import run_club
from tests.discord.loopback.state.payloads import texts
from tests.discord.running.test_faults import POST

T = TypeVar("T")


def sample(strategy: st.SearchStrategy[T]) -> list[T]:
    """Draw as many examples as a quarter of the profile's."""
    found: list[T] = []

    @settings(max_examples=settings().max_examples // 4, database=None, phases=[Phase.generate])
    @given(strategy)
    def take(one: T) -> None:
        found.append(one)

    take()
    return found


def tame(shown: list[str], reviews: tuple[Review, ...] = ()) -> bool:
    """Return True if only the bot's own syntax is active in these texts."""
    readings = [read(text) for text in shown]
    kinds = {kind for reading in readings for kind in reading.kinds}
    targets = {each.target for reading in readings for each in reading.constructs if each.kind == LINK}
    return kinds <= OURS | OWN_WORDS and targets <= {safe_link(review.source) for review in reviews}


@pytest.mark.slow
async def test_hostile_reviews_arrive_whole_and_harmless(loopback_url: str, reviews: Path, store: Path) -> None:
    every = sample(messages())  # before there is a bot, whose event loop it would hold up
    async with run_club(loopback_url, reviews, store) as club:
        await club.loopback.settings(rate_limits=False)
        channel = club.bot.get_channel(int(club.general.id))
        assert isinstance(channel, discord.TextChannel)

        async def arrived(shown: Shown) -> Any:
            sent = await club.bot.delivery.post(channel, shown.message)
            assert sent is not None
            return await club.loopback.call("message", message=str(sent.id))

        for shown in every:
            contents = [text.content for text in shown.message.texts()]
            assert list(texts((await arrived(shown))["components"])) == contents
            await club.loopback.fault(POST, "status", status=400, code=50035)
            (embed,) = (await arrived(shown))["embeds"]
            assert embed["description"] == "\n\n".join(contents)
            assert tame([*contents, embed["description"]], shown.reviews)


@pytest.mark.slow
async def test_hostile_questions_get_a_harmless_answer(loopback_url: str, reviews: Path, store: Path) -> None:
    # UTF-8 can't encode a lone surrogate.
    written = hostile(12).map(lambda text: text.encode("utf-8", "ignore").decode())
    questions = sample(written.filter(lambda text: len(text) >= 3 and question_problem(text, ENGLISH) is None))
    async with run_club(loopback_url, reviews, store) as club:
        await club.loopback.settings(rate_limits=False)
        library = club.bot.engine._current.opened.library
        for question in questions:
            answer = await club.ask(question[:300])
            shown = list(texts(answer.data["components"]))
            assert shown
            assert tame(shown, library.reviews())
