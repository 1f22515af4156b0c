"""No token of any kind in what is logged, wherever it stands in it."""

from __future__ import annotations

import pytest

from bot.observability.redact import REDACTED, redact, redact_fields

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
def test_a_token_is_redacted_by_its_place_or_by_its_shape(line: str) -> None:
    said = redact(line)
    assert REDACTED in said
    assert not any(secret in said for secret in (BOT, SHORT, LONG))


def test_a_known_secret_is_redacted_whatever_its_shape() -> None:
    assert redact("it was hunter2hunter2, twice", ("hunter2hunter2",)) == f"it was {REDACTED}, twice"


def test_fields_are_redacted_by_their_names_and_by_their_values() -> None:
    fields = {"token": SHORT, "Authorization": SHORT, "n": 3, "in": [{"session_id": SHORT}, f"with {BOT}"], BOT: None}
    assert redact_fields(fields) == {
        "token": REDACTED,
        "Authorization": REDACTED,
        "n": 3,
        "in": [{"session_id": REDACTED}, f"with {REDACTED}"],
        REDACTED: None,
    }


def test_other_text_stays() -> None:
    for line in ("Shard ID 0 has connected to Gateway", "the bot's token is refused", "questions: 12 answered, 3 busy"):
        assert redact(line) == line
