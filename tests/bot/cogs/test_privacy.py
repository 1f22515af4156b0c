"""What the bot says it stores, compared with what its database can store."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from bot.cogs.privacy.page import erase_message, export_message, privacy_details_message, privacy_message
from bot.storage.database import Database
from bot.storage.records import PersonalData, RetentionPolicy, StoredQuestion
from bot.ui.strings import ENGLISH
from embeddings.records import State
from tests.bot.fixtures.checks import OWN_WORDS, check, lines_of, text_of

TOLD = {
    "questions": {
        "number": "a random number",
        "server": "the server",
        "member": "your user ID",
        "day": "the day",
        "question": "its words",
        "state": "the state of the answer",
        "confidence": "its confidence",
        "review": "the review to which it was limited",
        "collections": "the collections of reviews that were searched",
        "after": "the number of the question before it in the conversation",
    },
    "verdicts": {
        "answer": "its message ID",
        "server": "and its server",
        "helpful": "👍",
        "not_helpful": "👎",
    },
    "servers": {
        "server": "a server’s ID",
        "private_answers": "whether answers are private",
        "hide_spoilers": "whether spoilers are hidden",
        "keep_questions": "whether questions are stored",
        "default_review": "the default review",
    },
    "mention_channels": {"server": "a server’s ID", "channel": "the channels in which I answer mentions"},
    "synced": {"scope": "a server’s ID", "digest": "a digest of my commands there"},
    "departures": {"server": "a server’s ID", "noticed": "when I noticed that I was removed"},
}
"""Every column of every table, and the words of `/privacy about` for it."""

TERMS = RetentionPolicy(retention_days=12, grace_days=3)
QUESTION = StoredQuestion(
    7, 1, 40, date(2026, 11, 22), "Is it `on` Netflix?", State.UNANSWERED, 0.25, None, ("shared",)
)
DATA = PersonalData(40, (QUESTION,), ("Is it sad?",), {10: True})


def test_privacy_about_names_every_stored_column(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    Database(path).close()
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    connection.close()
    assert {table: sorted(names) for table, names in columns.items()} == {
        table: sorted(told) for table, told in TOLD.items()
    }
    text = text_of(privacy_details_message(ENGLISH, TERMS, in_server=True, stores=True))
    for told in TOLD.values():
        for words in told.values():
            assert words in text


@pytest.mark.parametrize(
    ("in_server", "stores", "line"),
    [
        (True, True, "**This server stores questions** for 12 days"),
        (True, False, "**This server doesn’t store questions.**"),
        (False, False, "**Questions asked here are never stored.**"),
    ],
)
def test_privacy_about_says_first_what_this_server_does(in_server: bool, stores: bool, line: str) -> None:
    short = privacy_message(ENGLISH, TERMS, in_server=in_server, stores=stores)
    assert short.private
    heading, *lines = lines_of(short)
    assert heading == "### What I store"
    assert len(lines) == 4
    assert lines[0].startswith(line)
    assert [button.label for button in short.buttons()] == ["Details", "Export my data", "Delete my data"]
    check(short, own=frozenset(OWN_WORDS))
    message = privacy_details_message(ENGLISH, TERMS, in_server=in_server, stores=stores)
    assert message.private
    assert line in next(message.texts()).content
    assert "I delete it after 12 days" in text_of(message)
    assert "3 days after that I delete all of it" in text_of(message)
    assert "the last 5 questions of a conversation for 30 minutes" in text_of(message)
    assert "for 24 hours, who gave which feedback" in text_of(message)
    check(message, own=frozenset(OWN_WORDS))


def test_the_export_has_all_data_about_the_member() -> None:
    message = export_message(DATA, ENGLISH)
    assert message.private
    assert message.file is not None
    assert json.loads(message.file.content) == {
        "member": "40",
        "questions": [
            {
                "number": "7",
                "question": "Is it `on` Netflix?",
                "day": "2026-11-22",
                "server": "1",
                "state": "unanswered",
                "confidence": 0.25,
                "review": None,
                "collections": ["shared"],
                "after": None,
            }
        ],
        "in_memory": {"questions": ["Is it sad?"], "verdicts": [{"answer": "10", "helpful": True}]},
    }


def test_deleting_data_asks_for_confirmation_and_counts_it() -> None:
    message = erase_message(DATA, ENGLISH)
    assert "Stored questions: 1. Questions in memory: 1." in text_of(message)
    assert [button.label for button in message.buttons()] == ["Delete it now", "Export my data"]
    check(message, own=frozenset(OWN_WORDS))
