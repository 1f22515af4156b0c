"""`review-bot gaps`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, JsonOption, a_day, a_server
from bot.cli.output.console import notice, print_json, say
from bot.cli.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.gaps import Gap

MOST_WORDINGS = 5
"""Wordings of a group that are shown; the export has them all."""


def gaps(
    server: Annotated[
        int | None,
        typer.Option(metavar="SERVER", parser=a_server, help="Only what was asked in the server of this id."),
    ] = None,
    since: Annotated[
        date | None, typer.Option(metavar="YYYY-MM-DD", parser=a_day, help="Only from that day on (UTC).")
    ] = None,
    answered: Annotated[bool, typer.Option("--answered", help="Also the questions that were answered.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the questions to a file, for `review-bot label --from`.")
    ] = None,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Show what was asked in Discord and found nothing, where servers keep questions."""
    from bot.services.gaps import find_gaps, gaps_record, write_questions
    from bot.storage.database import DATABASE, Store
    from embeddings import Library, LibraryError

    database = data / DATABASE
    if not database.exists():
        raise LibraryError(f"{database}: there is no database; the bot makes it when it runs (`review-bot run`)")
    with Store(database) as store:
        kept = store.questions(server=server, since=since)
        verdicts = store.feedback_counts(server)
        in_all = len(kept) if server is None and since is None else len(store.questions())
    library = Library.open(data)
    found = find_gaps(kept, library.models.encoder.encode, answered=answered)
    library.close()
    if export is not None:
        lines = write_questions(found, export)
        notice(f"{counted(lines, 'question')} in {export}; label them with `review-bot label FILE --from {export}`.")
    if as_json:
        print_json(gaps_record(found, verdicts))
    elif kept:
        _print(found, verdicts, answered=answered)
    elif in_all:
        day = f" since {since}" if since else ""
        place = f" in the server {server}" if server is not None else ""
        say(f"Nothing was asked{day}{place}. Questions that are kept in all: {in_all}.")
    else:
        say("No questions are kept. Who manages a server turns that on with /settings.")


def _print(found: Sequence[Gap], verdicts: tuple[int, int], *, answered: bool) -> None:
    from embeddings import State

    total = sum(gap.count for gap in found)
    what = "were asked" if answered else "found nothing, or only what is nearest"
    say(f"{counted(total, 'question')} {what}, in {counted(len(found), 'group')}.")
    for gap in found:
        first, *others = gap.wordings
        states = ", ".join(f"{gap.count_of(state)} {state.value}" for state in State if gap.count_of(state))
        say(f"\n{gap.count:4} × {_worded(first.text, first.context)}  ({states})")
        for wording in others[:MOST_WORDINGS]:
            times = f" ({wording.count} times)" if wording.count > 1 else ""
            say(f"       {_worded(wording.text, wording.context)}{times}")
        if len(others) > MOST_WORDINGS:
            say(f"       and {len(others) - MOST_WORDINGS} more")
    say(f"\nVerdicts on answers: {verdicts[0]} helpful, {verdicts[1]} not helpful.")


def _worded(text: str, context: tuple[str, ...]) -> str:
    return f"{text} (after: {context[-1]})" if context else text
