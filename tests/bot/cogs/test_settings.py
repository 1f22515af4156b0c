from __future__ import annotations

import pytest

from bot.cogs.settings.page import settings_message
from bot.storage.records import ServerSettings
from bot.ui.strings import ENGLISH


@pytest.mark.parametrize(
    ("deleted", "lines"),
    [
        (0, ["This server doesn’t store questions."]),
        (1, ["This server doesn’t store questions.", "1 stored question was deleted."]),
        (12, ["This server doesn’t store questions.", "12 stored questions were deleted."]),
    ],
)
def test_settings_say_how_many_stored_questions_they_deleted(deleted: int, lines: list[str]) -> None:
    (text,) = settings_message(ServerSettings(), None, ENGLISH, retention_days=30, deleted=deleted).texts()
    assert text.content.splitlines()[5:] == lines
