"""The library of a data directory, opened for a command: built at first use, brought up to date where it can be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.cli.output.console import notice, watched
from bot.cli.output.wording import counted, for_folder, messages_of
from embeddings import SHIPPED, IndexMissingError, Library, LibraryError, describe_changes

FIRST_BUILD_WAIT = 3600.0
"""For how many seconds to wait for another process that is building the first index."""

Progress = Callable[[int, int], None]
"""Told how many characters have been encoded, and of how many."""


def open_library(data: Path, *, update: bool = True, reranker: str = SHIPPED) -> Library:
    """Open the index of a data directory, built or brought up to date first where that is needed.

    Args:
        data: the data directory.
        update: whether an index that is out of date is brought up to date.
        reranker: what reads the closest sentences again, as `Library.open` takes it.

    Raises:
        LibraryError: there is nothing to answer from. That an index can't be brought up to date is a notice.
    """
    try:
        library = Library.open(data, reranker=reranker)
    except IndexMissingError:
        library = _build_first(data, reranker)
    else:
        library = _current(library, data, update=update, reranker=reranker)
    if library.models.reranker_problem is not None:
        notice(f"Answering without the reranker: {library.models.reranker_problem}")
    if not library.models.calibrated:
        names = [library.manifest.encoder.model]
        if library.models.reranker is not None:
            names.append(f"with the reranker {library.models.reranker.identity.name}")
        advice = for_folder("run `review-bot calibrate`", data)
        notice(f"Nobody has calibrated {' '.join(names)}, so what counts as an answer is a guess; {advice}.")
    return library


def build_with_progress(
    data: Path,
    *,
    model: str | None = None,
    allow_download: bool = False,
    rebuild: bool = False,
    exact: bool | None = None,
    bf16: bool | None = None,
    skip_broken: bool = False,
    wait: float = 0.0,
    reranker: str = SHIPPED,
) -> Library:
    """`Library.build`, with a bar on stderr where somebody sees it. Args and errors are those of `Library.build`."""
    with _bar() as progress:
        return Library.build(
            data,
            model=model,
            allow_download=allow_download,
            rebuild=rebuild,
            exact=exact,
            bf16=bf16,
            skip_broken=skip_broken,
            wait=wait,
            reranker=reranker,
            notify=notice,
            progress=progress,
        )


def _build_first(data: Path, reranker: str) -> Library:
    # Imported here because answering from an index that is there reads no review.
    from embeddings import read_sources

    sources = read_sources(data)
    # Where nothing can be built, the error that follows says enough.
    if sources.count and not sources.errors and os.access(data, os.W_OK):
        notice(f"Building the index of {counted(sources.count, 'review')}, which is done once…")
    return build_with_progress(data, wait=FIRST_BUILD_WAIT, reranker=reranker)


def _current(library: Library, data: Path, *, update: bool, reranker: str) -> Library:
    changed = ""
    try:
        changed = describe_changes(library.outdated(), library.removed())
        if not changed:
            return library
        if not update:
            notice(f"The index is out of date ({changed}); answering from it as it is.")
            return library
        current = build_with_progress(data, reranker=reranker)
    except LibraryError as error:
        named = f" ({changed})" if changed else ""
        reason = for_folder(_in_one_line(error), data)
        notice(f"The index can't be brought up to date{named}, so this is from the old one: {reason}")
        return library
    notice(f"The index was out of date ({changed}); it is up to date again.")
    library.close()
    return current


def _in_one_line(error: LibraryError) -> str:
    first, *others = messages_of(error)
    return f"{first} (and {len(others)} more)" if others else first


@contextmanager
def _bar() -> Iterator[Progress | None]:
    if not watched():
        yield None
        return
    # Imported here because answering from an index that is there needs none of it.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    # By the last minutes: a rate of the last moments would promise now this and now that.
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=180) as progress:
        task = progress.add_task("Preparing the model", total=None, rate="")

        def tell(done: int, total: int) -> None:
            progress.update(task, description="Reading the reviews", completed=done, total=total)
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f} characters a second" if speed else "")

        yield tell
