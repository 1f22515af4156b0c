"""`review-bot index`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder

if TYPE_CHECKING:
    from embeddings import Manifest, ReviewFilesError


def index(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Encode everything anew.")] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL", help="A sentence-transformers model: its folder, or its name."),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--by-size",
            help="Scan all vectors, or find the closest of many by lists; as the index has it, else by size.",
            show_default=False,
        ),
    ] = None,
    bf16: Annotated[
        bool | None,
        typer.Option(
            "--bf16/--fp32",
            help="Encode in bfloat16, faster where the processor has it; as the index has it, else in fp32.",
            show_default=False,
        ),
    ] = None,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave out files that can't be read, and say which.")
    ] = False,
    skip_broken_own: Annotated[
        bool,
        typer.Option(
            "--skip-broken-own",
            help="The same, but only of servers' own reviews; what `review-bot run` does by itself.",
        ),
    ] = False,
    allow_download: Annotated[
        bool, typer.Option("--allow-download", help="Let a model that is not on this machine be fetched.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell whether the index is sound and up to date; write nothing.")
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Bring the index of the reviews up to date."""
    from bot.cli.library import build_with_progress
    from embeddings import Library, ReviewFilesError, describe_changes

    if check:
        library = Library.open(data)
        library.verify()
        changed = describe_changes(library.outdated(), library.removed())
        if changed:
            advice = for_folder("run `review-bot index`", data)
            notice(f"The index is out of date ({changed}); {advice}.")
            raise typer.Exit(1)
        say(f"The index is sound and up to date: {_contents(library.manifest)}.")
        if library.models.reranker_problem is not None:
            notice(f"Questions will be answered without the reranker: {library.models.reranker_problem}")
        return
    build = partial(
        build_with_progress,
        data,
        model=model,
        allow_download=allow_download,
        rebuild=rebuild,
        exact=exact,
        bf16=bf16,
    )
    try:
        library = build(skip_broken=skip_broken)
    except ReviewFilesError as error:
        if not skip_broken_own or not _are_servers_own(error, data):
            raise
        library = build(skip_broken=True)
    say(f"The index is up to date: {_contents(library.manifest)}.")
    if library.models.reranker_problem is not None:
        notice(f"Questions will be answered without the reranker: {library.models.reranker_problem}")


def _are_servers_own(errors: ReviewFilesError, data: Path) -> bool:
    from embeddings import COLLECTIONS

    return all(error.file.is_relative_to(data / COLLECTIONS) for error in errors.errors)


def _contents(manifest: Manifest) -> str:
    from embeddings import BF16

    reviews = [review for collection in manifest.collections for review in collection.reviews]
    passages = sum(review.passages[1] - review.passages[0] for review in reviews)
    sentences = sum(review.sentences[1] - review.sentences[0] for review in reviews)
    return (
        f"{counted(len(reviews), 'review')}, {counted(passages, 'passage')}, {counted(sentences, 'sentence')}, "
        f"encoded by {manifest.encoder.model}{' in bf16' if manifest.precision == BF16 else ''}"
    )
