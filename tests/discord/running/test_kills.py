"""A few kills out of the hundred of `python -m tests.discord.kills`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discord.kills import endure


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_three_kills_lose_nothing_that_was_acknowledged(data: Path) -> None:
    outcome = await endure(3, 7, data)
    assert outcome.faults == ()
    assert len(outcome.kills) == 3
    assert outcome.answered > 0
    assert outcome.changed > 0
