"""The bot at work: questions a second over real sockets, and what autocomplete takes while people type."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import apart
from tests.benchmarks.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.titles import Titles
    from tests.benchmarks.corpus import Draft
    from tests.discord.loopback.client import Loopback

HEADINGS = 10_000
LONGEST_STEP = 100.0
"""Milliseconds for which the event loop, where autocomplete is answered, may be held up."""

QUESTIONS = (
    "What is a deferral?",
    "Who plays Ruth?",
    "Why do they not run away?",
    "What does the reviewer say about the music?",
    "How was the box office in Japan?",
    "What is Hailsham?",
)
_LIMIT = 25


def completing(workshop: Workshop) -> Findings:
    """Completing what is typed, over many headings, by CPU; beside rapidfuzz going through the same."""
    found = Findings()
    headings = workshop.sized(HEADINGS, 500)
    took = apart(complete, threads=1, headings=headings)
    found.check(f"completing among {headings:,} headings, 95th percentile, ms of CPU", took["worst"], LONGEST_STEP)
    found.figure("the same, median", took["median"], "ms of CPU")
    found.figure("the same / rapidfuzz's WRatio over all", took["share"], "")
    found.figure("completing among as many sections' reviews, median", took["reviews"], "ms of CPU")
    return found


def serving(workshop: Workshop) -> Findings:
    """Questions a second, asked at once through the whole bot; beside a bot that only repeats the question."""
    found = Findings()
    asked = workshop.sized(300, 20)
    pairs = [
        (
            apart(ask_the_bot, data=str(workshop.data()), work=str(workshop.directory), questions=asked),
            apart(ask_the_echo, questions=asked),
        )
        for _ in range(workshop.sized(3, 1))
    ]
    ours, echo = (statistics.median(pair[place]["rate"] for pair in pairs) for place in (0, 1))
    found.figure("questions through the bot on loopback", ours, "a second")
    found.figure("the same / a bot that repeats the question", ours / echo, "")
    found.figure("share of them answered", min(ours["answered"] for ours, _ in pairs), "")
    return found


def complete(headings: int) -> dict[str, float]:
    """Milliseconds of completing prefixes, middles and misspellings among the headings of one review."""
    from rapidfuzz import fuzz, process

    from tests.benchmarks.corpus import Corpus, Draft

    names: dict[str, None] = {}
    drafts = []
    for draft in Corpus(headings * 4, seed=3).drafts():
        drafts.append(draft)
        names.update(dict.fromkeys(heading for heading, _ in draft.sections))
        if len(names) >= headings:
            break
    whole = Draft("whole", "Whole", "", 2000, tuple((name, ("Text.",)) for name in list(names)[:headings]))
    shelf, many = _shelf([whole]), _shelf(drafts)
    title = shelf.visible(("shared",))[0]
    typed = [text for name in list(names)[:: headings // 20] for text in _typed(name)]
    completed, plain, reviews = [], [], []
    for text in typed:
        completed.append(_milliseconds(lambda text=text: shelf.complete_sections(title, text, _LIMIT)))  # type: ignore[misc]  # mypy can't infer a lambda's default
        plain.append(_milliseconds(lambda text=text: process.extract(text, list(names), scorer=fuzz.WRatio, limit=25)))  # type: ignore[misc]  # the same
        reviews.append(_milliseconds(lambda text=text: many.complete_reviews(text, ("shared",), _LIMIT)))  # type: ignore[misc]  # the same
    return {
        "median": statistics.median(completed),
        "worst": statistics.quantiles(completed, n=20)[-1],
        "share": statistics.median(completed) / statistics.median(plain),
        "reviews": statistics.median(reviews),
    }


def ask_the_bot(data: str, work: str, questions: int) -> dict[str, float]:
    """Questions a second through the real bot with its real engine, a loopback Discord in a process of its own."""
    from tests.discord.harness.club import club
    from tests.discord.harness.launch import point_at
    from tests.discord.loopback.client import in_a_process

    async def run(url: str) -> dict[str, float]:
        store = Path(work) / f"store-{time.time_ns()}.sqlite"
        async with club(url, Path(data), store, queue=questions) as here:
            return await _rate(here.there, questions)

    with in_a_process() as url:
        point_at(url)
        return asyncio.run(run(url))


def ask_the_echo(questions: int) -> dict[str, float]:
    """The same through a bot that acknowledges each question and repeats it."""
    from tests.discord.harness.bots import echoing, scene
    from tests.discord.harness.launch import point_at
    from tests.discord.loopback.client import in_a_process

    async def run(url: str) -> dict[str, float]:
        async with scene(url, echoing(), judged=False) as here:
            return await _rate(here.loopback, questions)

    with in_a_process() as url:
        point_at(url)
        return asyncio.run(run(url))


async def _rate(there: Loopback, questions: int) -> dict[str, float]:
    """Answers a second, and the share of the questions that had one: Discord forgets one after three seconds."""
    await there.settings(defer_schema=True)
    server = await there.server("Film Club")
    channel = await server.channel("general")
    people = [await server.member(f"Member {number}") for number in range(questions)]
    began = time.perf_counter()
    ids = await there.burst(
        (who, channel, "ask", {"question": QUESTIONS[place % len(QUESTIONS)]}) for place, who in enumerate(people)
    )
    await there.wait_all(ids, "acknowledged", timeout=10)
    heard = [each["id"] for each in await there.interactions(ids) if each["acknowledged_after"] is not None]
    answered = await there.wait_all(heard, "answered", timeout=120)
    return {"rate": answered / (time.perf_counter() - began), "answered": answered / questions}


def _shelf(drafts: list[Draft]) -> Titles:
    from bot.services.titles import Titles

    return Titles(draft.review() for draft in drafts)


def _typed(name: str) -> tuple[str, ...]:
    """What may have been typed on the way to a name: its beginning, its last word, and with letters changed places."""
    slip = name[:3] + name[4:5] + name[3:4] + name[5:]
    return name[:3], name[:6].lower(), name.split()[-1].lower(), slip, name


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)
