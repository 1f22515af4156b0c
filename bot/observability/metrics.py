"""Count and measure for Prometheus. bot/docs/running.md explains each metric.

A label has a small, fixed set of values: never an id, a slug or a text. Every combination exists from the start, so
that the first event of a kind shows as an increase.
"""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import discord
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot import __version__
from bot.config import METRIC_BUCKETS
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.engine import Load

_RATE_LIMITED = 429

# The text format would give the creation time of each series as a metric of its own.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left its types out


class Trouble(StrEnum):
    """What can go wrong."""

    BUSY = "busy"
    LATE = "late"
    UNACKNOWLEDGED = "unacknowledged"
    UNDELIVERED = "undelivered"
    UNDELETED = "undeleted"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    AS_EMBED = "as_embed"
    TYPING = "typing"
    ACKNOWLEDGEMENT_RETRIED = "acknowledgement_retried"
    MESSAGE_RETRIED = "message_retried"
    EVENT_SKIPPED = "event_skipped"


class Gateway(StrEnum):
    """What happens to the connection of a shard."""

    CONNECTED = "connected"
    RESUMED = "resumed"
    DISCONNECTED = "disconnected"


class Response(StrEnum):
    """Discord's response to a request."""

    OK = "2xx"
    REFUSED = "4xx"
    RATE_LIMITED = "429"
    FAILED = "5xx"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Status:
    """The bot's state at the moment of a scrape.

    Attributes:
        connected: whether every shard is connected.
        servers: the number of servers that the bot is in.
        heartbeat: seconds that Discord took for the last heartbeat. NaN before the first.
        load: the engine's state.
    """

    connected: bool
    servers: int
    heartbeat: float
    load: Load


_GAUGES: Mapping[str, tuple[str, Callable[[Status], float]]] = {
    "connected": ("Whether every shard is connected to Discord.", lambda status: status.connected),
    "servers": ("Servers that the bot is in.", lambda status: status.servers),
    "heartbeat_seconds": ("Seconds that Discord took for the last heartbeat.", lambda status: status.heartbeat),
    "queue_questions": ("Questions that wait for the engine, or are in it.", lambda status: status.load.waiting),
    "queue_limit_questions": (
        "Questions that may wait before the bot says that it is busy.",
        lambda status: status.load.limit,
    ),
    "reviews": ("Reviews in the open index.", lambda status: status.load.reviews),
    "passages": ("Passages in the open index.", lambda status: status.load.passages),
    "index_timestamp_seconds": ("When the open index was written.", lambda status: status.load.indexed),
    "index_stuck": ("Whether reviews have changed that can't be indexed.", lambda status: status.load.is_stuck),
}
"""Each metric of the bot's state, with its meaning and its value."""


class _Troubles(Collector):
    """Exposes the deliveries' counts of troubles as a metric."""

    def __init__(self, tally: Tally[str]) -> None:
        self._tally = tally

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Yield the metric with every kind."""
        family = CounterMetricFamily("review_bot_troubles", "What went wrong.", labels=["kind"])
        for kind in Trouble:
            family.add_metric([kind], self._tally[kind])
        yield family


class Metrics:
    """The metrics of one bot, in a registry of their own.

    Attributes:
        troubles: counts of what went wrong, which `Delivery` increases.
    """

    def __init__(self) -> None:
        self.troubles: Tally[str] = Tally()
        self._registry = registry = CollectorRegistry()
        self._questions = Counter(
            "review_bot_questions", "Questions by source and outcome.", ["way", "state"], registry=registry
        )
        self._stages = Histogram(
            "review_bot_stage_seconds",
            "Seconds of each stage of a question.",
            ["stage"],
            buckets=METRIC_BUCKETS,
            registry=registry,
        )
        self._answers = Histogram(
            "review_bot_answer_seconds",
            "Seconds from a question to its sent answer.",
            buckets=METRIC_BUCKETS,
            registry=registry,
        )
        self._gateway = Counter(
            "review_bot_gateway_events", "Events of the shards' connections.", ["event"], registry=registry
        )
        self._responses = Counter(
            "review_bot_discord_responses", "Discord's responses to requests.", ["status"], registry=registry
        )

        self._gauges = [
            (Gauge(f"review_bot_{name}", meaning, registry=registry), read) for name, (meaning, read) in _GAUGES.items()
        ]
        for source, outcome in product(Source, Outcome):
            self._questions.labels(source, outcome)
        for stage in Stage:
            self._stages.labels(stage)
        for event in Gateway:
            self._gateway.labels(event)
        for response in Response:
            self._responses.labels(response)
        registry.register(_Troubles(self.troubles))
        Info("review_bot_build", "What is running.", registry=registry).info(
            {
                "version": __version__,
                "python": platform.python_version(),
                "discord_py": discord.__version__,
            }
        )
        ProcessCollector(registry=registry)

    def question(self, trace: Trace) -> None:
        """Count a question that has ended."""
        self._questions.labels(trace.source, trace.outcome).inc()
        for stage, seconds in trace.seconds.items():
            self._stages.labels(stage).observe(seconds)
        if trace.outcome in (Outcome.ANSWERED, Outcome.NEAREST, Outcome.UNANSWERED):
            self._answers.observe(trace.total)

    def gateway(self, event: Gateway) -> None:
        """Count an event of a shard's connection."""
        self._gateway.labels(event).inc()

    def response(self, status: int | None) -> None:
        """Count a response of Discord by its HTTP status, or None if there was no response."""
        self._responses.labels(_response(status)).inc()

    def exposition(self, status: Status) -> bytes:
        """Return all metrics in Prometheus's text format 0.0.4."""
        for gauge, read in self._gauges:
            gauge.set(read(status))
        return generate_latest(self._registry)


def _response(status: int | None) -> Response:
    if status is None:
        return Response.NONE
    if status == _RATE_LIMITED:
        return Response.RATE_LIMITED
    return {2: Response.OK, 4: Response.REFUSED, 5: Response.FAILED}.get(status // 100, Response.OTHER)
