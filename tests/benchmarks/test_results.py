"""The results of the benchmarks: as JSON for other programs, as tables for people."""

from __future__ import annotations

import pytest
from rich.console import Console

from tests.benchmarks.__main__ import print_tables
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


def test_the_tables_show_checks_figures_and_how_costs_grow(capsys: pytest.CaptureFixture[str]) -> None:
    print_tables(ALL, Console(width=200))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    assert ["some: memory", "120.000", "MiB"] in rows
    assert ["Opening: cold <start>", "0.001", "0.2", "seconds"] in rows
    assert ["some: cost", "0.100", "≤ 0.2", "yes"] in rows
    assert ["some: speed", "1.400", "≥ 1.5", "NO"] in rows
