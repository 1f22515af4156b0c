"""`python -m tests.discord.soak [--minutes M] [--rate N] [--seed S] [--json FILE]`: at work while much goes wrong.

The real `review-bot run` with the real engine works against a loopback Discord in a process of its own. Members ask by
slash command, mention, DM, menu, button and form. At random, by the seed, requests are refused (429, 500, 502, 503),
cut off, or done without an answer, and connections to the gateway are closed and reset, so that sessions are resumed.
No session is lost, because Discord itself forgets what is asked then.

Exits with 1 unless every question was answered, refused with a reason, or logged as too late; nothing was logged as an
error; no body broke a rule; and the bot ended in good order. Prints its memory over time, and the slope.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any

from bot.cogs.ask.cog import MENU
from tests.discord.harness import loop_lag
from tests.discord.harness.club import furnish
from tests.discord.harness.logs import problems_in
from tests.discord.harness.loop_lag import LoopLag
from tests.discord.harness.programs import PATIENCE as STARTING
from tests.discord.harness.programs import loopback_process, program
from tests.discord.loopback.client import Channel, Interaction, Loopback, Message, Person, UnansweredError
from tests.discord.running.test_many import QUESTIONS, TOLD

MEMBERS = 8
CHANNELS = 4
PATIENCE = 75.0
"""Seconds that a member waits: `bot.transport.delivery` retries for 60 s."""
TROUBLE_EVERY = 3.0
"""Seconds between two faults, on average."""
SAMPLE_EVERY = 1.0
"""Seconds between two samples of the bot's memory."""
WARM_UP = 0.25
"""The share of the time, from its beginning, that the slope leaves out."""
COLUMNS = 60
"""Width of the plot of memory."""
_SHOWN = 20  # problems that are printed

WAYS = {"slash": 6, "mention": 4, "DM": 3, "menu": 1, "button": 4, "form": 2}
"""How members ask, with relative frequencies."""
BUTTONS = ("In context", "More", "Browse reviews", "👍")
FORM = "Ask a follow-up"
"""Below a private answer, to which nobody can reply."""

_ROUTES = (
    "POST /interactions/.*/callback",
    "PATCH /webhooks/.*/@original",
    r"POST /channels/\{channel_id\}/messages",
)
REQUEST_FAULTS: tuple[Mapping[str, Any], ...] = (
    *({"route": route, "kind": "status", "status": status} for route in _ROUTES for status in (500, 502, 503)),
    *({"route": route, "kind": "status", "status": 429, "retry_after": 0.3} for route in _ROUTES),
    *(
        {"route": route, "kind": kind, "after": after}
        for route in _ROUTES
        for kind in ("reset", "close")
        for after in (False, True)
    ),
    {"route": _ROUTES[-1], "kind": "status", "status": 429, "retry_after": 0.5, "scope_global": True},
)
GATEWAY_FAULTS: tuple[Mapping[str, Any], ...] = (
    {"action": "reconnect"},
    {"action": "reset"},
    {"action": "close", "code": 1001},
    {"action": "close", "code": 4000},
    {"action": "invalidate", "resumable": True},
)


