"""`python -m tests.benchmarks [NAME ...] [--full] [--json FILE] [--page FILE]`: measure, print a table, draw plots.

Exits with 1 where a target is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks import answering, encoding, lexical, peers, routing, searching, serving, starting, updating
from tests.benchmarks.findings import Findings, as_json
from tests.benchmarks.page import write_page
from tests.benchmarks.processes import ProcessError
from tests.benchmarks.workshop import Workshop

BENCHMARKS: Mapping[str, Callable[[Workshop], Findings]] = {
    "cold-ask": starting.cold_ask,
    "help": starting.show_help,
    "evaluate": starting.evaluate,
    "question": encoding.question,
    "bulk": encoding.bulk,
    "same-ten": encoding.same_ten,
    "answering": answering.answering,
    "quality": answering.quality,
    "growing": answering.growing,
    "million": searching.million,
    "lexical": lexical.lexical,
    "updating": updating.updating,
    "routing": routing.routing,
    "completing": serving.completing,
    "serving": serving.serving,
    "peers": peers.peers,
}
"""By name; those that share an index stand together."""


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(BENCHMARKS)}; by default all.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Go up to a million passages.")] = False,
    small: Annotated[bool, typer.Option("--small", help="Show that it runs; the figures mean nothing.")] = False,
    file: Annotated[Path | None, typer.Option("--json", help="Write the checks here too.")] = None,
    page: Annotated[Path | None, typer.Option(help="Where the plots go; by default a temporary folder.")] = None,
    work: Annotated[Path | None, typer.Option(help="Work here, and keep what is made for the next run.")] = None,
) -> None:
    """Measure speed, memory and quality against the honest alternative."""
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise typer.BadParameter(f"none is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    said = Console(stderr=True)
    found: dict[str, Findings] = {}
    with tempfile.TemporaryDirectory(prefix="review-bot-benchmarks-") as directory:
        workshop = Workshop(work or Path(directory), full, small)
        workshop.directory.mkdir(parents=True, exist_ok=True)
        for name in names or BENCHMARKS:
            began = time.perf_counter()
            try:
                found[name] = BENCHMARKS[name](workshop)
            except ProcessError as error:
                # The others are worth an hour of measuring all the same.
                found[name] = Findings(failed=str(error))
            each = found[name]
            said.print(f"{name}: {each.skipped or each.failed or f'{time.perf_counter() - began:.0f} s'}", markup=False)
    _print(found)
    page = page or Path(tempfile.gettempdir()) / "review-bot-benchmarks.html"
    write_page(found, page)
    said.print(f"the plots are in {page}")
    if file is not None:
        file.write_text(json.dumps(as_json(found), indent=1) + "\n", encoding="utf-8")
    if any(each.failed or not all(check.met for check in each.checks) for each in found.values()):
        raise typer.Exit(1)


def _print(found: Mapping[str, Findings]) -> None:
    figures = Table("figure", "value", "unit")
    checks = Table("check", "value", "target", "met")
    for name, each in found.items():
        for figure in each.figures:
            figures.add_row(f"{name}: {figure.name}", f"{figure.value:,.3f}", figure.unit)
        for check in each.checks:
            target = f"{'≥' if check.at_least else '≤'} {check.target:g}"
            checks.add_row(f"{name}: {check.name}", f"{check.value:.3f}", target, "yes" if check.met else "NO")
    console = Console()
    for table in (figures, checks):
        if table.row_count:
            console.print(table)


if __name__ == "__main__":
    sys.argv[0] = "python -m tests.benchmarks"
    typer.run(main)
