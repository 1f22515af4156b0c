"""`python -m tests.discord.kills [--times 100] [--seed N] [--json FILE]`: kill -9 at random moments, and look.

The real `review-bot run` in a process of its own answers questions on the loopback Discord, while a manager changes the
server's settings and reviews are added, changed and removed in the folder that it watches. At a random moment it is
killed: by itself, or with the process that is indexing for it; or while it starts. It is started again on what it left:

- it connects, and its database is whole;
- the server's settings are those that were last acknowledged, or those of a change that was under way, all of them;
- no review that stood in the index with the content that its file has is gone from it, and questions about the owner's
  review and about one of the others are answered from what was written.

In the end every file is indexed, none that was removed is, and each is asked about.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.storage.database import Database
from bot.storage.records import ServerSettings
from bot.storage.server_settings import load_server_settings
from embeddings.library import Library
from tests.discord.harness.club import OWNERS, QUESTION, furnish
from tests.discord.harness.programs import Program, loopback_process, program
from tests.discord.loopback.client import Channel, Guild, Loopback, Person, UnansweredError

LATEST = 12.0
"""Seconds that people are at it before it is killed: it looks at the reviews every five, and indexing takes a few."""
STARTING = 1.5
"""Seconds from a start within which it is killed where that shall hit the start."""
PATIENCE = 180.0
"""Seconds that a start, or the index's way to the end, may take on a busy machine."""
MOST_REVIEWS = 6
STORED = "What does the keeper store in the cellar?"
KEPT = "lanterns ropes compasses kettles barometers ledgers telescopes anchors mittens candles maps bells".split()


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill.

    Attributes:
        after: seconds after its start was begun, or after people came to it.
        starting: whether it was starting.
        saving: whether a change of settings was under way.
        indexing: whether a process was indexing.
        both: whether that was killed as well.
    """

    after: float
    starting: bool
    saving: bool
    indexing: bool
    both: bool


@dataclass(slots=True)
class World:
    """The club, and what is known of what it was told."""

    there: Loopback
    server: Guild
    general: Channel
    manager: Person
    data: Path
    chance: random.Random
    settled: ServerSettings = field(default_factory=ServerSettings)
    """What was last acknowledged."""
    pending: tuple[str, ServerSettings] | None = None
    """A change under way: its interaction, empty until that is known, and what it asks for."""
    kept: dict[str, str] = field(default_factory=dict)
    """What each version of a review says, by its digest."""
    indexed: dict[str, str] = field(default_factory=dict)
    """The digests in the index when the bot was last killed, by slug."""
    orphaned: bool = False
    """Whether a process was left that went on indexing, with the files as it had read them."""
    answered: int = 0
    changed: int = 0
    written: int = 0

    @property
    def folder(self) -> Path:
        """Where reviews are dropped."""
        return self.data / "reviews"

    def stations(self) -> list[Path]:
        """The reviews that come and go."""
        return sorted(self.folder.glob("station-*.md"))


async def ask(world: World) -> None:
    """Question after question."""
    while True:
        asked = await world.manager.slash(world.general, "ask", question=QUESTION, review=OWNERS)
        await asked.answer(timeout=PATIENCE)
        world.answered += 1


async def change_settings(world: World) -> None:
    """One change after the other, each of all that there is to set, so that half a change would show."""
    while True:
        wanted = _variant(world.chance.randrange(6))
        world.pending = ("", wanted)
        asked = await world.manager.slash(
            world.general,
            "settings",
            answers="private" if wanted.private_answers else "public",
            spoilers="hidden" if wanted.hide_spoilers else "shown",
            default_review=wanted.default_review or "none",
        )
        world.pending = (asked.id, wanted)
        await asked.answer(timeout=PATIENCE)
        _settle(world)
        await asyncio.sleep(world.chance.uniform(0.0, 0.2))


async def change_reviews(world: World) -> None:
    """Reviews come, change and go, each in one step, as a careful copy is."""
    while True:
        stations = world.stations()
        if stations and (len(stations) >= MOST_REVIEWS or world.chance.random() < 0.3):
            world.chance.choice(stations).unlink()
        else:
            _write(world, world.chance.randrange(2 * MOST_REVIEWS))
        world.written += 1
        await asyncio.sleep(world.chance.uniform(0.2, 3.0))


def _variant(number: int) -> ServerSettings:
    reviews = (None, OWNERS, "lighthouse")
    return ServerSettings(number % 2 == 1, number % 2 == 0, (), reviews[number % 3])


def _settle(world: World) -> None:
    if world.pending is not None:
        world.settled, world.pending = world.pending[1], None
        world.changed += 1


def _write(world: World, number: int) -> None:
    word = world.chance.choice(KEPT)
    title = f"Station {number}"
    text = f"---\ntitle: {title}\n---\n\nThe keeper of {title} stores {word} in the cellar, and nothing else.\n"
    beside = world.data / "beside.md"
    beside.write_text(text, encoding="utf-8")
    world.kept[hashlib.sha256(text.encode()).hexdigest()] = word
    beside.replace(world.folder / f"station-{number}.md")


async def one_kill(world: World) -> tuple[Kill, float | None, list[str]]:
    """Start, look what the kill before has left, let people at it, kill.

    Returns:
        The kill; how many seconds the start took, if it was let come to its end; what was wrong after it.
    """
    both, starting = world.chance.random() < 0.5, world.chance.random() < 0.25
    after = world.chance.uniform(0.0, STARTING if starting else LATEST)
    took, faults = None, list[str]()
    sessions = await _sessions(world)
    with program(world.there.url, world.data, "run", token=world.there.token, errors=True) as bot:
        if not starting:
            took, faults = await _come_back(world, bot, sessions)
        async with _people(world, present=took is not None):
            await asyncio.sleep(after)
        indexing = _indexing(bot)
        _kill(bot, both=both)
        await asyncio.to_thread(bot.ended)
    saving = took is not None and world.pending is not None
    await _look_whether_answered(world)
    world.indexed, world.orphaned = _indexed(world.data), indexing and not both
    return Kill(round(after, 2), starting, saving, indexing, both), took, faults


async def _sessions(world: World) -> int:
    return int((await world.there.stats())["identifies"])


async def _come_back(world: World, bot: Program, sessions: int) -> tuple[float | None, list[str]]:
    """Wait for one session more than that; how many seconds that took, if it came, and what is wrong."""
    begun = time.monotonic()
    try:
        await world.there.ready(identifies=sessions + 1, timeout=PATIENCE)
    except UnansweredError:
        return None, [f"did not start: {bot.output[-300:]}"]
    took = time.monotonic() - begun
    wrong_in_store = _wrong_in_store(world)
    until = time.monotonic() + (PATIENCE if world.orphaned else 0.0)
    while (wrong := await _wrong_answers(world)) and time.monotonic() < until:
        await asyncio.sleep(0.5)
    return took, [*wrong_in_store, *wrong]


@asynccontextmanager
async def _people(world: World, *, present: bool) -> AsyncIterator[None]:
    """People at the bot, until they are taken away; what they were told is in `world`."""
    at_it = [change_reviews(world), *((ask(world), change_settings(world)) if present else ())]
    tasks = [asyncio.create_task(each) for each in at_it]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _kill(bot: Program, *, both: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if both:
            os.killpg(bot.process.pid, signal.SIGKILL)
        else:
            bot.process.kill()


def _indexing(bot: Program) -> bool:
    """Whether the bot has a process that indexes: another one of its group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command, in brackets, may hold anything; what follows it are the state, the parent and the group.
            number, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if number != bot.process.pid and int(rest[2]) == bot.process.pid and rest[0] != "Z":
            return True
    return False


