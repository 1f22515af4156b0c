"""Trace one question: how it was asked, its outcome, and how long each stage took.

The log and the metrics learn nothing else about a question: no text, no member, no server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from embeddings import State


class Source(StrEnum):
    """How a question was asked."""

    SLASH = "slash"
    MENU = "menu"
    MENTION = "mention"
    REPLY = "reply"
    DIRECT = "direct"
    FORM = "form"


class Outcome(StrEnum):
    """How a question ended: one of the three states of an answer, or why there was no answer."""

    ANSWERED = State.ANSWERED.value
    NEAREST = State.NEAREST.value
    UNANSWERED = State.UNANSWERED.value
    REFUSED = "refused"
    """Small talk, too short, too long, without words, or about an unknown review."""
    COOLDOWN = "cooldown"
    BUSY = "busy"
    LATE = "late"
    """Not acknowledged in time."""
    WITHDRAWN = "withdrawn"
    """Deleted by its author before it was answered."""
    UNDELIVERED = "undelivered"
    """The answer could not be sent."""
    FAILED = "failed"


class Stage(StrEnum):
    """The stages of a question, in order. `READ` is the reranking."""

    ACKNOWLEDGE = "acknowledge"
    QUEUE = "queue"
    ENCODE = "encode"
    RANK = "rank"
    READ = "read"
    QUOTE = "quote"
    RENDER = "render"
    SEND = "send"


class Trace:
    """A question in progress. Its outcome is `FAILED` until it is set.

    Args:
        source: how it was asked.
        clock: a monotonic clock, in seconds.

    Attributes:
        source: how it was asked.
        outcome: how it ended.
        seconds: of each stage so far, summed if a stage was repeated.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.perf_counter) -> None:
        self.source = source
        self.outcome = Outcome.FAILED
        self._clock = clock
        self._start = clock()
        self.seconds: dict[Stage, float] = {}

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def add(self, stage: Stage, seconds: float) -> None:
        """Add time to a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Measure a stage, even if it fails."""
        start = self._clock()
        try:
            yield
        finally:
            self.add(stage, self._clock() - start)
