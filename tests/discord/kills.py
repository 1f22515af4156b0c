"""`python -m tests.discord.kills [--times 100] [--seed N] [--json FILE]`: kill -9 at random moments, and check.

The real `review-bot run` answers questions in a process of its own, while a manager changes the server's settings and
reviews are added, changed and removed in the folder that it watches. At a random moment it is killed, with or without
the process that is indexing for it, or while it starts. It starts again on what it left:

- it connects, and its database is intact;
- the server's settings are all those last acknowledged, or all those of a change that was pending;
- no review is gone that was in the index with the content of its file, and questions about the owner's review and about
  one of the others are answered from what was written.

In the end every file is indexed, no removed one is, and each is asked about.
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
"""Seconds within which it is killed after its start. It looks at the reviews every five, and indexing takes a few."""
STARTING = 1.5
"""Seconds within which it is killed in order to hit its start."""
PATIENCE = 180.0
"""Seconds that a start, or indexing everything, may take on a busy machine."""
MOST_REVIEWS = 6
STORED = "What does the keeper store in the cellar?"
THINGS = "lanterns ropes compasses kettles barometers ledgers telescopes anchors mittens candles maps bells".split()


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill.

    Attributes:
        after: seconds after its start began, or after users came to it.
        starting: True if it was starting.
        saving: True if a change of settings was pending.
        indexing: True if a process was indexing.
        both: True if that process was killed too.
    """

    after: float
    starting: bool
    saving: bool
    indexing: bool
    both: bool

    def __str__(self) -> str:
        doing = ", ".join(word for word in ("starting", "saving", "indexing") if getattr(self, word)) or "asking"
        victims = "with its indexing" if self.both else "by itself"
        return f"killed {victims:<18} after {self.after:5.2f} s, {doing}"


@dataclass(slots=True)
class World:
    """The club, and what the bot should know.

    Attributes:
        settled: the settings that were last acknowledged.
        pending: a pending change: its interaction, empty until that is known, and the settings that it asks for.
        things: what each version of a review says, by its digest.
        indexed: the digests in the index when the bot was last killed, by slug.
        orphaned: True if a process was left that went on indexing the files as it had read them.
    """

    loopback: Loopback
    server: Guild
    general: Channel
    manager: Person
    data: Path
    chance: random.Random
    settled: ServerSettings = field(default_factory=ServerSettings)
    pending: tuple[str, ServerSettings] | None = None
    things: dict[str, str] = field(default_factory=dict)
    indexed: dict[str, str] = field(default_factory=dict)
    orphaned: bool = False
    answered: int = 0
    changed: int = 0
    written: int = 0

    @property
    def folder(self) -> Path:
        return self.data / "reviews"

    def stations(self) -> list[Path]:
        """Return the reviews that are added, changed and removed."""
        return sorted(self.folder.glob("station-*.md"))

    def files(self) -> dict[str, str]:
        """Return the digests of the reviews' files, by slug."""
        return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.folder.glob("*.md")}

    def index(self) -> dict[str, str]:
        """Return the digests of the reviews in the index, by slug."""
        library = Library.open(self.data)
        library.close()
        return {entry.slug: entry.digest for part in library.manifest.collections for entry in part.reviews}

    async def ask(self, question: str, review: str) -> str:
        asked = await self.manager.slash(self.general, "ask", question=question, review=review)
        return (await asked.answer(timeout=PATIENCE)).text

    async def sessions(self) -> int:
        return int((await self.loopback.stats())["identifies"])

    def settle(self) -> None:
        """Record that the pending change was acknowledged."""
        if self.pending is not None:
            self.settled, self.pending = self.pending[1], None
            self.changed += 1


async def ask(world: World) -> None:
    """Ask question after question."""
    while True:
        await world.ask(QUESTION, OWNERS)
        world.answered += 1


