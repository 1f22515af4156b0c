"""Options and arguments that several commands take, and how the command line is parsed."""

from __future__ import annotations

import os
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from bot.cli.completion import complete_review
from bot.cli.output.console import notice
from bot.data_folder import default_data_folder
from bot.storage import LARGEST_ID
from embeddings import NO_RERANKER

if TYPE_CHECKING:
    from typer._click import Command as AnyCommand
    from typer._click import Context, HelpFormatter, Parameter

DATA = default_data_folder()
"""The default data folder."""

RERANKER = "--reranker"
RERANKER_VARIABLE = "REVIEW_BOT_RERANKER"
OLD_RERANKER_VARIABLE = "REVIEW_BOT_READER"
RENAMED = {"--reader": RERANKER, "--no-reader": "--no-reranker"}
"""Deprecated options and their current names."""

BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})
"""Words that people write after a flag as if it took a value."""


class Command(TyperCommand):
    """A command with plain help, which accepts deprecated names for one version."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the parameters as `--help` shows them."""
        return _without_flag_types(super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse a command line in which renamed options may have their old names."""
        if not ctx.resilient_parsing:
            if any(RERANKER in param.opts for param in self.params):
                args = _with_current_names(args)
            _refuse_values_of_flags(args, self.params)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the arguments, then the options."""
        for heading, kind in (("Arguments", "argument"), ("Options", "option")):
            _write_section(formatter, heading, help_rows(self, ctx, kind))


class Group(TyperGroup):
    """The command itself, with plain help in which the commands have headings."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the parameters as `--help` shows them."""
        return _without_flag_types(super().get_params(ctx))

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands under the headings of their panels."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.commands[name]
            heading = getattr(command, "rich_help_panel", None) or "Commands"
            panels.setdefault(heading, []).append((name, (command.help or "").partition("\n\n")[0]))
        for heading, rows in panels.items():
            _write_section(formatter, heading, rows)


def help_rows(command: AnyCommand, ctx: Context, kind: str) -> list[tuple[str, str]]:
    """Return what the help shows of a command's arguments or options: the name and the meaning of each.

    Args:
        command: the command.
        ctx: its context.
        kind: `argument` or `option`.
    """
    rows = []
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if param.param_type_name == kind else None
        if record is not None:
            # The name of an argument says what it is, so its type would only repeat it.
            rows.append((param.display_name_raw if isinstance(param, TyperArgument) else record[0].strip(), record[1]))
    return rows


def _write_section(formatter: HelpFormatter, heading: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(heading):
            formatter.write_dl(rows)


def _without_flag_types(params: list[Parameter]) -> list[Parameter]:
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params


def _refuse_values_of_flags(args: list[str], params: list[Parameter]) -> None:
    """Refuse `--json true`, where the word after the flag would become a part of the question."""
    flags = {
        name
        for param in params
        if isinstance(param, TyperOption) and param.is_flag
        for name in (*param.opts, *param.secondary_opts)
    }
    for name, word in pairwise(args[: args.index("--")] if "--" in args else args):
        if name in flags and word.casefold() in BOOLEANS:
            raise typer.BadParameter(
                f"{name} takes no value, so leave out {word!r}. If it begins what you ask, write -- before it."
            )


def _with_current_names(args: list[str]) -> list[str]:
    """Replace deprecated names by the current ones, and report each."""
    options = args[: args.index("--")] if "--" in args else args
    current = []
    value = os.environ.get(OLD_RERANKER_VARIABLE)
    if value and not os.environ.get(RERANKER_VARIABLE):
        notice(_deprecation(OLD_RERANKER_VARIABLE, RERANKER_VARIABLE))
        # An option on the command line comes later, and so overrides it.
        current += [RERANKER, value]
    for argument in options:
        name, equals, value = argument.partition("=")
        if name in RENAMED:
            notice(_deprecation(name, RENAMED[name]))
        current.append(RENAMED.get(name, name) + equals + value)
    return current + args[len(options) :]


def _deprecation(old: str, new: str) -> str:
    return f"{old} is now {new}. The earlier name works for one more version."


def _data_folder(context: typer.Context, data: Path) -> Path:
    """Accept `--data` before the command or after it. The one after it wins."""
    source = context.get_parameter_source("data")
    if context.parent is None or (source is not None and source.name == "COMMANDLINE"):
        return data
    before = context.find_root().params.get("data")
    return before if isinstance(before, Path) else data


def parse_date(text: str | date) -> date:
    """Return the date that was typed."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date. Use YYYY-MM-DD.") from None


def parse_server_id(text: str | int) -> int:
    """Return the server ID that was typed."""
    typed = str(text)
    if not (typed.isascii() and typed.isdecimal() and 0 < int(typed) <= LARGEST_ID):
        raise typer.BadParameter(f"{typed!r} is not a server ID. Use a number such as 123456789012345678.")
    return int(typed)


def parse_count(text: str | int) -> int:
    """Return the positive whole number that was typed."""
    typed = str(text)
    if not (typed.isascii() and typed.isdecimal() and int(typed)):
        raise typer.BadParameter(f"{typed!r} is not a whole number of 1 or more.")
    return int(typed)


def parse_share(text: str | float) -> float:
    """Return the share that was typed."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"{str(text)!r} is not a share. Use a number from 0 to 1.")
    return share


DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="FOLDER",
        envvar="REVIEW_BOT_DATA",
        callback=_data_folder,
        help="The data folder, which holds the reviews and their index.",
    ),
]
RerankerOption = Annotated[
    str,
    typer.Option(
        RERANKER,
        metavar="MODEL",
        envvar=RERANKER_VARIABLE,
        help="The model that scores the best sentences again: shipped, none, or the name or folder of a "
        "sentence-transformers CrossEncoder.",
    ),
]
NoRerankerOption = Annotated[
    bool, typer.Option("--no-reranker", help="Answer without a reranker, which is faster and less exact.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace a file of the same name, even one that another program wrote.")
]
NoUpdateOption = Annotated[
    bool, typer.Option("--no-update", help="Use the index as it is, even if reviews have changed.")
]
QuestionArgument = Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question, in your own words.")]
ReviewOption = Annotated[
    str | None,
    typer.Option(
        "--review",
        metavar="REVIEW",
        autocompletion=complete_review,
        help="Search only this review. Give its title, another name of it, or its slug.",
    ),
]
QuestionsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A question file, a SQuAD v2 file (.json) or a BEIR folder.", show_default=False
    ),
]
SplitOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Use only the questions of this split, such as dev.")
]


def chosen_reranker(reranker: str, no_reranker: bool) -> str:
    """Return the reranker that both options together name."""
    return NO_RERANKER if no_reranker else reranker
