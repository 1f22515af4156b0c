from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import CONVERSATION_QUESTIONS
from bot.storage.database import Database
from bot.storage.feedback import count_feedback, feedback_counts
from bot.storage.questions import delete_questions_of, delete_questions_until, store_question, stored_questions
from bot.storage.records import ServerSettings, StorageError, StorageVersionError, StoredQuestion
from bot.storage.retention import cancel_departure, forget_server, known_servers, left_servers, record_departure
from bot.storage.schema import MIGRATIONS, VERSION
from bot.storage.server_settings import load_server_settings, save_server_settings
from bot.storage.synced_commands import save_synced_digest, synced_digest
from embeddings.records import State

CHOSEN = ServerSettings(
    private_answers=True, hide_spoilers=False, mention_channels=(3, 5), default_review="never-let-me-go"
)
SNOWFLAKES = st.integers(1, 2**63 - 1)
SETTINGS = st.builds(
    ServerSettings,
    st.booleans(),
    st.booleans(),
    st.lists(SNOWFLAKES, unique=True, max_size=5).map(lambda channels: tuple(sorted(channels))),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.booleans(),
)
KEEPS = ServerSettings(store_questions=True)
DAY = date(2026, 11, 22)
ASKED = StoredQuestion(
    7, 1, 40, DAY, "Is it on Netflix?", State.UNANSWERED, 0.25, "never-let-me-go", ("shared", "1"), None
)
SECRET = "zanzibar-bathysphere"


def database_of(version: int, path: Path) -> None:
    """A database as that version of the program left it, with a server in it where there were servers."""
    connection = sqlite3.connect(path)
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
    connection.close()


