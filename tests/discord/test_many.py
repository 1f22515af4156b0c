"""Hundreds of questions at once, with the real engine; the double in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.discord.actors import in_a_process
from tests.discord.club import Club, club
from tests.discord.conftest import lead
from tests.discord.double.state import Json
from tests.discord.logs import LogWatch

QUESTIONS = (
    "What is a deferral?",
    "Who plays Ruth?",
    "Why do they not run away?",
    "What does the reviewer say about the music?",
    "How was the box office in Japan?",
    "What is Hailsham?",
)
LONGEST_STEP = 0.1
"""Seconds for which the event loop may be held up."""


@asynccontextmanager
async def watched_loop() -> AsyncIterator[list[float]]:
    """By how much the loop was late, again and again."""
    late: list[float] = []

    async def look() -> None:
        while True:
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - due)

    # As `bot.cli` and `bot.serving` do.
    threshold = gc.get_threshold()
    gc.set_threshold(100_000)
    gc.collect()
    gc.freeze()
    looking = asyncio.create_task(look())
    try:
        yield late
    finally:
        looking.cancel()
        gc.unfreeze()
        gc.set_threshold(*threshold)


async def fared(here: Club, ids: list[str], late: list[float]) -> list[Json]:
    """How each question fared. Reading megabytes of JSON holds up the loop: the test's doing, not the bot's."""
    before = len(late)
    found = await here.there.interactions(ids)
    await asyncio.sleep(0.02)
    del late[before:]
    return found


async def asked_at_once(here: Club, number: int, late: list[float]) -> list[Json]:
    """That many questions by as many members, and how each of them fared."""
    await here.there.settings(defer_schema=True)
    people = [await here.server.member(f"Member {each}") for each in range(number)]
    ids = await here.there.burst(
        (who, here.general, "ask", {"question": QUESTIONS[place % len(QUESTIONS)]}) for place, who in enumerate(people)
    )
    await here.there.wait_all(ids, "acknowledged", timeout=5)
    heard = [each["id"] for each in await fared(here, ids, late) if each["acknowledged_after"] is not None]
    await here.there.wait_all(heard, "answered", timeout=60)
    return await fared(here, ids, late)


def figures(fared: list[Json], late: list[float]) -> str:
    acknowledged = sorted(each["acknowledged_after"] or 99.0 for each in fared)
    answered = sorted(each["answered_after"] or 99.0 for each in fared)
    return (
        f"acknowledged: median {acknowledged[len(acknowledged) // 2]:.2f} s, last {acknowledged[-1]:.2f} s; "
        f"answered: last {answered[-1]:.2f} s; loop late at most {1000 * max(late):.0f} ms"
    )


@pytest.mark.slow
async def test_five_hundred_questions_at_once_are_all_acknowledged_soon_and_answered(
    monkeypatch: pytest.MonkeyPatch, reviews: Path, store: Path, log: LogWatch
) -> None:
    with in_a_process() as url:
        lead(monkeypatch, url)
        async with club(url, reviews, store) as here, watched_loop() as late:
            every = await asked_at_once(here, 500, late)
            seen = figures(every, late)
            assert all(each["answered_after"] for each in every), seen
            assert max(each["acknowledged_after"] for each in every) < 1.5, seen
            assert max(late) < LONGEST_STEP, seen
            await here.assert_clean(log)


@pytest.mark.slow
async def test_of_two_thousand_questions_at_once_none_is_lost_in_silence(
    monkeypatch: pytest.MonkeyPatch, reviews: Path, store: Path, log: LogWatch
) -> None:
    with in_a_process() as url:
        lead(monkeypatch, url)
        async with club(url, reviews, store) as here, watched_loop() as late:
            every = await asked_at_once(here, 2000, late)
            seen = figures([each for each in every if each["acknowledged_after"]], late)
            counts = here.bot.desk.delivery.counts
            silent = [each for each in every if each["acknowledged_after"] is None]
            assert len(silent) == counts["late"] + counts["unacknowledged"], seen
            assert all(each["answered_after"] for each in every if each["acknowledged_after"]), seen
            assert max(late) < LONGEST_STEP, seen
            await here.assert_clean(log, expect=(10062,))
