from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.feedback import feedback_counts
from bot.storage.questions import delete_questions_of, delete_questions_until, store_question, stored_questions
from bot.storage.records import ServerSettings, StorageError, StorageVersionError
from bot.storage.retention import forget_server
from bot.storage.schema import MIGRATIONS, VERSION
from bot.storage.server_settings import load_server_settings, save_server_settings
from bot.storage.synced_commands import save_synced_digest, synced_digests
from tests.bot.storage.examples import CHOSEN, DAY, QUESTION, SECRET, STORING, bytes_of
from tests.project import needs_modes

SOMEBODY = "123456789012345678"


def create(version: int, path: Path) -> None:
    """Create a database as a version of the program left it, with a server's settings unless it is version 0."""
    with closing(sqlite3.connect(path)) as connection:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                connection.execute(statement)
        if version:
            connection.execute(
                "INSERT INTO servers (server, private_answers, hide_spoilers, default_review) "
                "VALUES (1, 1, 0, 'never-let-me-go')"
            )
            connection.executemany("INSERT INTO mention_channels VALUES (1, ?)", [(5,), (3,)])
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


def test_settings_and_digests_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.sqlite3"
    with Database(path) as database:
        save_server_settings(database, 1, CHOSEN)
        save_server_settings(database, 2, ServerSettings(default_review="other"))
        save_synced_digest(database, "abc")
        save_synced_digest(database, "def", "1")
    with Database(path) as database:
        assert load_server_settings(database, 1) == CHOSEN
        assert load_server_settings(database, 2) == ServerSettings(default_review="other")
        assert synced_digests(database) == {"global": "abc", "1": "def"}


def test_settings_survive_a_kill(database: Database, tmp_path: Path) -> None:
    save_server_settings(database, 1, CHOSEN)
    for file in tuple(tmp_path.iterdir()):
        shutil.copy(file, tmp_path / file.name.replace("bot", "copy"))
    with Database(tmp_path / "copy.sqlite3") as copy:
        assert load_server_settings(copy, 1) == CHOSEN


@pytest.mark.parametrize("version", range(VERSION))
def test_every_older_version_is_migrated(path: Path, version: int) -> None:
    create(version, path)
    with Database(path) as database:
        assert load_server_settings(database, 1) == (CHOSEN if version else ServerSettings())
        save_synced_digest(database, "abc")
    with Database(path) as database:
        assert synced_digests(database) == {"global": "abc"}


def test_feedback_of_an_older_version_loses_its_members_and_keeps_its_counts(path: Path) -> None:
    create(3, path)
    member = 0x4D454D424552  # "MEMBER" in the file
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executemany("INSERT INTO verdicts VALUES (?, ?, ?)", [(10, member, 1), (10, 2, 0), (11, member, 1)])
    connection.commit()
    assert b"MEMBER" in bytes_of(path)
    connection.close()
    with Database(path) as database:
        assert feedback_counts(database) == (2, 1)
        assert b"MEMBER" not in bytes_of(path)


def test_questions_of_an_older_version_lose_the_ids_of_third_parties(path: Path) -> None:
    create(4, path)
    asked = [
        f"<@{SOMEBODY}> What is a deferral, <@!{SOMEBODY}>?",
        f"Who is <:ruth:{SOMEBODY}> Ruth in <#{SOMEBODY}> {SOMEBODY}?",
        f"<@&{SOMEBODY}>",
        "Was it made in 2010?",
    ]
    with closing(sqlite3.connect(path)) as connection:
        for number, question in enumerate(asked):
            values = (number, 1, 40, DAY.isoformat(), question, "unanswered", 0.25, None, "[]", None)
            connection.execute(f"INSERT INTO questions VALUES ({', '.join('?' * len(values))})", values)
        connection.commit()
    assert SOMEBODY.encode() in bytes_of(path)
    with Database(path) as database:
        cleaned = ["What is a deferral, ?", "Who is Ruth in ?", "Was it made in 2010?"]
        assert [question.text for question in stored_questions(database)] == cleaned
        assert SOMEBODY.encode() not in bytes_of(path)


