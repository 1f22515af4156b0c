"""What operators see: the bot's health, metrics and log, and the dashboard."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.observability.health import health
from bot.observability.trace import Stage
from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import PATIENCE, channel_and_member, loopback_thread, port, program
from tests.discord.loopback.client import answered
from tests.project import ROOT, copy_data

METRICS_TABLE = ROOT / "bot" / "docs" / "running.md"
QUOTED = "there are no deferrals"
ASKED = 6
"""The number of questions that the run asks."""
DASHBOARD = ROOT / "bot" / "deploy" / "grafana-dashboard.json"
SELECTOR = re.compile(r"\b((?:review_bot|process)_\w+)(?:\{([^}]*)\})?")
"""A metric of a PromQL query, and the content of its braces."""
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
"""A label, an operator and a value in the braces."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What an operator sees of a run of the real program."""

    healthy: tuple[int, str]
    ready: tuple[int, str]
    away: tuple[int, str]
    exposed: str
    output: str
    secrets: list[str]

    @property
    def families(self) -> list[Metric]:
        return list(text_string_to_metric_families(self.exposed))

    def value(self, sample: str, **labels: str) -> float:
        found = [each for family in self.families for each in family.samples if each.name == sample]
        return next(each.value for each in found if labels.items() <= each.labels.items())

    def events(self, said: str) -> list[Mapping[str, Any]]:
        lines = [json.loads(line) for line in self.output.splitlines()]
        return [line for line in lines if line["event"] == said]


