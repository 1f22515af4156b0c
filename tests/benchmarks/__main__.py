"""`python -m tests.benchmarks [NAME ...] [--json FILE]`: run the checks, print a table, exit 1 where one misses."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.starting import CHECKS, Check


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(CHECKS)}; by default all.")] = None,
    file: Annotated[Path | None, typer.Option("--json", help="Write the checks here too.")] = None,
) -> None:
    """Measure speed and memory against the honest alternative."""
    unknown = set(names or ()) - set(CHECKS)
    if unknown:
        raise typer.BadParameter(f"no check is called {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    checks: list[Check] = []
    with tempfile.TemporaryDirectory() as directory:
        for name in names or CHECKS:
            Console(stderr=True).print(f"{name} …")
            checks.extend(CHECKS[name](Path(directory)))
    table = Table("check", "value", "target", "met")
    for check in checks:
        table.add_row(check.name, f"{check.value:.3f}", f"≤ {check.target}", "yes" if check.met else "NO")
    Console().print(table)
    if file is not None:
        file.write_text(json.dumps({"checks": [asdict(check) for check in checks]}, indent=1) + "\n", encoding="utf-8")
    if not all(check.met for check in checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.argv[0] = "python -m tests.benchmarks"
    typer.run(main)
