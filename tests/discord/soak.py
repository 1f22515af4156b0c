"""`python -m tests.discord.soak [--minutes M] [--rate N] [--seed S] [--json FILE]`: at work while much goes wrong.

The real `review-bot run` with the real engine, against a Discord on loopback in a process of its own. Members ask by
slash command, mention, DM, menu, button and form. Meanwhile, at random by the seed, requests are refused (429, 500,
502, 503), cut off, or done without an answer; and connections to the gateway are closed and reset, so that sessions are
resumed. A session that can't be resumed isn't among it: what is asked then, Discord itself forgets.

Exits with 1 unless every question was answered, or its member told why not, or found too late and logged; nothing was
logged as an error; no body broke a rule; and the bot ended in good order. Tells its memory over time, and the slope.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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
from tests.discord.harness import pulse
from tests.discord.harness.club import furnish
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import PATIENCE as STARTING
from tests.discord.harness.programs import loopback_process, program
from tests.discord.harness.pulse import Pulse
from tests.discord.loopback.client import Channel, Interaction, Loopback, Message, Person, UnansweredError
from tests.discord.running.test_many import QUESTIONS, TOLD

MEMBERS = 8
CHANNELS = 4
PATIENCE = 75.0
"""Seconds that a member waits: `bot.transport.delivery` goes on for 60 s with what it has to say."""
TROUBLE_EVERY = 3.0
"""Seconds between two faults, on average."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the bot's memory."""
WARM_UP = 0.25
"""The share of the time, from its beginning, that is left out of the slope."""
COLUMNS = 60
"""How wide the memory over time is printed."""

_SHOWN = 20  # problems that are told in full

WAYS = {"slash": 6, "mention": 4, "DM": 3, "menu": 1, "button": 4, "form": 2}
"""How people ask, and how often each, relatively."""
BUTTONS = ("Read 1 in context", "Read in context", "More passages", "Helpful")
FORM = "Ask a follow-up"

