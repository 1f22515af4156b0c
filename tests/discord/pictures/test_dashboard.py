"""The picture of the dashboard: what its queries give, and that every panel is drawn from them."""

from __future__ import annotations

import json
import math

import pytest

from tests.discord.pictures.dashboard import DASHBOARD, Line, in_unit, lines, page
from tests.discord.pictures.promql import Scrape, Vector, evaluate

EXPOSED = """\
# TYPE asked counter
asked_total{{way="slash",state="answered"}} {slash}
asked_total{{way="mention",state="answered"}} 10
asked_total{{way="mention",state="failed"}} {failed}
# TYPE took histogram
took_bucket{{le="1.0"}} {quick}
took_bucket{{le="2.0"}} {slow}
took_bucket{{le="+Inf"}} {slow}
took_count {slow}
took_sum 1.0
# TYPE room gauge
room{{kind="a"}} 3
room{{kind="b"}} 5
"""
SCRAPES = tuple(
    Scrape.of(100.0 + 10 * number, EXPOSED.format(slash=20 * number, failed=failed, quick=3 * number, slow=4 * number))
    for number, failed in enumerate((7, 9, 1))
)
"""Three scrapes, ten seconds apart; before the last of them what failed is counted anew from nothing."""


def vector(**values: float) -> Vector:
    """Values by the label `way`, or by no label for `whole`."""
    return {frozenset() if way == "whole" else frozenset({("way", way)}): value for way, value in values.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("time() - max(room)", vector(whole=115)),
        ("min(room)", vector(whole=3)),
        ('sum(room{kind!~"b|c"}) / sum(room)', vector(whole=3 / 8)),
        ('sum(room{kind!="b"})', vector(whole=3)),
        ("sum by (way) (rate(asked_total[20s]))", vector(slash=2, mention=0.15)),
        ('60 * sum by (way) (rate(asked_total{state=~"ans.*"}[10s]))', vector(slash=120, mention=0)),
        ("rate(asked_total[5s])", {}),
        ("histogram_quantile(0.5, sum by (le) (rate(took_bucket[20s])))", vector(whole=2 / 3)),
        ("histogram_quantile(0.9, sum by (le) (rate(took_bucket[20s])))", vector(whole=1.6)),
        ("sum(nothing_total) / sum(room)", {}),
    ],
)
def test_a_query_gives_what_prometheus_would_make_of_it(query: str, found: Vector) -> None:
    assert evaluate(query, SCRAPES) == {labels: pytest.approx(value) for labels, value in found.items()}


def test_a_share_of_nothing_is_no_number() -> None:
    (value,) = evaluate("histogram_quantile(0.5, took_bucket)", SCRAPES[:1]).values()
    assert math.isnan(value)


def test_what_the_dashboard_does_not_say_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="not understood"):
        evaluate("irate(asked_total[20s])", SCRAPES)


def test_a_panels_lines_are_its_series_by_their_names_in_the_legend() -> None:
    panel = {"targets": [{"expr": "sum by (way) (asked_total)", "legendFormat": "by {{way}}"}]}
    assert lines(panel, SCRAPES) == (
        Line("by mention", ((100.0, 17.0), (110.0, 19.0), (120.0, 11.0))),
        Line("by slash", ((100.0, 0.0), (110.0, 20.0), (120.0, 40.0))),
    )


def test_numbers_are_shown_in_their_panels_units() -> None:
    shown = [
        in_unit(*each) for each in ((0.0317, "s"), (75, "s"), (0.25, "percentunit"), (2**28, "bytes"), (0, "short"))
    ]
    assert shown == ["31.7 ms", "75.0 s", "25.0%", "256 MiB", "0"]


def test_every_panel_is_drawn_with_what_there_is_and_says_where_there_is_nothing() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    told = 'review_bot_connected 1\nreview_bot_build_info{version="1.2.3"} 1\nreview_bot_heartbeat_seconds 0.042\n'
    drawn = page(panels, [Scrape.of(1.0, told), Scrape.of(2.0, told)])
    assert drawn.count("<article") == len(panels)
    assert [drawn.count(shown) for shown in (">yes<", ">1.2.3<", "seconds: 42 ms", "No data")] == [
        1, 1, 1, len(panels) - 3
    ]  # fmt: skip
