"""What is kept: the database, and the disk."""

from __future__ import annotations

import os
import shutil

from bot.cli.doctor.check import CheckError, Circumstances
from bot.storage.backup import DATABASE
from bot.storage.database import readable_by_others
from bot.storage.integrity import examine
from bot.storage.restore import interrupted
from bot.storage.schema import VERSION
from embeddings import INDEX_DIRECTORY

LEAST_FREE = 256 << 20
"""Bytes. An encoder takes 92 MB, and is made beside the one that is there."""


def database(circumstances: Circumstances) -> str:
    """Whether the database opens, has a version that this program reads, is sound on every page, and is private."""
    if interrupted(circumstances.data):
        raise CheckError(
            "a restore was cut off in the middle; run `review-bot restore` again, which puts back what was there first"
        )
    path = circumstances.data / DATABASE
    if not os.path.lexists(path):
        return "none yet; the bot makes it when it first runs"
    version = examine(path).version
    for file in readable_by_others(path):
        raise CheckError(f"{file} can be read by other users; run: chmod 600 {file}")
    return f"sound, version {version}" + (f"; brought to {VERSION} when the bot starts" if version < VERSION else "")


def disk(circumstances: Circumstances) -> str:
    """Whether the data directory can be written to, and has room for another index."""
    data = circumstances.data
    if not data.is_dir():
        raise CheckError(f"{data}: no such folder; name the data folder with --data, or run `review-bot init`")
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise CheckError(f"{data}: can't be written to; give it to the user that the bot runs as")
    size = sum(path.stat().st_size for path in (data / INDEX_DIRECTORY).rglob("*") if path.is_file())
    free, wanted = shutil.disk_usage(data).free, max(LEAST_FREE, 2 * size)
    if free < wanted:
        raise CheckError(f"{_megabytes(free)} free where {_megabytes(wanted)} may be needed; make room")
    return f"{_megabytes(free)} free, {_megabytes(size)} taken by the index"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
