"""`python -m tests.benchmarks [NAME ...] [--full] [--json FILE]`: measure, and print tables.

Exits with 1 if a target is missed.
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

from tests.benchmarks.harness.processes import ProcessError
from tests.benchmarks.harness.results import Results, as_json
from tests.benchmarks.harness.workspace import Workspace
from tests.benchmarks.measures import (
    answering,
    bm25,
    encoder,
    index_update,
    other_stores,
    router,
    serving,
    startup,
    vector_search,
)

BENCHMARKS: Mapping[str, Callable[[Workspace], Results]] = {
    "cold-ask": startup.cold_ask,
    "help": startup.show_help,
    "evaluate": startup.evaluate,
    "question": encoder.question,
    "bulk": encoder.bulk,
    "same-ten": encoder.same_ten,
    "answering": answering.answering,
    "quality": answering.quality,
    "growing": answering.growing,
    "million": vector_search.million,
    "lexical": bm25.bm25,
    "updating": index_update.index_update,
    "routing": router.router,
    "completing": serving.completing,
    "serving": serving.serving,
    "peers": other_stores.other_stores,
}
"""The benchmarks by name. Those that share an index are together."""


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(BENCHMARKS)}. By default all.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Go up to a million passages.")] = False,
    small: Annotated[bool, typer.Option("--small", help="Show that it runs. The figures mean nothing.")] = False,
    file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    work: Annotated[Path | None, typer.Option(help="Work in this folder, and keep it for the next run.")] = None,
) -> None:
    """Measure speed, memory and quality against the best alternative."""
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise typer.BadParameter(f"There is no {', '.join(sorted(unknown))}. Use some of {', '.join(BENCHMARKS)}.")
    said = Console(stderr=True)
    found: dict[str, Results] = {}
    with tempfile.TemporaryDirectory(prefix="review-bot-benchmarks-") as directory:
        workspace = Workspace(work or Path(directory), full, small)
        workspace.directory.mkdir(parents=True, exist_ok=True)
        for name in names or BENCHMARKS:
            began = time.perf_counter()
            try:
                found[name] = BENCHMARKS[name](workspace)
            except ProcessError as error:
                # The other benchmarks still run.
                found[name] = Results(failed=str(error))
            each = found[name]
            said.print(f"{name}: {each.skipped or each.failed or f'{time.perf_counter() - began:.0f} s'}", markup=False)
    print_tables(found, Console())
    if file is not None:
        file.write_text(json.dumps(as_json(found), indent=1) + "\n", encoding="utf-8")
    if any(each.failed or not all(check.met for check in each.checks) for each in found.values()):
        raise typer.Exit(1)


def print_tables(found: Mapping[str, Results], console: Console) -> None:
    """Print every figure, how costs grow, and every check."""
    figures = Table("figure", "value", "unit")
    checks = Table("check", "value", "target", "met")
    for name, each in found.items():
        for figure in each.figures:
            figures.add_row(f"{name}: {figure.name}", f"{figure.value:,.3f}", figure.unit)
        for check in each.checks:
            met = "yes" if check.met else "NO"
            checks.add_row(f"{name}: {check.name}", f"{check.value:.3f}", check.limit, met)
    curves = [curve for each in found.values() for curve in each.curves]
    sizes = sorted({size for curve in curves for size, _ in curve.points})
    growth = Table("by passages", *(f"{size:,}" for size in sizes), "unit")
    for curve in curves:
        costs = dict(curve.points)
        shown = [f"{costs[size]:,.3g}" if size in costs else "" for size in sizes]
        growth.add_row(f"{curve.plot}: {curve.name}", *shown, curve.unit)
    for table in (figures, growth, checks):
        if table.row_count:
            console.print(table)


if __name__ == "__main__":
    sys.argv[0] = "python -m tests.benchmarks"
    typer.run(main)
