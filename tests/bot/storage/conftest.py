"""A database in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.storage.database import DATABASE, Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / DATABASE


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database(path) as opened:
        # No test cuts the power, and to wait for the disk takes most of their time.
        opened._connection.execute("PRAGMA synchronous = OFF")
        yield opened