async def fetched(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.text()


async def told(url: str, wanted: Callable[[tuple[int, str]], bool]) -> tuple[int, str]:
    """Fetch a URL until the response is accepted or the time is up; return the last response."""
    last = await fetched(url)
    until = time.monotonic() + PATIENCE
    while not wanted(last) and time.monotonic() < until:
        await asyncio.sleep(0.05)
        last = await fetched(url)
    return last


def counted(exposed: str) -> float:
    """Return the number of counted questions."""
    families = text_string_to_metric_families(exposed)
    return sum(
        sample.value for family in families for sample in family.samples if sample.name == "review_bot_questions_total"
    )


async def watched_run(data: Path, number: int) -> Watched:
    at = f"http://127.0.0.1:{number}"
    async with loopback_thread() as loopback:
        with program(
            loopback.url,
            data,
            "run",
            token=loopback.token,
            errors=True,
            REVIEW_BOT_HEALTH_PORT=str(number),
            REVIEW_BOT_LOG_LEVEL="DEBUG",
        ) as bot:
            await loopback.ready(timeout=30)
            general, ana = await channel_and_member(loopback)
            healthy, ready = await fetched(f"{at}/healthz"), await told(f"{at}/readyz", lambda it: it[0] == 200)
            answer = await answered(ana.slash(general, "ask", question=QUESTION))
            await answered(ana.slash(general, "ask", question=UNANSWERABLE))
            await answered(ana.slash(general, "ask", question=QUESTION, review="no such review"))
            await general.answer_to(await ana.mention(general, QUESTION))
            await general.answer_to(await ana.say(general, "Who tells them?", reply_to=answer))
            direct = await ana.dm()
            await direct.answer_to(await ana.say(direct, QUESTION))
            # The bot counts a question a moment after its answer has arrived.
            _, exposed = await told(f"{at}/metrics", lambda it: counted(it[1]) == ASKED)
            # The gateway accepts no connection, so that the bot stays disconnected.
            await loopback.fault("GET /gateway/", "status", status=503, times=50)
            await loopback.disturb("reset")
            away = await told(f"{at}/readyz", lambda it: it[0] != 200)
            await asyncio.to_thread(bot.stop)
            return Watched(healthy, ready, away, exposed, bot.output, await loopback.secrets())


@pytest.fixture(scope="module")
def watched(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    with port() as number:
        return asyncio.run(watched_run(copy_data(reviews, tmp_path_factory.mktemp("watched") / "data"), number))


@pytest.mark.slow
def test_the_bot_is_healthy_while_it_runs_and_ready_while_it_is_connected(watched: Watched) -> None:
    assert watched.healthy == (200, "ok\n")
    assert watched.ready == (200, "ready\n")
    assert watched.away == (503, "not connected to Discord\n")


def test_every_question_is_counted_by_source_and_outcome(watched: Watched) -> None:
    def questions(way: str, state: str) -> float:
        return watched.value("review_bot_questions_total", way=way, state=state)

    assert questions("slash", "answered") == 1
    assert questions("slash", "unanswered") == 1
    assert questions("slash", "refused") == 1
    assert questions("mention", "answered") == 1
    assert questions("direct", "answered") == 1
    assert sum(questions("reply", state) for state in ("answered", "nearest", "unanswered")) == 1


def test_the_gauges_show_the_connection_the_index_and_the_queue(watched: Watched) -> None:
    told = ("connected", "servers", "reviews", "queue_questions", "queue_limit_questions", "index_stuck")
    assert {name: watched.value(f"review_bot_{name}") for name in told} == {
        "connected": 1,
        "servers": 1,
        "reviews": 2,
        "queue_questions": 0,
        "queue_limit_questions": 1000,
        "index_stuck": 0,
    }
    assert watched.value("review_bot_gateway_events_total", event="connected") == 1
    assert watched.value("review_bot_discord_responses_total", status="2xx") > 5


def test_the_logged_stages_of_an_answer_take_no_longer_than_the_answer(watched: Watched) -> None:
    answered = [event for event in watched.events("question") if event["state"] == "answered"]
    assert [event["way"] for event in answered][:2] == ["slash", "mention"]
    for event in answered:
        seconds = dict(event["seconds"])
        total = seconds.pop("total")
        assert set(seconds) == {stage.value for stage in Stage}
        assert sum(seconds.values()) <= total + 0.001


def test_the_log_has_neither_a_questions_text_nor_its_asker(watched: Watched) -> None:
    events = watched.events("question")
    assert len(events) == ASKED
    assert {key for event in events for key in event} == {
        "event", "level", "logger", "timestamp", "way", "state", "seconds"
    }  # fmt: skip
    texts = (QUESTION, UNANSWERABLE, "Who tells them?", "no such review", QUOTED)
    assert [text for text in texts if text in watched.output + watched.exposed] == []
    assert "INTERACTION_CREATE" in watched.output
    assert problems_in(watched.output + watched.exposed, watched.secrets, errors=False) == []


def test_no_metric_label_has_an_id_or_a_slug(watched: Watched) -> None:
    values = {value for family in watched.families for sample in family.samples for value in sample.labels.values()}
    assert [value for value in values if re.search(r"\d{6}", value) or value == OWNERS] == []


def test_the_documentation_lists_every_metric_with_its_labels(watched: Watched) -> None:
    row = re.compile(r"^\| `((?:review_bot|process)_\w+)` \| ([^|]*) \|", re.MULTILINE)
    documented = dict(row.findall(METRICS_TABLE.read_text(encoding="utf-8")))
    exposed = {}
    for family in watched.families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        exposed[name] = labels
    assert {name: set(re.findall(r"\w+", labels)) for name, labels in documented.items()} == exposed


def queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize("query", queries())
def test_a_query_of_the_dashboard_selects_metrics_that_the_bot_exposes(watched: Watched, query: str) -> None:
    samples = [sample for family in watched.families for sample in family.samples]
    selectors = SELECTOR.findall(query)
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in re.findall(r"\w+", group)}
    assert selectors
    for name, braces in selectors:
        found = [
            sample
            for sample in samples
            if sample.name == name
            and all(
                (re.fullmatch(value if "~" in operator else re.escape(value), sample.labels.get(label, "")) is None)
                == ("!" in operator)
                for label, operator, value in MATCHER.findall(braces)
            )
        ]
        assert found, f"the bot exposes no {name} with {braces}"
        assert grouped <= found[0].labels.keys()


def test_the_dashboard_shows_every_metric_of_the_bot(watched: Watched) -> None:
    shown = {name for query in queries() for name, _ in SELECTOR.findall(query)}
    own = [family for family in watched.families if family.name.startswith("review_bot_")]
    assert [family.name for family in own if not any(sample.name in shown for sample in family.samples)] == []


async def test_a_taken_port_costs_a_warning_and_not_the_start(caplog: pytest.LogCaptureFixture) -> None:
    def never() -> bytes:
        raise AssertionError("nobody can ask")

    async with health("127.0.0.1", 0, not_ready=lambda: None, exposition=lambda: b"metrics\n") as where:
        assert where is not None
        assert await fetched(f"http://127.0.0.1:{where[1]}/metrics") == (200, "metrics\n")
        async with health("127.0.0.1", where[1], not_ready=lambda: None, exposition=never) as nowhere:
            assert nowhere is None
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warning == (
        f"No health checks and metrics: can't listen at 127.0.0.1 port {where[1]} (the port is taken). "
        "Choose another with REVIEW_BOT_HEALTH_PORT."
    )
