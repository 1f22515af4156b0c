"""Hundreds of questions at once. The real program, Discord and the members each have a process of their own.

What is measured of the program's event loop is so the program's own doing. The figures are those of a machine with
nothing else to do: run them as `nice -n -5 .venv/bin/pytest -m long -n 0 -s tests/discord/running/test_many.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.discord.harness import loop_lag
from tests.discord.harness.logs import problems_in
from tests.discord.harness.loop_lag import LoopLag
from tests.discord.harness.programs import PATIENCE, loopback_process, program
from tests.discord.loopback.client import Loopback
from tests.discord.loopback.state.objects import Json
from tests.project import copy_data

QUESTIONS = (
    "What is a deferral?",
    "Who plays Ruth?",
    "Why do they not run away?",
    "What does the reviewer say about the music?",
    "How was the box office in Japan?",
    "What is Hailsham?",
)
LONGEST_STEP = 0.1
"""Seconds for which the event loop may be blocked."""
SOON = 1.5
"""Seconds in which 500 questions at once must be acknowledged."""
TOLD = ("late: Discord answered 404 (code 10062)", "an interaction could not be acknowledged within")
"""The log's lines about a late interaction."""


@dataclass(frozen=True, slots=True)
class Rush:
    """The outcome of many questions at once: each interaction, the program's event loop, and its output."""

    every: list[Json]
    loop: LoopLag
    output: str

    @property
    def silent(self) -> list[Json]:
        """The questions without an acknowledgement."""
        return [each for each in self.every if each["acknowledged_after"] is None]

    @property
    def told(self) -> int:
        """The number of questions that the log reports as late."""
        return sum(line.count(told) for line in self.output.splitlines() for told in TOLD)

    def __str__(self) -> str:
        heard = sorted(each["acknowledged_after"] for each in self.every if each["acknowledged_after"] is not None)
        answered = sorted(each["answered_after"] for each in self.every if each["answered_after"] is not None)
        return (
            f"{len(self.every)} asked: {len(heard)} acknowledged (median {heard[len(heard) // 2]:.2f} s, last "
            f"{heard[-1]:.2f} s), {len(answered)} answered (last {answered[-1]:.2f} s), {len(self.silent)} neither, "
            f"{self.told} of them logged; {self.loop}"
        )


async def asked_at_once(loopback: Loopback, number: int) -> list[Json]:
    """Ask that many questions by as many members at once; return the interactions."""
    await loopback.settings(defer_schema=True)
    server = await loopback.server("Film Club")
    general = await server.channel("general")
    people = [await server.member(f"Member {each}") for each in range(number)]
    ids = await loopback.burst(
        (who, general, "ask", {"question": QUESTIONS[place % len(QUESTIONS)]}) for place, who in enumerate(people)
    )
    await loopback.wait_all(ids, "acknowledged", timeout=5)
    heard = [each["id"] for each in await loopback.interactions(ids) if each["acknowledged_after"] is not None]
    await loopback.wait_all(heard, "answered", timeout=60)
    return await loopback.interactions(ids)


async def rush(number: int, reviews: Path, folder: Path, *, expect: tuple[int, ...] = ()) -> Rush:
    """Ask that many questions at once, and stop the program after the last answer."""
    lag = folder / "loop-lag.json"
    async with loopback_process(expect=expect) as loopback:
        with program(
            loopback.url, copy_data(reviews, folder / "data"), "run", token=loopback.token, loop_lag=lag
        ) as bot:
            await loopback.ready(timeout=PATIENCE)
            every = await asked_at_once(loopback, number)
            assert await asyncio.to_thread(bot.stop) == 0
            seen = Rush(every, loop_lag.read(lag), bot.output)
        print(seen)  # noqa: T201  # the figures, for `pytest -s`
        await loopback.assert_clean(expect=expect)
        assert problems_in(seen.output, await loopback.secrets()) == []
        return seen


@pytest.mark.long
async def test_500_questions_at_once_are_acknowledged_soon_and_answered(reviews: Path, tmp_path: Path) -> None:
    seen = await rush(500, reviews, tmp_path)
    assert all(each["answered_after"] for each in seen.every), seen
    assert max(each["acknowledged_after"] for each in seen.every) < SOON, seen
    assert seen.loop.late < LONGEST_STEP, seen


@pytest.mark.long
async def test_of_2000_questions_at_once_each_is_answered_or_logged_as_late(reviews: Path, tmp_path: Path) -> None:
    seen = await rush(2000, reviews, tmp_path, expect=(10062,))
    assert len(seen.silent) == seen.told, seen
    assert all(each["answered_after"] for each in seen.every if each["acknowledged_after"]), seen
    assert seen.loop.late < LONGEST_STEP, seen
