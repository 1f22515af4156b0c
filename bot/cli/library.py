"""Open the library of a data folder for a command, and build or update its index first if needed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bot.cli.output.console import notice
from bot.cli.output.progress import build_progress
from bot.cli.output.wording import counted, for_folder, messages_of
from bot.config import FIRST_BUILD_WAIT
from embeddings import SHIPPED, IndexMissingError, Library, LibraryError


def open_library(data: Path, *, update: bool = True, reranker: str = SHIPPED) -> Library:
    """Open the index of a data folder. Build it if it is missing, and update it if it is out of date.

    Args:
        data: the data folder.
        update: update an index that is out of date.
        reranker: the reranker, as `Library.open` takes it.

    Raises:
        LibraryError: there is nothing to answer from. If only the update fails, a notice says so.
    """
    try:
        library = Library.open(data, reranker=reranker)
    except IndexMissingError:
        library = _build_first(data, reranker)
    else:
        library = _updated(library, data, update=update, reranker=reranker)
    if library.models.reranker_problem is not None:
        notice(f"Answering without the reranker. {library.models.reranker_problem}")
    if not library.models.calibrated:
        names = [library.manifest.encoder.model]
        if library.models.reranker is not None:
            names.append(f"with the reranker {library.models.reranker.identity.name}")
        advice = for_folder("Run `review-bot calibrate`.", data)
        notice(f"{' '.join(names)} is not calibrated, so what counts as an answer is a guess. {advice}")
    return library


def build_with_progress(data: Path, *, wait: float = 0.0, reranker: str = SHIPPED) -> Library:
    """Call `Library.build`, which documents the arguments and errors, with a progress bar."""
    with build_progress() as progress:
        return Library.build(
            data,
            wait=wait,
            reranker=reranker,
            notify=lambda line: notice(for_folder(line, data)),
            progress=progress,
        )


def _build_first(data: Path, reranker: str) -> Library:
    # Imported here because answering from an existing index reads no review.
    from embeddings import check_reviews

    # If nothing can be built, the error that follows is enough.
    with suppress(LibraryError):
        reviews, _ = check_reviews(data)
        if os.access(data, os.W_OK):
            notice(f"Building the index of {counted(reviews, 'review')}. This happens only once…")
    return build_with_progress(data, wait=FIRST_BUILD_WAIT, reranker=reranker)


def _updated(library: Library, data: Path, *, update: bool, reranker: str) -> Library:
    changed = ""
    try:
        changed = library.describe_changes()
        if not changed or not update:
            for problem in library.absent_folders():
                notice(for_folder(problem, data))
        if not changed:
            return library
        if not update:
            notice(f"The index is out of date ({changed}). Answers come from it as it is.")
            return library
        current = build_with_progress(data, reranker=reranker)
    except LibraryError as error:
        named = f" ({changed})" if changed else ""
        notice(
            f"The index can't be updated{named}, so answers come from the old one. {for_folder(_first(error), data)}"
        )
        return library
    notice(f"The index was out of date ({changed}). It has been updated.")
    library.close()
    return current


def _first(error: LibraryError) -> str:
    first, *others = messages_of(error)
    return f"{first} And {counted(len(others), 'more error')}." if others else first
