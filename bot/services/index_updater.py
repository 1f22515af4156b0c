"""Keep the index up to date: find changed reviews, index them in another process, open the new index.

The bot itself only reads the index. Another process (`python -m bot index`) writes it, so the bot never loads PyTorch.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeAlias

from bot.services.opened_library import CurrentLibrary, OpenedLibrary
from embeddings import (
    COLLECTIONS,
    REVIEWS,
    LibraryError,
    child_command,
    child_environment,
    child_folder,
    linked_folders,
    review_files,
)

_log = logging.getLogger(__name__)

OutdatedReviews: TypeAlias = frozenset[tuple[str, str]]
"""Reviews that the index doesn't hold as their files are now, each by collection and slug."""

FileStamps: TypeAlias = tuple[tuple[str, int, int], ...]
"""Each review file's path, modification time in nanoseconds and size in bytes."""


class IndexUpdater:
    """Indexes changed reviews and opens the result.

    Args:
        data: the data folder.
        current: the library to keep up to date.
        executor: the thread that reads the disk.

    Attributes:
        is_stuck: whether reviews have changed that can't be indexed.
    """

    def __init__(self, data: Path, current: CurrentLibrary, executor: Executor) -> None:
        self._data = data
        self._current = current
        self._executor = executor
        self._failed: FileStamps = ()
        self._absent: tuple[str, ...] = ()
        self._lock = asyncio.Lock()
        self.is_stuck = False

    async def update(self) -> OutdatedReviews:
        """Index what has changed, and open the index again if it is another one.

        A failure is logged once and not tried again until a file changes. If a shared file can't be read, the old index
        stays in use. A server's own file that can't be read is left out instead, so that no server waits for another.

        Returns:
            The reviews that the index still doesn't hold as their files are now.
        """
        async with self._lock:
            outdated, stamps = await self._current.run(self._executor, self._outdated)
            absent = await self._current.run(self._executor, lambda opened: opened.library.absent_folders())
            for gone in set(absent).difference(self._absent):
                _log.warning("A folder of reviews is gone: %s", gone)
            self._absent = absent
            silent = False
            if not outdated:
                self._failed = ()
            elif stamps != self._failed:
                _log.info("Indexing changed reviews: %s", ", ".join(sorted({slug for _, slug in outdated})))
                self._failed = stamps
                problem, notes = await _run_indexer(self._data)
                for note in notes:
                    _log.warning("Indexing: %s", note)
                if problem:
                    _log.warning("The index is unchanged: %s", problem)
                silent = not (problem or notes)
            await self._current.reopen_if_outdated(self._executor)
            if outdated:
                outdated, stamps = await self._current.run(self._executor, self._outdated)
            # A file that was saved meanwhile has not been tried yet.
            self.is_stuck = bool(outdated) and stamps == self._failed
            if self.is_stuck and silent:
                slugs = ", ".join(sorted({slug for _, slug in outdated}))
                _log.warning("The indexer reported no error, but the index still lacks: %s", slugs)
            return outdated

    def _outdated(self, opened: OpenedLibrary) -> tuple[OutdatedReviews, FileStamps]:
        return opened.library.outdated(), _file_stamps(self._data)


def _file_stamps(data: Path) -> FileStamps:
    stamps = []
    own = (path for folder in (data / REVIEWS, data / COLLECTIONS) for path in sorted(folder.rglob("*")))
    for paths in (own, *map(_files, linked_folders(data))):
        for path in paths:
            try:
                status = path.stat()
            except OSError:
                continue
            stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def _files(folder: Path) -> tuple[Path, ...]:
    try:
        return review_files(folder)
    except LibraryError:
        return ()


async def _run_indexer(data: Path) -> tuple[str | None, tuple[str, ...]]:
    """Run the indexer. Return why it failed, or None, and what else it reported."""
    process = await asyncio.create_subprocess_exec(
        *child_command("bot", "--data", str(data.resolve()), "index"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
        cwd=child_folder(),
    )
    try:
        _, output = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    lines = tuple(line for line in output.decode("utf-8", "replace").split("\n") if line.strip())
    if process.returncode == 0:
        return None, lines
    return lines[-1] if lines else f"exit code {process.returncode}", ()
