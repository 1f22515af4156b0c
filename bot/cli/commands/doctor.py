"""`review-bot doctor`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated

import typer

from bot.cli.options import DATA, DataOption, JsonOption
from bot.cli.output.console import print_json
from bot.cli.output.show import printer
from bot.cli.output.wording import for_folder

NAMES_IN_JSON = {"reranker": "reader"}
"""Checks whose name in JSON, which other programs read, is an older one."""


def doctor(
    online: Annotated[bool, typer.Option("--online", help="Also ask Discord whether it accepts the token.")] = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Check the installation, the reviews, the index, the token and the stored data, and say how to fix what is wrong.

    The exit code is 1 if a check fails.
    """
    from bot.cli.doctor.check import Context
    from bot.cli.doctor.checks import checks

    found = tuple(
        replace(check, finding=for_folder(check.finding, data)) for check in checks(Context(data, os.environ, online))
    )
    if as_json:
        print_json(
            {
                "checks": [
                    {"name": NAMES_IN_JSON.get(check.name, check.name), "ok": check.ok, "advice": check.advice}
                    for check in found
                ]
            }
        )
    else:
        printer().print_checks(found)
    if not all(check.ok for check in found):
        raise typer.Exit(1)
