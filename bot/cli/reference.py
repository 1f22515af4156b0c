"""Write the command reference, `bot/docs/commands.md`, from what `--help` shows: `python -m bot.cli.reference`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from bot.cli.app import PANELS, app
from bot.cli.options import help_rows

if TYPE_CHECKING:
    from typer._click import Command, Context

FILE = Path(__file__).parents[1] / "docs" / "commands.md"

RENEW = "python -m bot.cli.reference"
"""The command that writes the file."""


def command_reference() -> str:
    """Return the reference in Markdown: every command with its arguments and options, by panel."""
    group = typer.main.get_group(app)
    context = typer.Context(group, info_name="review-bot")
    lines = [
        "# Commands",
        "",
        f"<!-- `{RENEW}` writes this page. Do not edit it. -->",
        "",
        f"`review-bot --help` and `review-bot COMMAND --help` show the same. {group.help or ''}",
        "",
        *_parameters(group, context),
    ]
    for panel, callbacks in PANELS.items():
        lines += [f"## {panel}", ""]
        for callback in callbacks:
            name = callback.__name__
            command = group.commands[name]
            lines += _command(command, typer.Context(command, parent=context, info_name=name))
        for name, command in group.commands.items():
            if isinstance(command, TyperGroup) and command.rich_help_panel == panel:
                within = typer.Context(command, parent=context, info_name=name)
                for part, each in command.commands.items():
                    lines += _command(each, typer.Context(each, parent=within, info_name=part))
    return "\n".join(lines).rstrip() + "\n"


def _command(command: Command, context: Context) -> list[str]:
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    return [
        f"### {context.command_path}",
        "",
        (command.help or "").replace("\n", " "),
        "",
        f"    {usage}",
        "",
        *_parameters(command, context),
    ]


def _parameters(command: Command, context: Context) -> list[str]:
    """Return a table of the arguments and options, without `--help`."""
    # `--help` is the same everywhere. A bar would end the cell, and a line break the row.
    rows = [
        f"| `{name}` | {' '.join(meaning.split()).replace('|', '/')} |"
        for kind in ("argument", "option")
        for name, meaning in help_rows(command, context, kind)
        if not name.endswith("--help")
    ]
    return ["| option | meaning |", "| --- | --- |", *rows, ""] if rows else []


if __name__ == "__main__":
    FILE.write_text(command_reference(), encoding="utf-8")
