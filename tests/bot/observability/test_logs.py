"""What the log's lines look like, and what never stands in one."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.observability.logs import LogFormatter
from bot.observability.redact import REDACTED

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"
SECRET = "hunter2hunter2"
WORDS = "what somebody wrote"

JSON_LINES = LogFormatter((SECRET,), as_text=False)
TEXT_LINES = LogFormatter((SECRET,), as_text=True)

TEXTS = st.text(max_size=20)
SECRETS = st.builds(
    lambda before, secret, after: f"{before} {secret} {after}", TEXTS, st.sampled_from([TOKEN, SECRET]), TEXTS
)
FIELDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.from_regex(r"field_[a-z]{1,8}", fullmatch=True),
    st.recursive(
        SECRETS | TEXTS | st.integers() | st.none() | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SECRETS | TEXTS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def record(
    message: str, *arguments: object, name: str = "bot.test", level: int = logging.INFO, **fields: object
) -> logging.LogRecord:
    made = logging.getLogger(name).makeRecord(name, level, "file", 1, message, arguments, None)
    made.__dict__.update(fields)
    return made


def failing(message: str) -> logging.LogRecord:
    question = f"a question that must not be shown, asked with {TOKEN}"
    try:
        raise ValueError(f"{message} after {len(question)}")
    except ValueError:
        failed = record("it failed", level=logging.ERROR)
        failed.exc_info = sys.exc_info()
        return failed


def read(line: str) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = json.loads(line)
    return fields


def test_a_json_line_has_its_time_logger_level_and_event() -> None:
    fields = dict(read(JSON_LINES.format(record("%d done", 3, way="slash", seconds={"queue": 0.5}))))
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {
        "event": "3 done",
        "level": "info",
        "logger": "bot.test",
        "way": "slash",
        "seconds": {"queue": 0.5},
    }


def test_a_text_line_has_the_same_without_colours() -> None:
    line = TEXT_LINES.format(record("%d done", 3, way="slash"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert [part in line for part in ("info", "3 done", "bot.test", "way=slash")] == [True] * 4


@pytest.mark.parametrize("lines", [JSON_LINES, TEXT_LINES])
@given(said=SECRETS, argument=SECRETS, fields=FIELDS)
def test_no_token_is_in_any_line(lines: LogFormatter, said: str, argument: str, fields: dict[str, Any]) -> None:
    line = lines.format(record(said.replace("%", "%%") + " %s", argument, **fields))
    assert TOKEN not in line
    assert SECRET not in line
    if lines is JSON_LINES:
        assert REDACTED in read(line)["event"]


@pytest.mark.parametrize("lines", [JSON_LINES, TEXT_LINES])
def test_a_traceback_has_no_tokens_and_no_local_variables(lines: LogFormatter) -> None:
    told = lines.format(failing(f"refused: {TOKEN} {SECRET}"))
    assert "ValueError: refused: [redacted] [redacted] after" in told
    assert "Traceback (most recent call last)" in told
    assert "must not be shown" not in told
    assert TOKEN not in told


@pytest.mark.parametrize(
    ("name", "message", "arguments"),
    [
        (
            "discord.gateway",
            "For Shard ID %s: WebSocket Event: %s",
            (0, {"op": 0, "t": "A_KIND", "d": {"content": WORDS}}),
        ),
        ("discord.http", "%s %s with %s has returned %s", ("POST", "A_KIND", f'{{"content":"{WORDS}"}}', 200)),
        ("discord.http", "%s %s has received %s", ("GET", "A_KIND", {"content": WORDS})),
        ("discord.http", "%s %s has received %s", ("GET", "A_KIND", [{"content": WORDS}])),
    ],
)
def test_discords_payloads_are_withheld(name: str, message: str, arguments: tuple[object, ...]) -> None:
    line = JSON_LINES.format(record(message, *arguments, name=name, level=logging.DEBUG))
    assert WORDS not in line
    assert "A_KIND" in line


def test_no_line_controls_a_terminal() -> None:
    line = TEXT_LINES.format(record("\x1b[2Jgone \u202eback", field="\x9b31m"))
    assert all(each.isprintable() for each in line)
