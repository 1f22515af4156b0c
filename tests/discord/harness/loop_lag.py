"""Measure how late an event loop is, in a process that knows nothing of it.

`launch.py --loop-lag FILE` measures the bot's own loop, and writes the worst case to the file.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

TICK = 0.005
"""Seconds between two ticks."""


@dataclass(frozen=True, slots=True)
class LoopLag:
    """How late a loop was.

    Attributes:
        ticks: how many ticks there were.
        late: seconds by which the latest tick was late.
        cpu: seconds of processor time that the whole process spent before that tick. Much less than `late` means that
            the machine was busy with something else.
    """

    ticks: int = 0
    late: float = 0.0
    cpu: float = 0.0

    def __str__(self) -> str:
        return f"the loop at most {1000 * self.late:.0f} ms late, with {1000 * self.cpu:.0f} ms of processor time"


class _Policy(asyncio.DefaultEventLoopPolicy):
    """Makes loops that measure themselves from their first step on."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._seen = LoopLag()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        loop.call_soon(self._schedule, loop)
        return loop

    def write(self) -> None:
        self._file.write_text(json.dumps(asdict(self._seen)) + "\n", encoding="utf-8")

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(TICK, self._tick, loop, loop.time() + TICK, time.process_time())

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float, spent: float) -> None:
        now = LoopLag(self._seen.ticks + 1, loop.time() - due, time.process_time() - spent)
        self._seen = now if now.late > self._seen.late else LoopLag(now.ticks, self._seen.late, self._seen.cpu)
        self._schedule(loop)


def measure(file: Path) -> None:
    """Measure every loop that this process makes from now on, and write the worst case to `file` at the end."""
    policy = _Policy(file)
    asyncio.set_event_loop_policy(policy)
    atexit.register(policy.write)


def read(file: Path) -> LoopLag:
    """Return what a process has written."""
    return LoopLag(**json.loads(file.read_text(encoding="utf-8")))
