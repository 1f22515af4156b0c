"""`review-bot doctor`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, JsonOption
from bot.cli.output.console import in_terminal, one_line, print_json, say
from bot.cli.output.wording import for_folder

if TYPE_CHECKING:
    from bot.cli.doctor.check import Check


def doctor(
    online: Annotated[bool, typer.Option("--online", help="Ask Discord whether it takes the token.")] = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Check the installation, the index, the token and what is kept; say what to do."""
    from bot.cli.doctor.check import Circumstances
    from bot.cli.doctor.checks import checks

    found = tuple(
        replace(each, said=for_folder(each.said, data)) for each in checks(Circumstances(data, os.environ, online))
    )
    if as_json:
        print_json({"checks": [{"name": each.name, "ok": each.ok, "advice": each.advice} for each in found]})
    elif in_terminal():
        from bot.cli.output import rich as rendering

        rendering.show(rendering.rendered_checks(found))
    else:
        say(_in_plain(found))
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def _in_plain(found: Sequence[Check]) -> str:
    width = max(len(each.name) for each in found)
    return "\n".join(f"{'ok  ' if each.ok else 'FAIL'} {each.name:{width}} {one_line(each.said)}" for each in found)