async def _look_whether_answered(world: World) -> None:
    """A change that was acknowledged before the kill, though nobody had read it yet, stands."""
    if world.pending is not None and world.pending[0]:
        (asked,) = await world.there.interactions([world.pending[0]])
        if asked["answered_after"] is not None:
            _settle(world)


def _indexed(data: Path) -> dict[str, str]:
    """The digests of the reviews in the index, by slug."""
    library = Library.open(data)
    library.close()
    return {entry.slug: entry.digest for part in library.manifest.collections for entry in part.reviews}


def _files(world: World) -> dict[str, str]:
    """The digests of the reviews' files, by slug."""
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in world.folder.glob("*.md")}


def _wrong_in_store(world: World) -> list[str]:
    path = world.data / "bot.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (checked,) = connection.execute("PRAGMA integrity_check").fetchone()
    with Database(path) as store:
        found = load_server_settings(store, int(world.server.id))
    allowed = [world.settled, *([world.pending[1]] if world.pending is not None else [])]
    wrong = [] if checked == "ok" else [f"the database is damaged: {checked}"]
    if found not in allowed:
        wrong.append(f"settings: {found}, of which {allowed} may be")
    # What people see is what holds from here on; nothing is under way any more.
    world.settled, world.pending = found, None
    return wrong


