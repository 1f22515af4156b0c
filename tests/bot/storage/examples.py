"""Settings and a question to store, and a database's bytes on the disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.storage.records import ServerSettings, StoredQuestion
from embeddings.records import State

CHOSEN = ServerSettings(
    private_answers=True, hide_spoilers=False, mention_channels=(3, 5), default_review="never-let-me-go"
)
STORING = ServerSettings(store_questions=True)
DAY = date(2026, 11, 22)
QUESTION = StoredQuestion(
    7, 1, 40, DAY, "Is it on Netflix?", State.UNANSWERED, 0.25, "never-let-me-go", ("shared", "1"), None
)
SECRET = "zanzibar-bathysphere"


def bytes_of(path: Path) -> bytes:
    """Return the database as it is on the disk, with its journal."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