async def change_settings(world: World) -> None:
    """Change all settings at once, again and again, so that half a change would show."""
    while True:
        number = world.chance.randrange(6)
        review = (None, OWNERS, "lighthouse")[number % 3]
        wanted = ServerSettings(number % 2 == 1, number % 2 == 0, (), review)
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
        world.settle()
        await asyncio.sleep(world.chance.uniform(0.0, 0.2))


async def change_reviews(world: World) -> None:
    """Add, change and remove reviews, each in one step, as a careful copy does."""
    while True:
        stations = world.stations()
        if stations and (len(stations) >= MOST_REVIEWS or world.chance.random() < 0.3):
            world.chance.choice(stations).unlink()
        else:
            number, thing = world.chance.randrange(2 * MOST_REVIEWS), world.chance.choice(THINGS)
            title = f"Station {number}"
            text = f"---\ntitle: {title}\n---\n\nThe keeper of {title} stores {thing} in the cellar.\n"
            world.things[hashlib.sha256(text.encode()).hexdigest()] = thing
            draft = world.data / "draft.md"
            draft.write_text(text, encoding="utf-8")
            draft.replace(world.folder / f"station-{number}.md")
        world.written += 1
        await asyncio.sleep(world.chance.uniform(0.2, 3.0))


async def one_kill(world: World) -> tuple[Kill, float | None, list[str]]:
    """Start the bot, check what the last kill left, let users act, and kill it.

    Returns:
        The kill; the seconds of the start, or None if it was not completed; what was wrong after it.
    """
    both, starting = world.chance.random() < 0.5, world.chance.random() < 0.25
    after = world.chance.uniform(0.0, STARTING if starting else LATEST)
    took, wrong = None, list[str]()
    sessions = await world.sessions()
    with program(world.loopback.url, world.data, "run", token=world.loopback.token, errors=True) as bot:
        if not starting:
            took, wrong = await _start(world, bot, sessions)
        async with _acting(world, asking=took is not None):
            await asyncio.sleep(after)
        indexing = _indexing(bot)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(bot.process.pid, signal.SIGKILL) if both else bot.process.kill()
        await asyncio.to_thread(bot.ended)
    saving = took is not None and world.pending is not None
    if world.pending is not None and world.pending[0]:
        # A change that was acknowledged before the kill is settled, though nobody has read that yet.
        (asked,) = await world.loopback.interactions([world.pending[0]])
        if asked["answered_after"] is not None:
            world.settle()
    world.indexed, world.orphaned = world.index(), indexing and not both
    return Kill(round(after, 2), starting, saving, indexing, both), took, wrong


async def _start(world: World, bot: Program, sessions: int) -> tuple[float | None, list[str]]:
    """Wait for another session; return the seconds that it took, or None if it never came, and what is wrong."""
    begun = time.monotonic()
    try:
        await world.loopback.ready(identifies=sessions + 1, timeout=PATIENCE)
    except UnansweredError:
        return None, [f"did not start: {bot.output[-300:]}"]
    took = time.monotonic() - begun
    wrong_in_store = _wrong_in_store(world)
    until = time.monotonic() + (PATIENCE if world.orphaned else 0.0)
    while (wrong := await _wrong_answers(world)) and time.monotonic() < until:
        await asyncio.sleep(0.5)
    return took, [*wrong_in_store, *wrong]


