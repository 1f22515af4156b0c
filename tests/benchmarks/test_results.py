"""The results of the benchmarks: as JSON for other programs, as a page for people."""

from __future__ import annotations

from tests.benchmarks.harness.page import page
from tests.benchmarks.harness.results import Results, as_json

FOUND = Results()
FOUND.check("cost", 0.1, 0.2)
FOUND.check("speed", 1.4, 1.5, at_least=True)
FOUND.figure("memory", 120.0, "MiB")
FOUND.curve("Opening", "seconds", "cold <start>", [(100, 0.001), (10_000, 0.2)])
FOUND.curve("Found", "share of questions", "first quote", [(100, 1.0), (10_000, 0.9)])
ALL = {"some": FOUND, "others": Results(skipped="there is no network"), "last": Results(failed="the disk is full")}


def test_the_json_has_every_check_with_its_target() -> None:
    assert as_json(ALL) == {
        "checks": [
            {"name": "cost", "value": 0.1, "target": 0.2, "met": True},
            {"name": "speed", "value": 1.4, "target": 1.5, "met": False},
        ],
        "figures": [{"name": "memory", "value": 120.0, "unit": "MiB"}],
        "curves": [
            {"plot": "Opening", "unit": "seconds", "name": "cold <start>", "points": ((100, 0.001), (10_000, 0.2))},
            {
                "plot": "Found",
                "unit": "share of questions",
                "name": "first quote",
                "points": ((100, 1.0), (10_000, 0.9)),
            },
        ],
        "skipped": {"others": "there is no network"},
        "failed": {"last": "the disk is full"},
    }


def test_a_check_is_met_at_its_target() -> None:
    found = Results()
    found.check("no more", 1.0, 1.0)
    found.check("no less", 1.0, 1.0, at_least=True)
    assert [check.met for check in found.checks] == [True, True]


def test_the_page_shows_checks_figures_curves_and_what_was_skipped() -> None:
    text = page(ALL)
    for shown in (
        "some: cost",
        "≤ 0.2",
        "≥ 1.5",
        "some: memory",
        "others: there is no network",
        "last: the disk is full",
    ):
        assert shown in text
    assert text.count("<polyline") == 2
    assert "cold &lt;start&gt;: 0.2 seconds at 10,000 passages" in text


def test_the_page_loads_nothing_from_other_addresses() -> None:
    assert "http" not in page(ALL).replace("http-equiv", "")