@dataclass(slots=True)
class Tally:
    """Counts by the way of asking. `troubles` counts faults, `unheard` interactions that were never acknowledged."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    unheard: int = 0
    troubles: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Sample:
    """The bot's memory: seconds since the first sample, and resident KiB."""

    seconds: float
    kibibytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A soak. `slope` is the growth of the memory after the warm-up, in KiB a minute."""

    seed: int
    minutes: float
    tally: Tally
    memory: tuple[Sample, ...]
    slope: float
    loop: LoopLag
    resumes: int
    identifies: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        tally = self.tally
        rows = [
            f"{way:<8} {asked:>6} asked {tally.answered[way]:>6} answered {tally.told[way]:>4} told why not"
            for way, asked in sorted(tally.asked.items())
        ]
        more = len(self.problems) - _SHOWN
        return "\n".join(
            [
                *rows,
                f"all      {tally.asked.total():>6} asked {tally.answered.total():>6} answered "
                f"{tally.told.total():>4} told why not, {tally.unheard} past the 3 s, "
                f"{tally.unanswered.total()} unanswered",
                f"faults: {', '.join(f'{count} x {name}' for name, count in sorted(tally.troubles.items()))}",
                f"sessions: {self.identifies} started, {self.resumes} resumed; {self.loop}",
                f"memory: {plotted(self.memory)}, slope {self.slope:+.0f} KiB a minute after the warm-up",
                *self.problems[:_SHOWN],
                *([f"and {more} more"] if more > 0 else []),
                f"seed {self.seed}, {self.minutes:g} minutes: {'FAILED' if self.problems else 'survived'}",
            ]
        )

    def as_json(self) -> dict[str, Any]:
        # By hand, because `asdict` turns counters into pairs.
        tally = {each.name: getattr(self.tally, each.name) for each in fields(self.tally)}
        memory = [asdict(each) for each in self.memory]
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        return whole | {"tally": tally, "memory": memory, "loop": asdict(self.loop)}


class Crowd:
    """The members of a club, who ask in random ways."""

    def __init__(self, channels: Sequence[Channel], people: Sequence[Person], random: Random) -> None:
        self._channels = channels
        self._people = people
        self._random = random
        self._answers: deque[Message] = deque(maxlen=20)
        self.tally = Tally()

    async def ask(self) -> None:
        """Ask a question, and count how it ended."""
        way = self._random.choices(tuple(WAYS), tuple(WAYS.values()))[0]
        if way == "button" and not self._answers:
            way = "slash"
        self.tally.asked[way] += 1
        asked: Interaction | None = None
        try:
            if way in ("mention", "DM"):
                answer = await (await self._say(way)).reply(timeout=PATIENCE)
            else:
                asked = await self._interact(way)
                answer = await asked.answer(timeout=PATIENCE)
        except UnansweredError:
            if asked is not None and (await asked.now())["acknowledged_after"] is None:
                self.tally.unheard += 1
            else:
                self.tally.unanswered[way] += 1
        else:
            is_answer = answer.buttons.keys() & {*BUTTONS, FORM}
            (self.tally.answered if way == "button" or is_answer else self.tally.told)[way] += 1
            if is_answer and not answer.ephemeral and way in ("slash", "mention"):
                self._answers.append(answer)

    async def _say(self, way: str) -> Message:
        who, question = self._random.choice(self._people), self._random.choice(QUESTIONS)
        if way == "DM":
            return await who.say(await who.dm(), question)
        return await who.mention(self._random.choice(self._channels), question)

    async def _interact(self, way: str) -> Interaction:
        who, question = self._random.choice(self._people), self._random.choice(QUESTIONS)
        place = self._random.choice(self._channels)
        if way == "slash":
            return await who.slash(place, "ask", question=question, private=self._random.random() < 0.3)
        if way == "menu":
            return await who.menu(await who.say(place, question), MENU)
        if way == "form":
            asked = await who.slash(place, "ask", question=question, private=True)
            answer = await asked.answer(timeout=PATIENCE)
            if FORM not in answer.buttons:
                return asked
            return await who.submit(await who.click(answer, FORM), question=self._random.choice(QUESTIONS))
        answer = self._random.choice(self._answers)
        return await who.click(answer, self._random.choice([each for each in BUTTONS if each in answer.buttons]))


async def soak(minutes: float, rate: float, seed: int, data: Path, folder: Path) -> Outcome:
    """Let a bot work for some minutes at `rate` questions a second, wait for what is pending, and stop it."""
    lag = folder / "loop-lag.json"
    async with loopback_process(judged=False) as loopback:
        await loopback.settings(defer_schema=True)
        with program(loopback.url, data, "run", token=loopback.token, loop_lag=lag, errors=True) as bot:
            await loopback.ready(timeout=STARTING)
            server = await loopback.server("Film Club")
            channels = [await server.channel(f"channel-{number}") for number in range(CHANNELS)]
            people = [await server.member(f"Member {number}") for number in range(MEMBERS)]
            crowd = Crowd(channels, people, Random(seed))
            troubling = asyncio.create_task(_trouble(loopback, crowd.tally, Random(seed + 1)))
            sampling = asyncio.create_task(_sample(bot.process.pid))
            await _keep_asking(crowd, 60 * minutes, rate)
            troubling.cancel()
            sampling.cancel()
            memory = await sampling
            code = await asyncio.to_thread(bot.stop)
            # A fault of the last moments may have met no request.
            await loopback.call("clear_faults")
            # 10062 is too late, which the log has to say; 40060 is Discord's answer to the second try of a callback
            # whose first it was slow to confirm.
            stats, report = await loopback.stats(), await loopback.report(expect=[10062, 40060])
            problems = [
                *([f"exit code {code}"] if code else []),
                *problems_in(bot.output, await loopback.secrets()),
                *(f"{each['kind']}: {each['detail']}" for each in report["violations"]),
                *report["pending"],
                *(f"{count} not answered: {way}" for way, count in crowd.tally.unanswered.items()),
            ]
            logged = sum(bot.output.count(told) for told in TOLD)
        if crowd.tally.unheard > logged:
            problems.append(f"{crowd.tally.unheard} not acknowledged, of which {logged} are in the log")
        slope = _slope([each for each in memory if each.seconds >= WARM_UP * memory[-1].seconds])
        return Outcome(
            seed, minutes, crowd.tally, memory, slope, loop_lag.read(lag), stats["resumes"], stats["identifies"],
            tuple(problems),
        )  # fmt: skip


async def _keep_asking(crowd: Crowd, seconds: float, rate: float) -> None:
    """Ask at the rate, whether or not earlier questions were answered; then wait for all answers."""
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as asking:
        while time.monotonic() < until:
            asking.create_task(crowd.ask())
            await asyncio.sleep(1 / rate)


async def _trouble(loopback: Loopback, tally: Tally, random: Random) -> None:
    """Lay a fault now and then: mostly on the next request of a route, sometimes on the gateway."""
    while True:
        await asyncio.sleep(random.expovariate(1 / TROUBLE_EVERY))
        if random.random() < 0.75:
            fault = dict(random.choice(REQUEST_FAULTS))
            tally.troubles[str(fault.get("status", fault["kind"]))] += 1
            await loopback.fault(**fault)
        else:
            disturbance = dict(random.choice(GATEWAY_FAULTS))
            tally.troubles[f"gateway {disturbance['action']}"] += 1
            await loopback.disturb(**disturbance)


async def _sample(process: int) -> tuple[Sample, ...]:
    """Sample the resident memory of a process until cancelled."""
    begun, seen = time.monotonic(), []
    try:
        while True:
            status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
            seen.append(Sample(time.monotonic() - begun, resident))
            await asyncio.sleep(SAMPLE_EVERY)
    except asyncio.CancelledError:
        return tuple(seen)


def _slope(memory: Sequence[Sample]) -> float:
    """Return the growth in KiB a minute, by least squares."""
    if len(memory) < 2:  # one point has no slope
        return 0.0
    line = statistics.linear_regression([each.seconds for each in memory], [each.kibibytes for each in memory])
    return 60 * line.slope


def plotted(memory: Sequence[Sample]) -> str:
    """Return the memory over time as one line of bars, from the least to the most."""
    least, most = min(each.kibibytes for each in memory), max(each.kibibytes for each in memory)
    bars = "▁▂▃▄▅▆▇█"
    shown = [memory[len(memory) * place // COLUMNS] for place in range(min(COLUMNS, len(memory)))]
    steps = (round((len(bars) - 1) * (each.kibibytes - least) / max(1, most - least)) for each in shown)
    return f"{least / 1024:.1f} MiB {''.join(bars[step] for step in steps)} {most / 1024:.1f} MiB"


def main() -> int:
    """Soak, and print how it went; return 1 if a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.soak")
    parser.add_argument("--minutes", type=float, default=20.0, metavar="M", help="how long members ask")
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help="questions a second")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the questions and the faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to this file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        outcome = asyncio.run(soak(chosen.minutes, chosen.rate, chosen.seed, data, Path(folder)))
    sys.stdout.write(f"{outcome}\n")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(outcome.as_json(), indent=2) + "\n", encoding="utf-8")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
