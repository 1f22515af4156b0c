"""`review-bot sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, NoRerankerOption, RerankerOption, SplitOption, chosen_reranker
from bot.cli.output.console import notice
from bot.cli.output.progress import evaluation_progress
from embeddings import SHIPPED

if TYPE_CHECKING:
    from embeddings.evaluation import SweepRun


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file with the variants and the question files.")],
    runs: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder for the runs. Existing runs are reused.")
    ] = Path("sweep"),
    split: SplitOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    data: DataOption = DATA,
) -> None:
    """Compare models, passage sizes, weights and rerankers in one table."""
    from embeddings.evaluation import check_task, read_bytes

    read_bytes(file)
    from bot.cli.library import open_library
    from bot.cli.output.tables import print_failures, print_sweep
    from embeddings.evaluation import read_sweep, run_sweep

    variants = read_sweep(file)
    for questions in variants.questions:
        check_task(questions, split)
    library = open_library(data, reranker=chosen_reranker(reranker, no_reranker))
    tried: list[SweepRun] = []
    try:
        with evaluation_progress() as report:
            for one in run_sweep(variants, library, runs, split=split, notify=notice, progress=report):
                tried.append(one)
                print_failures(one.failures)
                notice(f"{one.variant} on {one.questions.name}: {'reused' if one.reused else 'done'}")
    finally:
        # The variants that finished before an error took their time, so they are shown.
        if tried:
            print_sweep(tried)
