"""The bot at work: questions a second over real sockets, and the cost of autocomplete."""

from __future__ import annotations

import asyncio
import statistics
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness.processes import apart, cpu_milliseconds
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

if TYPE_CHECKING:
    from tests.discord.loopback.client import Loopback

HEADINGS = 10_000
LONGEST_STEP = 100.0
"""Milliseconds for which autocomplete may block the event loop."""
_LIMIT = 25


def completing(workspace: Workspace) -> Results:
    """Measure autocomplete over many headings by CPU, and compare it with rapidfuzz."""
    found = Results()
    headings = workspace.sized(HEADINGS, 500)
    took = apart(complete, threads=1, headings=headings)
    found.check(f"completing among {headings:,} headings, 95th percentile, ms of CPU", took["worst"], LONGEST_STEP)
    found.figure("the same, median", took["median"], "ms of CPU")
    found.figure("the same / rapidfuzz's WRatio over all", took["share"], "")
    found.figure("completing among as many sections' reviews, median", took["reviews"], "ms of CPU")
    return found


def serving(workspace: Workspace) -> Results:
    """Measure questions a second through the whole bot, and compare it with a bot that only repeats the question."""
    found = Results()
    asked = workspace.sized(300, 20)
    pairs = [
        (
            apart(ask_the_bot, data=str(workspace.data()), work=str(workspace.directory), questions=asked),
            apart(ask_the_echo, questions=asked),
        )
        for _ in range(workspace.sized(3, 1))
    ]
    ours, echo = (statistics.median(pair[place]["rate"] for pair in pairs) for place in (0, 1))
    found.figure("questions through the bot on loopback", ours, "a second")
    found.figure("the same / a bot that repeats the question", ours / echo, "")
    found.figure("share of them answered", min(ours["answered"] for ours, _ in pairs), "")
    return found


def complete(headings: int) -> dict[str, float]:
    """Return the milliseconds of completing prefixes, middles and misspellings among the headings of one review."""
    from rapidfuzz import fuzz, process

    from bot.services.titles import Titles
    from tests.benchmarks.corpus.reviews import Corpus, Draft

    names: dict[str, None] = {}
    drafts = []
    for draft in Corpus(headings * 4, seed=3).drafts():
        drafts.append(draft)
        names.update(dict.fromkeys(heading for heading, _ in draft.sections))
        if len(names) >= headings:
            break
    whole = Draft("whole", "Whole", "", 2000, tuple((name, ("Text.",)) for name in list(names)[:headings]))
    one, many = (Titles(draft.review() for draft in each) for each in ([whole], drafts))
    title = one.visible(("shared",))[0]
    typed = [text for name in list(names)[:: headings // 20] for text in _typed(name)]
    completed, plain, reviews = [], [], []
    for text in typed:
        completed.append(cpu_milliseconds(partial(one.complete_sections, title, text, _LIMIT)))
        plain.append(cpu_milliseconds(partial(process.extract, text, list(names), scorer=fuzz.WRatio, limit=_LIMIT)))
        reviews.append(cpu_milliseconds(partial(many.complete_reviews, text, ("shared",), _LIMIT)))
    return {
        "median": statistics.median(completed),
        "worst": statistics.quantiles(completed, n=20)[-1],
        "share": statistics.median(completed) / statistics.median(plain),
        "reviews": statistics.median(reviews),
    }


def ask_the_bot(data: str, work: str, questions: int) -> dict[str, float]:
    """Return questions a second through the real bot, with a loopback Discord in a process of its own."""
    from tests.discord.harness.club import run_club
    from tests.discord.harness.launch import point_at
    from tests.discord.loopback.client import in_a_process

    async def run(url: str) -> dict[str, float]:
        store = Path(work) / f"store-{time.time_ns()}.sqlite"
        async with run_club(url, Path(data), store, queue=questions) as here:
            return await _rate(here.loopback, questions)

    with in_a_process() as url:
        point_at(url)
        return asyncio.run(run(url))


def ask_the_echo(questions: int) -> dict[str, float]:
    """Return the same for a bot that acknowledges each question and repeats it."""
    from tests.discord.harness.bots import echoing, scene
    from tests.discord.harness.launch import point_at
    from tests.discord.loopback.client import in_a_process

    async def run(url: str) -> dict[str, float]:
        async with scene(url, echoing(), judged=False) as here:
            return await _rate(here.loopback, questions)

    with in_a_process() as url:
        point_at(url)
        return asyncio.run(run(url))


async def _rate(loopback: Loopback, questions: int) -> dict[str, float]:
    """Return answers a second, and the share of questions that had one: Discord drops them after three seconds."""
    from tests.discord.running.test_many import QUESTIONS

    await loopback.settings(defer_schema=True)
    server = await loopback.server("Film Club")
    channel = await server.channel("general")
    people = [await server.member(f"Member {number}") for number in range(questions)]
    began = time.perf_counter()
    ids = await loopback.burst(
        (who, channel, "ask", {"question": QUESTIONS[place % len(QUESTIONS)]}) for place, who in enumerate(people)
    )
    await loopback.wait_all(ids, "acknowledged", timeout=10)
    heard = [each["id"] for each in await loopback.interactions(ids) if each["acknowledged_after"] is not None]
    answered = await loopback.wait_all(heard, "answered", timeout=120)
    return {"rate": answered / (time.perf_counter() - began), "answered": answered / questions}


def _typed(name: str) -> tuple[str, ...]:
    """Return what a user may type for a name: its beginning, its last word, and a version with two letters swapped."""
    slip = name[:3] + name[4:5] + name[3:4] + name[5:]
    return name[:3], name[:6].lower(), name.split()[-1].lower(), slip, name
