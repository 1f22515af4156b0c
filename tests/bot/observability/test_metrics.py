"""Questions and what happens to them, counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

from prometheus_client.parser import text_string_to_metric_families

from bot.observability.metrics import Gateway, Metrics, Response, Status, Trouble
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.engine import Load

STATUS = Status(
    connected=True,
    servers=2,
    heartbeat=math.nan,
    load=Load(waiting=1, limit=1000, reviews=3, passages=40, indexed=1.5e9, is_stuck=False),
)


def samples(metrics: Metrics) -> Mapping[tuple[str, frozenset[str]], float]:
    """Every sample of a scrape, by its name and the values of its labels."""
    families = text_string_to_metric_families(metrics.exposition(STATUS).decode())
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def at(*moments: float) -> Iterator[float]:
    yield from moments


def finished(source: Source, outcome: Outcome, clock: Iterator[float]) -> Trace:
    trace = Trace(source, clock.__next__)
    with trace.stage(Stage.RENDER):
        pass
    trace.add(Stage.QUEUE, 0.002)
    trace.add(Stage.QUEUE, 0.02)
    trace.outcome = outcome
    return trace


def test_a_question_has_failed_until_its_outcome_is_set() -> None:
    assert Trace(Source.SLASH).outcome is Outcome.FAILED


def test_a_stage_is_measured_even_if_it_fails() -> None:
    trace = Trace(Source.REPLY, at(0.0, 1.0, 1.5, 4.0).__next__)
    try:
        with trace.stage(Stage.SEND):
            raise ValueError
    except ValueError:
        assert trace.seconds == {Stage.SEND: 0.5}
    assert trace.total == 4.0


def test_every_series_exists_from_the_start() -> None:
    seen = samples(Metrics())
    expected = {
        *(("review_bot_questions_total", frozenset(pair)) for pair in product(Source, Outcome)),
        *(("review_bot_stage_seconds_count", frozenset({stage})) for stage in Stage),
        *(("review_bot_troubles_total", frozenset({kind})) for kind in Trouble),
        *(("review_bot_gateway_events_total", frozenset({event})) for event in Gateway),
        *(("review_bot_discord_responses_total", frozenset({response})) for response in Response),
    }
    assert {key: seen[key] for key in expected} == dict.fromkeys(expected, 0.0)


def test_a_question_is_counted_with_its_source_its_outcome_and_its_stages() -> None:
    metrics = Metrics()
    metrics.question(finished(Source.MENU, Outcome.NEAREST, at(0.0, 0.0, 0.001, 2.0)))
    metrics.question(finished(Source.MENU, Outcome.COOLDOWN, at(0.0, 0.0, 0.001, 2.0)))
    seen = samples(metrics)
    assert seen["review_bot_questions_total", frozenset({"menu", "nearest"})] == 1
    assert seen["review_bot_questions_total", frozenset({"menu", "cooldown"})] == 1
    assert seen["review_bot_stage_seconds_count", frozenset({"queue"})] == 2
    assert math.isclose(seen["review_bot_stage_seconds_sum", frozenset({"queue"})], 0.044)
    assert (
        seen["review_bot_answer_seconds_count", frozenset()],
        seen["review_bot_answer_seconds_sum", frozenset()],
    ) == (1, 2)


def test_discords_responses_are_counted_by_their_kind() -> None:
    metrics = Metrics()
    for status in (200, 204, 404, 429, 503, 101, None):
        metrics.response(status)
    seen = samples(metrics)
    counted = {str(kind): seen["review_bot_discord_responses_total", frozenset({kind})] for kind in Response}
    assert counted == {"2xx": 2, "4xx": 1, "429": 1, "5xx": 1, "other": 1, "none": 1}


def test_troubles_and_connections_are_counted_and_the_status_is_shown() -> None:
    metrics = Metrics()
    metrics.troubles[Trouble.LATE] += 2
    metrics.gateway(Gateway.RESUMED)
    seen = samples(metrics)
    assert seen["review_bot_troubles_total", frozenset({"late"})] == 2
    assert seen["review_bot_gateway_events_total", frozenset({"resumed"})] == 1
    assert seen["review_bot_connected", frozenset()] == 1
    assert seen["review_bot_queue_limit_questions", frozenset()] == 1000
    assert seen["review_bot_index_timestamp_seconds", frozenset()] == 1.5e9
    assert math.isnan(seen["review_bot_heartbeat_seconds", frozenset()])


def test_two_bots_in_one_process_count_separately() -> None:
    one, other = Metrics(), Metrics()
    one.gateway(Gateway.CONNECTED)
    assert samples(other)["review_bot_gateway_events_total", frozenset({"connected"})] == 0
