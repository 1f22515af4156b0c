"""TBD."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from embeddings import COLLECTIONS, REVIEWS

Outdated = frozenset[tuple[str, str]]
"""Reviews that are not indexed as they stand, each by its collection and its slug."""


Stamps = tuple[tuple[str, int, int], ...]
"""The review files as they stand: name, modification time in nanoseconds, size in bytes."""


def review_file_stamps(data: Path) -> Stamps:
    """Return the state of every review file, to tell whether any has changed."""
    found = []
    for folder in (data / REVIEWS, data / COLLECTIONS):
        for path in sorted(folder.rglob("*")):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


async def run_indexer(data: Path) -> tuple[str | None, tuple[str, ...]]:
    """Bring the index up to date in a process of its own: why it couldn't be, or None; and what was said besides."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "--data", str(data), "index", "--skip-broken-own"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("DISCORD_")},
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    lines = tuple(line for line in said.decode("utf-8", "replace").split("\n") if line.strip())
    if process.returncode == 0:
        return None, lines
    return lines[-1] if lines else f"exit code {process.returncode}", ()