_CALLBACK = "POST /interactions/.*/callback"
_EDIT = "PATCH /webhooks/.*/@original"
_POST = r"POST /channels/\{channel_id\}/messages"
REQUEST_FAULTS: tuple[Mapping[str, Any], ...] = (
    *(
        {"route": route, "kind": "status", "status": status}
        for route in (_CALLBACK, _EDIT, _POST)
        for status in (500, 502, 503)
    ),
    *({"route": route, "kind": "status", "status": 429, "retry_after": 0.3} for route in (_CALLBACK, _EDIT, _POST)),
    *(
        {"route": route, "kind": kind, "after": after}
        for route in (_CALLBACK, _EDIT, _POST)
        for kind in ("reset", "close")
        for after in (False, True)
    ),
    {"route": _POST, "kind": "status", "status": 429, "retry_after": 0.5, "scope_global": True},
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
    """How it went, by the way of asking; `troubles` by fault, `unheard` the interactions never acknowledged."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    unheard: int = 0
    troubles: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the bot's memory: seconds since the first, and resident KiB."""

    seconds: float
    kibibytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A soak as it went; `slope` is the growth of the memory after the warm-up, in KiB a minute."""

    seed: int
    minutes: float
    tally: Tally
    memory: tuple[Look, ...]
    slope: float
    loop: Pulse
    resumes: int
    identifies: int
    problems: tuple[str, ...]


class Crowd:
    """The members of a club, who ask in whatever way comes to mind."""

    def __init__(self, channels: Sequence[Channel], people: Sequence[Person], random: Random) -> None:
        self._channels = channels
        self._people = people
        self._random = random
        self._answers: deque[Message] = deque(maxlen=20)
        self.tally = Tally()

    async def ask(self) -> None:
        """One question, and what became of it."""
        way = self._random.choices(tuple(WAYS), tuple(WAYS.values()))[0]
        if way in ("button", "form") and not self._answers:
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
            self._take(way, answer)

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
        answer = self._random.choice(self._answers)
        if way == "form":
            return await who.submit(await who.click(answer, FORM), question=question)
        return await who.click(answer, self._random.choice([each for each in BUTTONS if each in answer.buttons]))

    def _take(self, way: str, answer: Message) -> None:
        whole = way == "button" or FORM in answer.buttons
        (self.tally.answered if whole else self.tally.told)[way] += 1
        if FORM in answer.buttons and not answer.ephemeral and way in ("slash", "mention"):
            self._answers.append(answer)


async def soak(minutes: float, rate: float, seed: int, data: Path, folder: Path) -> Outcome:
    """Let a bot work for so long, asked so many times a second, and stop it.

    Args:
        minutes: how long people ask; what is under way then is waited for.
        rate: questions a second.
        seed: of the ways, the questions and the faults.
        data: an indexed data directory.
        folder: where to keep what is needed meanwhile.
    """
    kept = folder / "pulse.json"
    async with loopback_process(judged=False) as there:
        await there.settings(defer_schema=True)
        with program(there.url, data, "run", token=there.token, pulse=kept, errors=True) as bot:
            await there.ready(timeout=STARTING)
            server = await there.server("Film Club")
            channels = [await server.channel(f"channel-{number}") for number in range(CHANNELS)]
            people = [await server.member(f"Member {number}") for number in range(MEMBERS)]
            crowd = Crowd(channels, people, Random(seed))
            troubling = asyncio.create_task(_trouble(there, crowd.tally, Random(seed + 1)))
            looking = asyncio.create_task(_look(bot.process.pid))
            await _keep_asking(crowd, 60 * minutes, rate)
            troubling.cancel()
            looking.cancel()
            memory = await looking
            code = await asyncio.to_thread(bot.stop)
            # A fault of the last moments may have met no request.
            await there.call("clear_faults")
            # 10062 is too late, as the log has to tell; with 40060 Discord answers the second try of a callback whose
            # first it was slow to confirm.
            stats, verdict = await there.stats(), await there.report(expect=[10062, 40060])
            problems = [
                *([f"exit code {code}"] if code else []),
                *problems_in(bot.output, await there.secrets()),
                *(f"{each['kind']}: {each['detail']}" for each in verdict["violations"]),
                *verdict["pending"],
                *(f"{count} not answered: {way}" for way, count in crowd.tally.unanswered.items()),
            ]
            logged = sum(bot.output.count(told) for told in TOLD)
        if crowd.tally.unheard > logged:
            problems.append(f"{crowd.tally.unheard} not acknowledged, of which the log tells {logged}")
        slope = _slope([look for look in memory if look.seconds >= WARM_UP * memory[-1].seconds])
        return Outcome(
            seed, minutes, crowd.tally, memory, slope, pulse.read(kept), stats["resumes"], stats["identifies"],
            tuple(problems),
        )  # fmt: skip


async def _keep_asking(crowd: Crowd, seconds: float, rate: float) -> None:
    """Ask at the rate, whether or not the earlier ones have been answered; then wait for them."""
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as asking:
        while time.monotonic() < until:
            asking.create_task(crowd.ask())
            await asyncio.sleep(1 / rate)


async def _trouble(there: Loopback, tally: Tally, random: Random) -> None:
    """Let something go wrong now and then: mostly the next request of a route, at times the gateway."""
    while True:
        await asyncio.sleep(random.expovariate(1 / TROUBLE_EVERY))
        if random.random() < 0.75:
            fault = dict(random.choice(REQUEST_FAULTS))
            tally.troubles[str(fault.get("status", fault["kind"]))] += 1
            await there.fault(**fault)
        else:
            disturbance = dict(random.choice(GATEWAY_FAULTS))
            tally.troubles[f"gateway {disturbance['action']}"] += 1
            await there.disturb(**disturbance)


async def _look(process: int) -> tuple[Look, ...]:
    """The resident memory of a process again and again, until cancelled."""
    begun, seen = time.monotonic(), []
    try:
        while True:
            seen.append(Look(time.monotonic() - begun, _resident(process)))
            await asyncio.sleep(LOOK_EVERY)
    except asyncio.CancelledError:
        return tuple(seen)


def _resident(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def _slope(looks: Sequence[Look]) -> float:
    """Growth in KiB a minute, by least squares."""
    if len(looks) < 2:  # one point has no slope
        return 0.0
    middle = sum(look.seconds for look in looks) / len(looks)
    mean = sum(look.kibibytes for look in looks) / len(looks)
    along = sum((look.seconds - middle) * (look.kibibytes - mean) for look in looks)
    return 60 * along / sum((look.seconds - middle) ** 2 for look in looks)


def plotted(memory: Sequence[Look]) -> str:
    """The memory over time as one line of bars, from the least to the most that was seen."""
    least, most = min(look.kibibytes for look in memory), max(look.kibibytes for look in memory)
    bars = "▁▂▃▄▅▆▇█"
    shown = [memory[len(memory) * place // COLUMNS] for place in range(min(COLUMNS, len(memory)))]
    steps = (round((len(bars) - 1) * (look.kibibytes - least) / max(1, most - least)) for look in shown)
    return f"{least / 1024:.1f} MiB {''.join(bars[step] for step in steps)} {most / 1024:.1f} MiB"


def told(outcome: Outcome) -> str:
    """A soak in words."""
    tally = outcome.tally
    rows = [
        f"{way:<8} {asked:>6} asked {tally.answered[way]:>6} answered {tally.told[way]:>4} told why not"
        for way, asked in sorted(tally.asked.items())
    ]
    return "\n".join(
        [
            *rows,
            f"all      {tally.asked.total():>6} asked {tally.answered.total():>6} answered "
            f"{tally.told.total():>4} told why not, {tally.unheard} past the 3 s, "
            f"{tally.unanswered.total()} unanswered",
            f"faults: {', '.join(f'{count} x {name}' for name, count in sorted(tally.troubles.items()))}",
            f"sessions: {outcome.identifies} begun, {outcome.resumes} resumed; {outcome.loop}",
            f"memory: {plotted(outcome.memory)}, slope {outcome.slope:+.0f} KiB a minute after the warm-up",
            *outcome.problems[:_SHOWN],
            *([f"and {len(outcome.problems) - _SHOWN} more"] if len(outcome.problems) > _SHOWN else []),
            f"seed {outcome.seed}, {outcome.minutes:g} minutes: {'FAILED' if outcome.problems else 'survived'}",
        ]
    )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All of a soak."""
    # By hand: `asdict` makes counters of pairs.
    tally = {each.name: getattr(outcome.tally, each.name) for each in fields(outcome.tally)}
    return {
        **{each.name: getattr(outcome, each.name) for each in fields(outcome)},
        "tally": tally,
        "memory": [asdict(each) for each in outcome.memory],
        "loop": asdict(outcome.loop),
    }


def main() -> int:
    """Soak, tell how it went; 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.soak")
    parser.add_argument("--minutes", type=float, default=20.0, metavar="M", help="how long people ask")
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help="questions a second")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the questions and the faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        outcome = asyncio.run(soak(chosen.minutes, chosen.rate, chosen.seed, data, Path(folder)))
    sys.stdout.write(told(outcome) + "\n")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(as_json(outcome), indent=2) + "\n", encoding="utf-8")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