def test_a_server_that_chose_nothing_has_the_defaults(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        assert load_server_settings(store, 1) == ServerSettings(False, True, (), None)


def test_what_was_chosen_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.sqlite3"
    with Database(path) as store:
        save_server_settings(store, 1, CHOSEN)
        save_server_settings(store, 2, ServerSettings(default_review="other"))
        save_synced_digest(store, "abc")
        save_synced_digest(store, "def", "1")
    with Database(path) as store:
        assert load_server_settings(store, 1) == CHOSEN
        assert load_server_settings(store, 2) == ServerSettings(default_review="other")
        assert (synced_digest(store), synced_digest(store, "1"), synced_digest(store, "2")) == ("abc", "def", None)


def test_what_was_chosen_survives_a_kill(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, CHOSEN)
        for file in tmp_path.iterdir():
            shutil.copy(file, tmp_path / file.name.replace("bot", "copy"))
    with Database(tmp_path / "copy.sqlite3") as copy:
        assert load_server_settings(copy, 1) == CHOSEN


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database(tmp_path_factory.mktemp("store") / "bot.sqlite3") as store:
        yield store


@given(server=SNOWFLAKES, first=SETTINGS, second=SETTINGS)
def test_the_last_choice_holds(kept: Database, server: int, first: ServerSettings, second: ServerSettings) -> None:
    save_server_settings(kept, server, first)
    save_server_settings(kept, server, second)
    assert load_server_settings(kept, server) == second


@pytest.mark.parametrize("version", range(VERSION))
def test_a_database_of_every_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(version, path)
    with Database(path) as store:
        assert load_server_settings(store, 1) == (CHOSEN if version else ServerSettings())
        save_synced_digest(store, "abc")
    with Database(path) as store:
        assert synced_digest(store) == "abc"


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(0, path)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE synced (something TEXT)")  # in the way of the last migration
    connection.commit()
    with pytest.raises(StorageError, match="table synced already exists"):
        Database(path)
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert tables == [("synced",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(VERSION, path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageVersionError, match=r"bot\.sqlite3: A newer version .* Update review-bot"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bot.sqlite3"
    path.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        Database(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Check the file"):
        Database(tmp_path / "file" / "bot.sqlite3")


def test_a_change_that_fails_halfway_changes_nothing(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, CHOSEN)
        with pytest.raises(OverflowError):
            save_server_settings(store, 1, ServerSettings(mention_channels=(2**70,)))
        assert load_server_settings(store, 1) == CHOSEN


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Database(tmp_path / "bot.sqlite3")
    store.close()
    store.close()
    with pytest.raises(StorageError, match="closed"):
        load_server_settings(store, 1)


def test_threads_and_processes_take_turns(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as one, Database(tmp_path / "bot.sqlite3") as other:

        def save(number: int) -> None:
            save_server_settings((one, other)[number % 2], number, ServerSettings(mention_channels=(number,)))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(save, range(100)))
        assert [load_server_settings(one, number).mention_channels for number in range(100)] == [
            (n,) for n in range(100)
        ]


def test_settings_are_saved_while_another_process_reads_and_a_deletion_says_that_it_is_not_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.database.DATABASE_WAIT", 0.1)
    path = tmp_path / "bot.sqlite3"
    with Database(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as reranker:
        reranker.execute("BEGIN")
        reranker.execute("SELECT * FROM servers").fetchall()
        save_server_settings(store, 1, KEEPS)
        store_question(store, replace(ASKED, text=SECRET))
        with pytest.raises(StorageError, match="another process is reading it"):
            delete_questions_of(store, ASKED.member)
        assert SECRET.encode() in bytes_of(path)
        reranker.execute("ROLLBACK")
        save_server_settings(store, 1, CHOSEN)
        assert SECRET.encode() not in bytes_of(path)


@pytest.mark.parametrize(
    ("chosen", "channels", "answers"),
    [((), (7,), True), ((7,), (7,), True), ((7,), (8,), False), ((7,), (8, 7), True)],
)
def test_mentions_are_answered_in_the_chosen_channels_and_their_threads(
    chosen: tuple[int, ...], channels: tuple[int, ...], answers: bool
) -> None:
    assert ServerSettings(mention_channels=chosen).answers_mentions_in(*channels) is answers


def bytes_of(path: Path) -> bytes:
    """The database as it lies on the disk, with its journal."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def test_verdicts_are_counted_by_answer(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        count_feedback(store, 10, 1, helpful=True)
        count_feedback(store, 10, 1, helpful=False)
        count_feedback(store, 10, 1, helpful=False, instead=True)
        count_feedback(store, 11, None, helpful=True)
        assert feedback_counts(store) == (1, 2)
        assert feedback_counts(store, 1) == (0, 2)


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), max_size=12))
def test_no_count_of_verdicts_falls_below_none(presses: list[tuple[int, bool, bool]]) -> None:
    with Database(Path(":memory:")) as store:
        for answer, helpful, instead in presses:
            count_feedback(store, answer, None, helpful=helpful, instead=instead)
        assert min(feedback_counts(store)) >= 0
        assert sum(feedback_counts(store)) <= len(presses)


def test_verdicts_of_before_lose_their_members_and_keep_their_counts(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(3, path)
    member = 0x4D454D424552  # "MEMBER" in the file
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executemany("INSERT INTO verdicts VALUES (?, ?, ?)", [(10, member, 1), (10, 2, 0), (11, member, 1)])
    connection.commit()
    assert b"MEMBER" in bytes_of(path)
    connection.close()
    with Database(path) as store:
        assert feedback_counts(store) == (2, 1)
        assert b"MEMBER" not in bytes_of(path)


def test_a_question_is_kept_where_its_server_chose_that_and_nowhere_else(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        save_server_settings(store, 2, ServerSettings())
        assert store_question(store, ASKED)
        assert not store_question(store, replace(ASKED, number=8, server=2))
        assert not store_question(store, replace(ASKED, number=9, server=3))
        assert stored_questions(store) == (ASKED,)


def test_a_question_is_found_by_server_member_and_day(tmp_path: Path) -> None:
    older = replace(ASKED, number=3, server=2, member=41, day=DAY - timedelta(1))
    with Database(tmp_path / "bot.sqlite3") as store:
        for question in (ASKED, older):
            save_server_settings(store, question.server, KEEPS)
            store_question(store, question)
        assert stored_questions(store) == (older, ASKED)
        assert stored_questions(store, server=2) == stored_questions(store, member=41) == (older,)
        assert stored_questions(store, since=DAY) == (ASKED,)


def test_a_follow_up_has_the_questions_before_it_as_long_as_they_are_kept(tmp_path: Path) -> None:
    first = replace(ASKED, number=1, text="Who is Kathy?", member=41)
    second = replace(ASKED, number=2, text="Who plays her?", after=1)
    third = replace(ASKED, number=3, text="And him?", after=2)
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        for question in (first, second, third):
            store_question(store, question)
        assert [each.context for each in stored_questions(store)] == [
            (),
            ("Who is Kathy?",),
            ("Who is Kathy?", "Who plays her?"),
        ]
        assert delete_questions_of(store, 41) == 1
        assert [each.context for each in stored_questions(store)] == [(), ("Who plays her?",)]


def test_a_context_is_as_long_as_a_conversation(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        for number in range(8):
            store_question(store, replace(ASKED, number=number, text=f"{number}?", after=number - 1))
        assert stored_questions(store)[-1].context == ("2?", "3?", "4?", "5?", "6?")
    assert CONVERSATION_QUESTIONS == CONVERSATION_QUESTIONS


def test_a_question_goes_on_from_none_that_is_not_kept_or_is_another_servers(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        save_server_settings(store, 2, KEEPS)
        store_question(store, replace(ASKED, number=1))
        store_question(store, replace(ASKED, number=2, after=99))
        store_question(store, replace(ASKED, number=3, server=2, after=1))
        assert [each.after for each in stored_questions(store)] == [None, None, None]


def test_questions_are_purged_by_day(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        for age in range(4):
            store_question(store, replace(ASKED, number=age, day=DAY - timedelta(age)))
        assert delete_questions_until(store, DAY - timedelta(2)) == 2
        assert [each.number for each in stored_questions(store)] == [1, 0]


def test_a_server_that_keeps_no_questions_any_more_has_none(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        save_server_settings(store, 1, KEEPS)
        store_question(store, ASKED)
        assert save_server_settings(store, 1, ServerSettings()) == 1
        assert stored_questions(store) == ()
        assert save_server_settings(store, 1, CHOSEN) == 0


def test_a_server_is_forgotten_with_all_that_is_its_own(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        for server in (1, 2):
            save_server_settings(store, server, replace(CHOSEN, store_questions=True))
            store_question(store, replace(ASKED, number=server, server=server))
            count_feedback(store, 10 * server, server, helpful=True)
            save_synced_digest(store, "abc", str(server))
            record_departure(store, server, 5)
        save_synced_digest(store, "all")
        forget_server(store, 1)
        assert load_server_settings(store, 1) == ServerSettings()
        assert known_servers(store) == {2}
        assert left_servers(store) == {2: 5}
        assert [each.server for each in stored_questions(store)] == [2]
        assert feedback_counts(store) == feedback_counts(store, 2) == (1, 0)
        assert (synced_digest(store, "1"), synced_digest(store, "2"), synced_digest(store)) == (None, "abc", "all")


def test_a_departure_is_noted_once_and_can_be_cancelled(tmp_path: Path) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        record_departure(store, 1, 5)
        record_departure(store, 1, 9)
        assert left_servers(store) == {1: 5}
        cancel_departure(store, 1)
        cancel_departure(store, 1)
        assert left_servers(store) == {}


@pytest.mark.parametrize("way", ["member", "day", "server", "choice"])
def test_what_is_deleted_is_gone_from_the_bytes_of_the_file(tmp_path: Path, way: str) -> None:
    path = tmp_path / "bot.sqlite3"
    with Database(path) as store:
        save_server_settings(store, 1, KEEPS)
        save_server_settings(store, 2, KEEPS)
        # Enough for SQLite to move rows from page to page, which leaves copies.
        for number in range(0, 1200, 3):
            spread = number * 7919 % 1201
            store_question(store, replace(ASKED, number=spread, text=f"{SECRET} {'x' * (spread % 90)}"))
            store_question(store, replace(ASKED, number=spread + 5000, server=2, member=41, day=DAY + timedelta(1)))
        assert SECRET.encode() in bytes_of(path)
        match way:
            case "member":
                delete_questions_of(store, 40)
            case "day":
                delete_questions_until(store, DAY)
            case "server":
                forget_server(store, 1)
            case _:
                save_server_settings(store, 1, ServerSettings())
        assert SECRET.encode() not in bytes_of(path)
        assert len(stored_questions(store)) == 400


def test_a_deletion_that_another_reader_holds_up_is_told_and_done_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.database.DATABASE_WAIT", 0.05)
    path = tmp_path / "bot.sqlite3"
    with Database(path) as store:
        save_server_settings(store, 1, KEEPS)
        store_question(store, replace(ASKED, text=SECRET))
        reranker = sqlite3.connect(path, isolation_level=None)
        reranker.execute("BEGIN")
        reranker.execute("SELECT * FROM questions").fetchall()
        with pytest.raises(StorageError, match=r"reading|locked"):
            delete_questions_of(store, 40)
        reranker.close()
        assert delete_questions_until(store, DAY - timedelta(30)) == 0
        assert SECRET.encode() not in bytes_of(path)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), st.integers(1, 3), st.integers(1, 3), st.integers(0, 5)),
        st.tuples(st.just("choose"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("erase"), st.integers(1, 3)),
        st.tuples(st.just("purge"), st.integers(0, 5)),
        st.tuples(st.just("forget"), st.integers(1, 3)),
    ),
    max_size=20,
)


@given(STEPS)
def test_whatever_happens_the_store_holds_what_was_consented_to_and_nothing_else(steps: list[tuple[Any, ...]]) -> None:
    keeping: set[int] = set()
    expected: dict[int, StoredQuestion] = {}
    with Database(Path(":memory:")) as store:
        for number, step in enumerate(steps):
            match step:
                case ("keep", server, member, age):
                    question = replace(
                        ASKED, number=number, server=server, member=member, day=DAY - timedelta(age), after=number - 1
                    )
                    assert store_question(store, question) is (server in keeping)
                    if server in keeping:
                        expected[number] = question
                case ("choose", server, keeps):
                    save_server_settings(store, server, ServerSettings(store_questions=bool(keeps)))
                    (keeping.add if keeps else keeping.discard)(server)
                    if not keeps:
                        expected = {key: each for key, each in expected.items() if each.server != server}
                case ("erase", member):
                    delete_questions_of(store, member)
                    expected = {key: each for key, each in expected.items() if each.member != member}
                case ("purge", age):
                    delete_questions_until(store, DAY - timedelta(age))
                    expected = {key: each for key, each in expected.items() if each.day > DAY - timedelta(age)}
                case ("forget", server):
                    forget_server(store, server)
                    keeping.discard(server)
                    expected = {key: each for key, each in expected.items() if each.server != server}
        there = stored_questions(store)
        assert {each.number for each in there} == expected.keys()
        for each in there:
            assert each.after is None or (each.after in expected and expected[each.after].server == each.server)


@pytest.mark.parametrize("before", [None, 0o644])
def test_a_database_and_what_stands_beside_it_are_for_their_owner_alone(tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "bot.sqlite3"
    mask = os.umask(0o022)
    try:
        if before is not None:
            Database(file).close()
            file.chmod(before)
        with Database(file) as store:
            save_synced_digest(store, "abc")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {"bot.sqlite3": 0o600, "bot.sqlite3-wal": 0o600, "bot.sqlite3-shm": 0o600}
