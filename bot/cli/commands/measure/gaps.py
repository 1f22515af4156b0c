"""`review-bot gaps`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, ForceOption, JsonOption, parse_date, parse_server_id
from bot.cli.output.console import notice, print_json, say
from bot.cli.output.wording import counted, for_folder
from bot.config import SIMILAR_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.gaps import Gap


def gaps(
    server: Annotated[
        int | None,
        typer.Option(metavar="SERVER", parser=parse_server_id, help="Only questions asked in the server with this ID."),
    ] = None,
    since: Annotated[
        date | None,
        typer.Option(metavar="YYYY-MM-DD", parser=parse_date, help="Only questions asked on or after this date (UTC)."),
    ] = None,
    answered: Annotated[bool, typer.Option("--answered", help="Include the answered questions.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the questions to a file for `review-bot label --from`.")
    ] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List the unanswered questions of the Discord servers that store questions."""
    if export is not None:
        from bot.services.gaps import is_export
        from embeddings import check_output

        check_output(export, is_export, force=force)
    from bot.services.gaps import find_gaps, gaps_record, write_questions
    from bot.storage.database import DATABASE, Database
    from bot.storage.feedback import feedback_counts
    from bot.storage.questions import stored_questions
    from embeddings import Library, LibraryError

    database = data / DATABASE
    if not database.exists():
        raise LibraryError(f"{database}: There is no database yet. `review-bot run` creates it.")
    with Database(database) as store:
        stored = stored_questions(store, server=server, since=since)
        feedback = feedback_counts(store, server)
        total = len(stored) if server is None and since is None else len(stored_questions(store))
    library = Library.open(data)
    found = find_gaps(stored, library.models.encoder.encode, answered=answered)
    library.close()
    if export is not None:
        count = counted(write_questions(found, export, force=force), "question")
        advice = for_folder(f"Label them with `review-bot label FILE --from {export}`.", data)
        notice(f"Wrote {count} to {export}. {advice}")
    if as_json:
        print_json(gaps_record(found, feedback))
    elif stored:
        _print(found, feedback, answered=answered)
    elif total:
        place = f" in server {server}" if server is not None else ""
        day = f" since {since}" if since else ""
        say(f"No questions were asked{place}{day}. Stored questions in total: {total}.")
    else:
        say("No questions are stored. Server managers use /settings to store them.")


def _print(found: Sequence[Gap], feedback: tuple[int, int], *, answered: bool) -> None:
    from embeddings import State

    total = sum(gap.count for gap in found)
    outcome = "" if answered else " had no answer or only a near one"
    say(f"{counted(total, 'question')}{outcome}, in {counted(len(found), 'group')}.")
    for gap in found:
        first, *others = gap.wordings
        states = ", ".join(f"{gap.count_of(state)} {state.value}" for state in State if gap.count_of(state))
        say(f"\n{gap.count:4} × {_question(first.text, first.context)}  ({states})")
        for wording in others[:SIMILAR_QUESTIONS]:
            times = f" ({wording.count} times)" if wording.count > 1 else ""
            say(f"       {_question(wording.text, wording.context)}{times}")
        if len(others) > SIMILAR_QUESTIONS:
            say(f"       and {len(others) - SIMILAR_QUESTIONS} more")
    say(f"\nFeedback on answers: {feedback[0]} helpful, {feedback[1]} not helpful.")


def _question(text: str, context: tuple[str, ...]) -> str:
    return f"{text} (after: {context[-1]})" if context else text
