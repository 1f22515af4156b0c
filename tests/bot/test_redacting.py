"""No token of any kind in a log line, wherever it stands in it."""

from __future__ import annotations

import logging
import sys

import pytest

from bot.redacting import REDACTED, Redacting, redacted

BOT = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"
SHORT = "aW50ZXJhY3Rpb24"
LONG = "aW50ZXJhY3Rpb246" * 12


@pytest.mark.parametrize(
    "line",
    [
        f"POST https://discord.com/api/v10/interactions/123/{SHORT}/callback has returned 200",
        f"PATCH https://discord.com/api/v10/webhooks/123/{SHORT}/messages/@original",
        f"WebSocket Event: {{'t': 'INTERACTION_CREATE', 'd': {{'token': '{SHORT}', 'type': 2}}}}",
        f'{{"token": "{SHORT}"}}',
        f"interaction_token={SHORT}",
        f"'Authorization': 'Bot {SHORT}'",
        f"with {BOT} in it",
        f"with {LONG} in it",
    ],
)
def test_a_token_is_taken_out_by_its_place_or_by_its_shape(line: str) -> None:
    said = redacted(line)
    assert REDACTED in said
    assert not any(secret in said for secret in (BOT, SHORT, LONG))


def test_known_secrets_and_tracebacks_are_redacted() -> None:
    formatter = Redacting("%(levelname)s %(message)s", ("hunter2hunter2",))
    try:
        raise ValueError(f"refused: {BOT}")
    except ValueError:
        record = logging.getLogger("test").makeRecord(
            "test", logging.ERROR, "file", 1, "it was %s", ("hunter2hunter2",), sys.exc_info()
        )
    said = formatter.format(record)
    assert said.startswith(f"ERROR it was {REDACTED}")
    assert "ValueError" in said
    assert BOT not in said


def test_what_is_no_token_stays() -> None:
    for line in ("Shard ID 0 has connected to Gateway", "the bot's token is refused", "questions: 12 answered, 3 busy"):
        assert redacted(line) == line
