"""The pulse of an event loop: by how much it is late, again and again, in a process that knows nothing of it.

`launch.py --pulse FILE` takes the pulse of the bot's own loop, with nothing else on it, and leaves it in the file.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

BEAT = 0.005
"""Seconds between two beats."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What was seen of a loop.

    Attributes:
        beats: how many there were.
        late: seconds by which the latest one was late.
        at_work: seconds of processor time that the whole process spent up to that beat. Much less than `late` means
            that the machine was busy with something else.
    """

    beats: int = 0
    late: float = 0.0
    at_work: float = 0.0

    def __str__(self) -> str:
        return f"the loop late at most {1000 * self.late:.0f} ms, {1000 * self.at_work:.0f} ms of it at work"


class _Watched(asyncio.DefaultEventLoopPolicy):
    """Makes loops whose pulse is taken from their first turn on."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._seen = Pulse()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        loop.call_soon(self._begin, loop)
        return loop

    def leave(self) -> None:
        self._file.write_text(json.dumps(asdict(self._seen)) + "\n", encoding="utf-8")

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(BEAT, self._beat, loop, loop.time() + BEAT, time.process_time())

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float, worked: float) -> None:
        late = loop.time() - due
        seen = self._seen
        if late > seen.late:
            self._seen = Pulse(seen.beats + 1, late, time.process_time() - worked)
        else:
            self._seen = Pulse(seen.beats + 1, seen.late, seen.at_work)
        self._begin(loop)


def take(file: Path) -> None:
    """Take the pulse of every loop that this process makes from now on, and leave it in `file` at the end."""
    policy = _Watched(file)
    asyncio.set_event_loop_policy(policy)
    atexit.register(policy.leave)


def read(file: Path) -> Pulse:
    """The pulse that a process has left."""
    return Pulse(**json.loads(file.read_text(encoding="utf-8")))
