"""One question on its way through the bot: how it was asked, what became of it, how long each stage took.

This is all that the log and the metrics are told of a question: neither its text or its answer's, nor who asked it, nor
where.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
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
    """What became of a question: an answer's three states, or why there was none."""

    ANSWERED = State.ANSWERED.value
    NEAREST = State.NEAREST.value
    UNANSWERED = State.UNANSWERED.value
    REFUSED = "refused"
    """Too short, too long, without a word, or about a review that there isn't."""
    COOLDOWN = "cooldown"
    BUSY = "busy"
    LATE = "late"
    """Discord didn't learn in time that it had been heard."""
    WITHDRAWN = "withdrawn"
    """Deleted by its author before it was answered."""
    UNDELIVERED = "undelivered"
    """There was an answer, and it could not be sent."""
    FAILED = "failed"


class Stage(StrEnum):
    """A part of the way, in its order."""

    ACKNOWLEDGE = "acknowledge"
    QUEUE = "queue"
    ENCODE = "encode"
    RANK = "rank"
    READ = "read"
    QUOTE = "quote"
    RENDER = "render"
    SEND = "send"


class Trace:
    """A question on its way; it has failed until something else is known.

    Args:
        way: how it was asked.
        clock: seconds, from any beginning.

    Attributes:
        way: how it was asked.
        fate: what became of it.
    """

    def __init__(self, way: Source, clock: Callable[[], float] = time.perf_counter) -> None:
        self.source = way
        self.outcome = Outcome.FAILED
        self._clock = clock
        self._begun = clock()
        self._seconds: dict[Stage, float] = {}

    @property
    def seconds(self) -> Mapping[Stage, float]:
        """How long the stages took that it has come through; one that it came through twice, both times together."""
        return self._seconds

    @property
    def total(self) -> float:
        """Seconds since it was taken up."""
        return self._clock() - self._begun

    def took(self, stage: Stage, seconds: float) -> None:
        """Add to a stage what was measured elsewhere."""
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Measure a stage, whether or not it ends well."""
        begun = self._clock()
        try:
            yield
        finally:
            self.took(stage, self._clock() - begun)
