"""Attempts at faults: each with a Discord, a bot and fixtures of its own, counted."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tests.discord.faults.table import FAULTS, Case, Fault
from tests.discord.harness.bots import call
from tests.discord.harness.club import furnish, run_club
from tests.discord.harness.launch import point_at
from tests.discord.harness.logs import watch
from tests.discord.loopback.server import ThreadedServer
from tests.project import copy_data

PATIENCE = 300.0
"""Seconds after which an attempt has failed."""
_SHOWN = 3  # failures of one fault that are printed in full


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a fault was survived, how long all attempts took in seconds, and the first failures."""

    number: int
    survived: int
    tried: int
    seconds: float
    failures: tuple[str, ...]


def outcomes(chosen: list[Fault], times: int | None, jobs: int) -> Iterator[Outcome]:
    """Try the chosen faults, each in a process of its own. Those that measure time come last, alone.

    `times` is the number of attempts at each, or None for that of the table. Every form is tried at least once.
    """
    spawning = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        for alone, workers in ((False, jobs), (True, 1)):
            with ProcessPoolExecutor(workers, spawning, max_tasks_per_child=1) as pool:
                started = [
                    pool.submit(
                        try_fault, fault.number, data, fault.tries if times is None else max(times, len(fault.cases))
                    )
                    for fault in chosen
                    if fault.alone is alone
                ]
                for each in started:
                    yield each.result()


def try_fault(number: int, data: Path, tries: int) -> Outcome:
    """Try one fault again and again; `data` is an indexed data directory, which stays as it is."""
    fault = next(each for each in FAULTS if each.number == number)
    begun = time.monotonic()
    survived, failures = 0, []
    for case in islice(cycle(fault.cases), 1 if fault.at_once else tries):
        try:
            counted = attempt(case, data, tries)
        except Exception as error:  # noqa: BLE001  # an attempt may fail of anything; it is counted and printed
            failures.append(_described(case, error))
        else:
            survived += counted if fault.at_once and isinstance(counted, int) else 1
    return Outcome(number, survived, tries, time.monotonic() - begun, tuple(failures[:_SHOWN]))


def attempt(case: Case, data: Path, tries: int) -> object:
    """Run a case with fresh fixtures; return what it returns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context(watch())

        def loopback() -> str:
            url = stack.enter_context(ThreadedServer()).server.url
            point_at(url)
            return url

        fixtures: dict[str, Callable[[], Any]] = {
            "club": lambda: run_club(loopback(), data, folder / "bot.sqlite3"),
            "loopback_url": loopback,
            "reviews": lambda: data,
            "data": lambda: copy_data(data, folder / "data"),
            "store": lambda: folder / "bot.sqlite3",
            "tmp_path": lambda: folder,
            "log": lambda: log,
            "tries": lambda: tries,
        }
        wanted = [name for name in inspect.signature(case.func).parameters if name not in case.keywords]
        given = {name: fixtures[name]() for name in wanted}
        return asyncio.run(asyncio.wait_for(call(case, given), PATIENCE))


def _described(case: Case, error: Exception) -> str:
    """Return where an attempt failed: the line in the tests, and the error."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((each for each in reversed(frames) if "/tests/discord/" in each.filename), frames[-1])
    given = f" with {case.keywords}" if case.keywords else ""
    name = getattr(case.func, "__name__", "?")
    return f"{name}{given}: {type(error).__name__} at `{place.line}` {str(error)[:4000]}".rstrip()
