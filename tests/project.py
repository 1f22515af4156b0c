"""The project's folder, and data directories for tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from embeddings.documents.filesystem import HAS_MODES

ROOT = Path(__file__).parents[1]
OWNERS = ROOT / "data" / "reviews" / "never-let-me-go.md"
QUESTIONS = ROOT / "data" / "questions" / "never-let-me-go.jsonl"

needs_modes = pytest.mark.skipif(not HAS_MODES, reason="this system has no file modes")
"""For tests of what a file's mode, a user or a named pipe does, none of which Windows has."""

removes_what_it_has_open = pytest.mark.skipif(not HAS_MODES, reason="this system removes nothing that is open")
"""For tests whose one process reads an index and replaces it, as nobody does."""

_LARGE = 1_000_000
"""Bytes from which a file of an encoder is linked, not copied."""


def furnish(data: Path, encoder: Path | None = None) -> None:
    """Create a data directory with the owner's review only, so that tests pass in a clone with more reviews.

    Args:
        data: the directory.
        encoder: an exported encoder, which saves the first build the export, or None.
    """
    (data / "reviews").mkdir(parents=True)
    shutil.copy2(OWNERS, data / "reviews")
    if encoder is not None:
        _copy_tree(encoder, data / ".index" / "encoders" / encoder.name)


def copy_data(data: Path, target: Path) -> Path:
    """Copy a data directory, so that a test can change it. Large files of the encoder are links to the same file."""
    return _copy_tree(data, target)


def _copy_tree(source: Path, target: Path) -> Path:
    def copy(file: str, to: str) -> str:
        if "encoders" in Path(file).parts and Path(file).stat().st_size > _LARGE:
            os.link(file, to)
            return to
        return shutil.copy2(file, to)

    return Path(shutil.copytree(source, target, copy_function=copy))
