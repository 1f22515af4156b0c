"""What is counted and measured, in Prometheus's own form. bot/docs/running.md has a table of what each metric means.

A label has a small, fixed set of values: never an id, a slug or a text. Every combination is there from the start, so
that the first event of its kind is seen as an increase.
"""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Iterable
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
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot import __version__
from bot.config import METRIC_BUCKETS
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.engine import Load

_RATE_LIMITED = 429


class Trouble(StrEnum):
    """What went otherwise than hoped."""

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


class Gateway(StrEnum):
    """What happens to a shard's connection."""

    CONNECTED = "connected"
    RESUMED = "resumed"
    DISCONNECTED = "disconnected"


class Response(StrEnum):
    """What Discord answers to a request."""

    OK = "2xx"
    REFUSED = "4xx"
    RATE_LIMITED = "429"
    FAILED = "5xx"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the moment of a scrape.

    Attributes:
        connected: whether every shard is connected.
        servers: how many the bot is in.
        heartbeat: seconds that Discord took for the last heartbeat; NaN before the first.
        load: the engine's.
    """

    connected: bool
    servers: int
    heartbeat: float
    load: Load


class _Troubles(Collector):
    """The plain tally that deliveries keep, as a metric."""

    def __init__(self, tally: Tally[str]) -> None:
        self._tally = tally

    def collect(self) -> Iterable[CounterMetricFamily]:
        """The one family, with every kind."""
        family = CounterMetricFamily("review_bot_troubles", "What went otherwise than hoped.", labels=["kind"])
        for kind in Trouble:
            family.add_metric([kind], self._tally[kind])
        yield family


class _Uncreated(Collector):
    """A registry's metrics without the moments when their series were begun, which the text format tells as metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class Metrics:
    """All metrics of one process, with a registry of their own.

    Attributes:
        troubles: what went otherwise than hoped; whoever delivers counts here.
    """

    def __init__(self) -> None:
        self.troubles: Tally[str] = Tally()
        self._registry = registry = CollectorRegistry()
        self._questions = Counter(
            "review_bot_questions", "Questions by what became of them.", ["way", "state"], registry=registry
        )
        self._stages = Histogram(
            "review_bot_stage_seconds",
            "Seconds that a stage of a question took.",
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
            "review_bot_gateway_events", "What happened to shards' connections.", ["event"], registry=registry
        )
        self._responses = Counter(
            "review_bot_discord_responses", "What Discord answered to requests.", ["status"], registry=registry
        )

        def gauge(name: str, meaning: str) -> Gauge:
            return Gauge(f"review_bot_{name}", meaning, registry=registry)

        self._connected = gauge("connected", "Whether every shard is connected to Discord.")
        self._servers = gauge("servers", "Servers that the bot is in.")
        self._heartbeat = gauge("heartbeat_seconds", "Seconds that Discord took for the last heartbeat.")
        self._waiting = gauge("queue_questions", "Questions that wait for the engine, or are in it.")
        self._room = gauge("queue_limit_questions", "Questions that may wait before the bot says that it is busy.")
        self._reviews = gauge("reviews", "Reviews in the index that is open.")
        self._passages = gauge("passages", "Passages in the index that is open.")
        self._indexed = gauge("index_timestamp_seconds", "When the index that is open was written.")
        self._stuck = gauge("index_stuck", "Whether reviews have changed that can't be indexed.")
        for way, fate in product(Source, Outcome):
            self._questions.labels(way, fate)
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

    def question(self, journey: Trace) -> None:
        """Count a question that has come to its end."""
        self._questions.labels(journey.source, journey.outcome).inc()
        for stage, seconds in journey.seconds.items():
            self._stages.labels(stage).observe(seconds)
        if journey.outcome in (Outcome.ANSWERED, Outcome.NEAREST, Outcome.UNANSWERED):
            self._answers.observe(journey.total)

    def gateway(self, event: Gateway) -> None:
        """Count what happened to a shard's connection."""
        self._gateway.labels(event).inc()

    def responded(self, status: int | None) -> None:
        """Count what Discord answered to a request, by its HTTP status; None where there was no answer."""
        self._responses.labels(_response(status)).inc()

    def exposition(self, standing: Standing) -> bytes:
        """All of it in Prometheus's text format 0.0.4."""
        self._connected.set(standing.connected)
        self._servers.set(standing.servers)
        self._heartbeat.set(standing.heartbeat)
        self._waiting.set(standing.load.waiting)
        self._room.set(standing.load.limit)
        self._reviews.set(standing.load.reviews)
        self._passages.set(standing.load.passages)
        self._indexed.set(standing.load.indexed)
        self._stuck.set(standing.load.is_stuck)
        return generate_latest(_Uncreated(self._registry))


def _response(status: int | None) -> Response:
    if status is None:
        return Response.NONE
    if status == _RATE_LIMITED:
        return Response.RATE_LIMITED
    return {2: Response.OK, 4: Response.REFUSED, 5: Response.FAILED}.get(status // 100, Response.OTHER)
