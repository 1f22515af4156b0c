"""`python -m tests.discord.faults [--json FILE] [--only N,N] [--times N] [--jobs N]`: try every fault many times.

Prints a row for each fault, and exits with 1 if one was not survived every time.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.discord.faults.runner import outcomes
from tests.discord.faults.table import FAULTS


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to this file")
    parser.add_argument("--only", metavar="N,N", help="try only the faults of these numbers")
    parser.add_argument("--times", type=int, metavar="N", help="attempts at each, instead of those of the table")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="faults tried at the same time")
    arguments = parser.parse_args()
    numbers = {int(each) for each in arguments.only.split(",")} if arguments.only else None
    faults = {each.number: each for each in FAULTS if numbers is None or each.number in numbers}
    rows = []
    for outcome in outcomes(list(faults.values()), arguments.times, arguments.jobs):
        fault, count = faults[outcome.number], f"{outcome.survived} of {outcome.tried}"
        row = f"{fault.number:>2}  {fault.name:<38} {fault.promise:<46} {count:<12} {outcome.seconds:>6.0f} s"
        sys.stdout.write("\n".join([row, *(f"      {each}" for each in outcome.failures)]) + "\n")
        sys.stdout.flush()
        rows.append({"number": fault.number, "name": fault.name, "survived": outcome.survived, "tried": outcome.tried})
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"faults": rows}, indent=2) + "\n", encoding="utf-8")
    return int(not all(each["survived"] == each["tried"] for each in rows))


if __name__ == "__main__":
    sys.exit(main())
