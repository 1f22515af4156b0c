"""The project's folder, and data directories for tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
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


def furnish(data: Path, encoder: Path | None = None, *, reviews: Mapping[str, str] | None = None) -> Path:
    """Create a data directory, and return it.

    Args:
        data: the directory.
        encoder: an exported encoder, which saves the first build the export, or None.
        reviews: the reviews' texts by the names of their files; None for the owner's review only, so that tests pass in
            a clone with more reviews.
    """
    (data / "reviews").mkdir(parents=True)
    if reviews is None:
        shutil.copy2(OWNERS, data / "reviews")
    else:
        for name, text in reviews.items():
            (data / "reviews" / name).write_text(text, encoding="utf-8")
    if encoder is not None:
        _copy_tree(encoder, data / ".index" / "encoders" / encoder.name)
    return data


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
