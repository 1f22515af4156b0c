"""`review-bot compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import JsonOption
from bot.cli.output.console import notice, print_json
from bot.cli.output.wording import counted
from bot.config import CHANGED_QUESTIONS


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Two or more runs saved by `evaluate --save`.")],
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare runs over different questions or reviews on the questions they share."),
    ] = False,
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The relevance judgements for runs in TREC format.")
    ] = None,
    listed: Annotated[
        int, typer.Option("--questions", metavar="N", min=0, help="The number of won and lost questions to list.")
    ] = CHANGED_QUESTIONS,
    as_json: JsonOption = False,
) -> None:
    """Compare the measures of saved runs, and test whether their differences could be chance."""
    if len(runs) < 2:
        raise typer.BadParameter("Name two or more runs.", param_hint="RUN")
    from embeddings.evaluation import read_bytes

    for file in (*runs, *([qrels] if qrels is not None else ())):
        read_bytes(file)
    from bot.cli.output.tables import print_comparison
    from embeddings.evaluation import (
        as_asked,
        check_comparable,
        compare_all,
        comparison_record,
        load_runs,
        on_shared_questions,
    )

    loaded = tuple(map(as_asked, load_runs(runs, qrels)))
    if anyway:
        most = max(len(run.results) for run in loaded)
        loaded = on_shared_questions(loaded)
        if len(loaded[0].results) < most:
            notice(f"Compared on the {counted(len(loaded[0].results), 'question')} that all runs share.")
    else:
        check_comparable(loaded)
    pairs = compare_all(loaded)
    if as_json:
        print_json(comparison_record(loaded, pairs))
    else:
        print_comparison(loaded, pairs, listed)
