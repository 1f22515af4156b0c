"""The project's folder, and the owner's review by name, so that the tests pass in a clone with more reviews."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
OWNERS = ROOT / "data" / "reviews" / "never-let-me-go.md"
QUESTIONS = ROOT / "data" / "questions" / "never-let-me-go.jsonl"


def furnish(data: Path) -> None:
    """Put the owner's review, and no other, into a data directory that has none yet."""
    (data / "reviews").mkdir(parents=True)
    shutil.copy2(OWNERS, data / "reviews")