async def _wrong_answers(world: World) -> list[str]:
    files, indexed = _files(world), _indexed(world.data)
    wrong = [
        f"lost from the index: {slug}"
        for slug, digest in world.indexed.items()
        if files.get(slug) == digest != indexed.get(slug)
    ]
    if "deferrals" not in await _answer(world, QUESTION, OWNERS):
        wrong.append("the owner's review isn't answered from")
    stations = sorted(slug for slug in world.indexed.keys() & files.keys() if slug.startswith("station-"))
    for slug in world.chance.sample(stations, min(1, len(stations))):
        # The index may be of an earlier version than the file; both are what somebody wrote.
        words = {world.kept[world.indexed[slug]], world.kept[files[slug]]}
        said = await _answer(world, STORED, slug)
        if not any(word in said for word in words):
            wrong.append(f"{slug} should keep {words}, but says: {said}")
    return wrong


async def _answer(world: World, question: str, review: str) -> str:
    asked = await world.manager.slash(world.general, "ask", question=question, review=review)
    return (await asked.answer(timeout=PATIENCE)).text


async def _wrong_in_the_end(world: World) -> list[str]:
    """Let the bot come up with all that was written, and ask about each review."""
    sessions = await _sessions(world)
    with program(world.there.url, world.data, "run", token=world.there.token, errors=True) as bot:
        _, wrong = await _come_back(world, bot, sessions)
        until = time.monotonic() + PATIENCE
        while not wrong and (behind := await _behind(world)):
            if time.monotonic() > until:
                wrong = behind
            await asyncio.sleep(0.5)
        await asyncio.to_thread(bot.stop)
        return wrong


async def _behind(world: World) -> list[str]:
    files = _files(world)
    if _indexed(world.data) != files:
        return ["the index hasn't come up with the files"]
    stations = {path.stem: world.kept[files[path.stem]] for path in world.stations()}
    return [
        f"{slug} doesn't say that it keeps {word}"
        for slug, word in stations.items()
        if word not in await _answer(world, STORED, slug)
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All kills, how long the starts after them took in seconds, what was done meanwhile, and what was wrong."""

    kills: tuple[Kill, ...]
    starts: tuple[float, ...]
    answered: int
    changed: int
    written: int
    faults: tuple[str, ...]


async def endure(times: int, seed: int, data: Path) -> Outcome:
    """Kill the bot that often.

    Args:
        times: how often.
        seed: decides the moments, and what people do.
        data: a data directory as `furnish` makes it, which is used up.
    """
    async with loopback_process(judged=False) as there:
        server = await there.server("Film Club")
        general, manager = await server.channel("general"), await server.member("Mia", manager=True)
        world = World(there, server, general, manager, data, random.Random(seed))
        kills, starts, faults = [], list[float](), list[str]()
        for number in range(1, times + 1):
            kill, took, wrong = await one_kill(world)
            kills.append(kill)
            starts += [] if took is None else [took]
            faults += [f"start {number}: {each}" for each in wrong]
            _tell("\n".join([f"{number:>4}  {_told(kill)}", *faults[len(faults) - len(wrong) :]]))
        faults += [f"the end: {each}" for each in await _wrong_in_the_end(world)]
    return Outcome(tuple(kills), tuple(starts), world.answered, world.changed, world.written, tuple(faults))


def _told(kill: Kill) -> str:
    at_it = (("starting", kill.starting), ("saving", kill.saving), ("indexing", kill.indexing))
    doing = ", ".join(word for word, holds in at_it if holds) or "asking"
    return f"killed {'with its indexing' if kill.both else 'by itself':<18} after {kill.after:5.2f} s, {doing}"


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Print a line a kill and the sums; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.kills")
    parser.add_argument("--times", type=int, default=100, metavar="N", help="how often to kill")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10**6), metavar="N", help="what to repeat a run by"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        outcome = asyncio.run(endure(chosen.times, chosen.seed, data))
    counts = {
        "seed": chosen.seed,
        "kills": len(outcome.kills),
        "while starting": sum(kill.starting for kill in outcome.kills),
        "while saving": sum(kill.saving for kill in outcome.kills),
        "while indexing": sum(kill.indexing for kill in outcome.kills),
        "questions answered": outcome.answered,
        "settings changed": outcome.changed,
        "reviews written": outcome.written,
        "seconds of a start": round(statistics.median(outcome.starts), 2) if outcome.starts else None,
        "faults": len(outcome.faults),
    }
    _tell("\n".join([*(f"{name:<20} {count}" for name, count in counts.items()), *outcome.faults]))
    if chosen.json is not None:
        told = {**counts, "told": outcome.faults, "each": [asdict(kill) for kill in outcome.kills]}
        chosen.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
