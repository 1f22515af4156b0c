"""The owner's review by name: a clone to whose `data/reviews/` somebody has added others passes the same tests."""

from __future__ import annotations

import shutil
from pathlib import Path

OWNERS = Path(__file__).parents[1] / "data" / "reviews" / "never-let-me-go.md"


def furnish(data: Path) -> None:
    """Put the owner's review, and no other, into a data directory that has none yet."""
    (data / "reviews").mkdir(parents=True)
    shutil.copy2(OWNERS, data / "reviews")