def test_a_failed_migration_leaves_the_database_as_it_was(path: Path) -> None:
    create(0, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE synced (something TEXT)")  # in the way of the last migration
        connection.commit()
        with pytest.raises(StorageError, match="table synced already exists"):
            Database(path)
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        assert tables == [("synced",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


def test_a_newer_database_is_refused_and_left_as_it_is(path: Path) -> None:
    create(VERSION, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StorageVersionError, match=r"bot\.sqlite3: A newer version .* Update review-bot"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_not_a_database_is_reported_in_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        Database(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_that_can_not_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Check the file"):
        Database(tmp_path / "file" / "bot.sqlite3")


def test_a_change_that_fails_halfway_changes_nothing(database: Database) -> None:
    save_server_settings(database, 1, CHOSEN)
    with pytest.raises(OverflowError):
        save_server_settings(database, 1, ServerSettings(mention_channels=(2**70,)))
    assert load_server_settings(database, 1) == CHOSEN


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(StorageError, match="closed"):
        load_server_settings(database, 1)


def test_threads_and_processes_take_turns(database: Database, path: Path) -> None:
    with Database(path) as other:

        def save(number: int) -> None:
            save_server_settings((database, other)[number % 2], number, ServerSettings(mention_channels=(number,)))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(save, range(100)))
    saved = [load_server_settings(database, number).mention_channels for number in range(100)]
    assert saved == [(number,) for number in range(100)]


@needs_modes
@pytest.mark.parametrize("before", [None, 0o644])
def test_a_database_and_its_journal_are_readable_by_their_owner_alone(path: Path, before: int | None) -> None:
    mask = os.umask(0o022)
    try:
        if before is not None:
            Database(path).close()
            path.chmod(before)
        with Database(path) as database:
            save_synced_digest(database, "abc")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {"bot.sqlite3": 0o600, "bot.sqlite3-wal": 0o600, "bot.sqlite3-shm": 0o600}


@pytest.mark.parametrize("way", ["member", "day", "server", "settings"])
def test_what_is_deleted_is_gone_from_the_files_bytes(database: Database, path: Path, way: str) -> None:
    for server in (1, 2):
        save_server_settings(database, server, STORING)
    # Enough for SQLite to move rows from page to page, which leaves copies.
    for number in range(0, 1200, 3):
        spread = number * 7919 % 1201
        store_question(database, replace(QUESTION, number=spread, text=f"{SECRET} {'x' * (spread % 90)}"))
        store_question(database, replace(QUESTION, number=spread + 5000, server=2, member=41, day=DAY + timedelta(1)))
    assert SECRET.encode() in bytes_of(path)
    match way:
        case "member":
            delete_questions_of(database, 40)
        case "day":
            delete_questions_until(database, DAY)
        case "server":
            forget_server(database, 1)
        case _:
            save_server_settings(database, 1, ServerSettings())
    assert SECRET.encode() not in bytes_of(path)
    assert len(stored_questions(database)) == 400


@pytest.mark.parametrize(
    "later",
    [
        lambda database: save_server_settings(database, 1, CHOSEN),
        lambda database: delete_questions_until(database, DAY - timedelta(30)),
    ],
    ids=["a change of settings", "a deletion that finds nothing"],
)
def test_a_deletion_that_a_reader_prevents_says_so_and_is_completed_later(
    path: Path, monkeypatch: pytest.MonkeyPatch, later: Callable[[Database], object]
) -> None:
    monkeypatch.setattr("bot.storage.database.DATABASE_WAIT", 0.1)
    with Database(path) as database, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        save_server_settings(database, 1, STORING)
        store_question(database, replace(QUESTION, text=SECRET))
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM questions").fetchall()
        with pytest.raises(StorageError, match=r"reading|locked"):
            delete_questions_of(database, QUESTION.member)
        assert SECRET.encode() in bytes_of(path)
        reader.execute("ROLLBACK")
        later(database)
        assert SECRET.encode() not in bytes_of(path)