@asynccontextmanager
async def _acting(world: World, *, asking: bool) -> AsyncIterator[None]:
    """Let reviews change, and users act if the bot is there."""
    actions = [change_reviews(world), *((ask(world), change_settings(world)) if asking else ())]
    tasks = [asyncio.create_task(each) for each in actions]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _indexing(bot: Program) -> bool:
    """Return True if the bot has a process that indexes, that is, another one of its process group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command, in brackets, may contain anything. After it come the state, the parent and the group.
            number, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if number != bot.process.pid and int(rest[2]) == bot.process.pid and rest[0] != "Z":
            return True
    return False


def _wrong_in_store(world: World) -> list[str]:
    path = world.data / "bot.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (checked,) = connection.execute("PRAGMA integrity_check").fetchone()
    with Database(path) as store:
        found = load_server_settings(store, int(world.server.id))
    allowed = [world.settled, *([world.pending[1]] if world.pending is not None else [])]
    wrong = [] if checked == "ok" else [f"the database is damaged: {checked}"]
    if found not in allowed:
        wrong.append(f"the settings are {found}, not one of {allowed}")
    # From here on users see these settings, and nothing is pending any more.
    world.settled, world.pending = found, None
    return wrong


async def _wrong_answers(world: World) -> list[str]:
    files, indexed = world.files(), world.index()
    wrong = [
        f"lost from the index: {slug}"
        for slug, digest in world.indexed.items()
        if files.get(slug) == digest != indexed.get(slug)
    ]
    if "deferrals" not in await world.ask(QUESTION, OWNERS):
        wrong.append("the owner's review gives no answer")
    stations = sorted(slug for slug in world.indexed.keys() & files.keys() if slug.startswith("station-"))
    for slug in world.chance.sample(stations, min(1, len(stations))):
        # The index may have an earlier version than the file. Somebody wrote both.
        things = {world.things[world.indexed[slug]], world.things[files[slug]]}
        said = await world.ask(STORED, slug)
        if not any(thing in said for thing in things):
            wrong.append(f"{slug} should store {things}, but says: {said}")
    return wrong


async def _wrong_in_the_end(world: World) -> list[str]:
    """Let the bot index everything, and ask about each review."""
    sessions = await world.sessions()
    with program(world.loopback.url, world.data, "run", token=world.loopback.token, errors=True) as bot:
        _, wrong = await _start(world, bot, sessions)
        until = time.monotonic() + PATIENCE
        while not wrong and (missing := await _missing(world)):
            if time.monotonic() > until:
                wrong = missing
            await asyncio.sleep(0.5)
        await asyncio.to_thread(bot.stop)
        return wrong


async def _missing(world: World) -> list[str]:
    files = world.files()
    if world.index() != files:
        return ["the index is not up to date"]
    return [
        f"{path.stem} doesn't say that it stores {world.things[files[path.stem]]}"
        for path in world.stations()
        if world.things[files[path.stem]] not in await world.ask(STORED, path.stem)
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All kills, the seconds of the starts after them, what users did, and what was wrong."""

    kills: tuple[Kill, ...]
    starts: tuple[float, ...]
    answered: int
    changed: int
    written: int
    faults: tuple[str, ...]


async def endure(times: int, seed: int, data: Path) -> Outcome:
    """Kill the bot a number of times. `data` is a data directory as `furnish` makes it, which is changed."""
    async with loopback_process(judged=False) as loopback:
        server = await loopback.server("Film Club")
        general, manager = await server.channel("general"), await server.member("Mia", manager=True)
        world = World(loopback, server, general, manager, data, random.Random(seed))
        kills, starts, faults = [], list[float](), list[str]()
        for number in range(1, times + 1):
            kill, took, wrong = await one_kill(world)
            kills.append(kill)
            starts += [] if took is None else [took]
            faults += [f"start {number}: {each}" for each in wrong]
            _print(f"{number:>4}  {kill}", *wrong)
        faults += [f"the end: {each}" for each in await _wrong_in_the_end(world)]
    return Outcome(tuple(kills), tuple(starts), world.answered, world.changed, world.written, tuple(faults))


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print a line for each kill, and the sums; return 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.kills")
    parser.add_argument("--times", type=int, default=100, metavar="N", help="how often to kill")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N", help="to repeat a run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to this file")
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
    _print(*(f"{name:<20} {count}" for name, count in counts.items()), *outcome.faults)
    if chosen.json is not None:
        details = {**counts, "told": outcome.faults, "each": [asdict(kill) for kill in outcome.kills]}
        chosen.json.write_text(json.dumps(details, indent=2) + "\n", encoding="utf-8")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
