"""`review-bot index`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, for_folder

if TYPE_CHECKING:
    from typing import Unpack

    from embeddings import BuildOptions, Manifest


def index(
    link: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="Read the reviews of this folder where it is, now and after every change. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    forget: Annotated[
        list[Path] | None,
        typer.Option(
            "--forget",
            metavar="FOLDER",
            help="Stop reading a folder that --from named. Its files stay as they are. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    list_folders: Annotated[
        bool, typer.Option("--folders", help="List the folders that are read where they are. Change nothing.")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the index again from nothing, which also repairs it.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="The sentence-transformers model that encodes the reviews, by its folder or its name on the hub. "
            "Default: what the index uses, else the one that comes with the program.",
            show_default=False,
        ),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--by-size",
            help="Compare a question with every vector, or use an approximate search if there are many. "
            "Default: what the index uses, else --by-size.",
            show_default=False,
        ),
    ] = None,
    bf16: Annotated[
        bool | None,
        typer.Option(
            "--bf16/--fp32",
            help="Encode in bfloat16, which is faster if the processor supports it, or in fp32. "
            "Default: what the index uses, else --fp32.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="If a file can't be read, name it and change nothing, instead of leaving it out."
        ),
    ] = False,
    split_by_heading: Annotated[
        bool | None,
        typer.Option(
            "--split-by-heading/--keep-whole",
            help="Read a file about several works as several reviews, or as one. "
            "Default: what the index uses, else --keep-whole.",
            show_default=False,
        ),
    ] = None,
    list_files: Annotated[
        bool,
        typer.Option("--list", help="Also name each file that was mended or left out, with its line and the reason."),
    ] = False,
    _skip_broken: Annotated[
        bool, typer.Option("--skip-broken", "--skip-broken-own", hidden=True, help="What happens without it by now.")
    ] = False,
    allow_download: Annotated[
        bool, typer.Option("--allow-download", help="Download the model if it is not on this machine.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only check that the index is intact and up to date. Exit with 1 if it isn't."),
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Update the index, in which questions are looked up. `ask` and a running bot do it by themselves."""
    if check:
        _check(data)
        return
    if list_folders:
        _list_folders(data)
        return
    _link(data, link or (), forget or ())
    manifest = _update(
        data,
        model=model,
        allow_download=allow_download,
        rebuild=rebuild,
        exact=exact,
        bf16=bf16,
        strict=strict,
        split_by_heading=split_by_heading,
    )
    _report("The index is up to date", manifest)
    if list_files:
        for note in manifest.notes:
            line = f", line {note.line}" if note.line is not None else ""
            say(f"{'Left out' if note.left_out else 'Mended'} ({note.kind}): {note.file}{line}: {note.reason}")


def _update(data: Path, **options: Unpack[BuildOptions]) -> Manifest:
    # Importing what builds an index takes longer than to see that nothing has changed.
    from embeddings import current_index

    if (current := current_index(data, **options)) is not None:
        return current
    from bot.cli.output.progress import build_progress
    from embeddings import Library

    options["notify"] = lambda line: notice(for_folder(line, data))
    with build_progress() as options["progress"]:
        library = Library.build(data, **options)
    if library.models.reranker_problem is not None:
        notice(f"Questions will be answered without the reranker. {library.models.reranker_problem}")
    return library.manifest


def _list_folders(data: Path) -> None:
    from embeddings import linked_folders

    folders = linked_folders(data)
    for folder in folders:
        say(f"{folder}{'' if folder.is_dir() else ' (missing)'}")
    if not folders:
        advice = "Run `review-bot index --from FOLDER` to read another folder."
        notice(for_folder(f"Only the reviews of the data folder are read. {advice}", data))


def _link(data: Path, link: Sequence[Path], forget: Sequence[Path]) -> None:
    from embeddings import link_folder, unlink_folder

    for folder in forget:
        unlink_folder(data, folder)
    is_new = not data.exists()
    for folder in link:
        if link_folder(data, folder):
            if is_new:
                notice(f"This makes a new data folder, {data.absolute()}.")
                is_new = False
            notice(f"{folder.absolute()}: From now on, the reviews are read from there, and every change counts.")


def _check(data: Path) -> None:
    from embeddings import Library

    library = Library.open(data)
    library.verify()
    for problem in library.absent_folders():
        notice(for_folder(problem, data))
    changed = library.describe_changes()
    if changed:
        notice(for_folder(f"The index is out of date ({changed}). Run `review-bot index`.", data))
        raise typer.Exit(1)
    _report("The index is intact and up to date", library.manifest)


def _report(state: str, manifest: Manifest) -> None:
    reviews = [review for collection in manifest.collections for review in collection.reviews]
    passages = sum(review.passages[1] - review.passages[0] for review in reviews)
    sentences = sum(review.sentences[1] - review.sentences[0] for review in reviews)
    precision = " in bf16" if manifest.is_bf16 else ""
    say(
        f"{state}: {counted(len(reviews), 'review')}, {counted(passages, 'passage')}, "
        f"{counted(sentences, 'sentence')}, encoded by {manifest.encoder.model}{precision}."
    )
