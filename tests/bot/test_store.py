from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import MIGRATIONS, VERSION, ServerSettings, Store, StoreError, StoreVersionError

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
)


def database_of(version: int, path: Path) -> None:
    """A database as that version of the program left it, with a server in it where there were servers."""
    connection = sqlite3.connect(path)
    for statements in MIGRATIONS[:version]:
        for statement in statements:
            connection.execute(statement)
    if version:
        connection.execute("INSERT INTO servers VALUES (1, 1, 0, 'never-let-me-go')")
        connection.executemany("INSERT INTO mention_channels VALUES (1, ?)", [(5,), (3,)])
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


def test_a_server_that_chose_nothing_has_the_defaults(tmp_path: Path) -> None:
    with Store(tmp_path / "bot.sqlite3") as store:
        assert store.server_settings(1) == ServerSettings(False, True, (), None)


def test_what_was_chosen_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.sqlite3"
    with Store(path) as store:
        store.save_server_settings(1, CHOSEN)
        store.save_server_settings(2, ServerSettings(default_review="other"))
        store.save_synced_digest("abc")
        store.save_synced_digest("def", "1")
    with Store(path) as store:
        assert store.server_settings(1) == CHOSEN
        assert store.server_settings(2) == ServerSettings(default_review="other")
        assert (store.synced_digest(), store.synced_digest("1"), store.synced_digest("2")) == ("abc", "def", None)


def test_what_was_chosen_survives_a_kill(tmp_path: Path) -> None:
    with Store(tmp_path / "bot.sqlite3") as store:
        store.save_server_settings(1, CHOSEN)
        for file in tmp_path.iterdir():
            shutil.copy(file, tmp_path / file.name.replace("bot", "copy"))
    with Store(tmp_path / "copy.sqlite3") as copy:
        assert copy.server_settings(1) == CHOSEN


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("store") / "bot.sqlite3") as store:
        yield store


@given(server=SNOWFLAKES, first=SETTINGS, second=SETTINGS)
def test_the_last_choice_holds(kept: Store, server: int, first: ServerSettings, second: ServerSettings) -> None:
    kept.save_server_settings(server, first)
    kept.save_server_settings(server, second)
    assert kept.server_settings(server) == second


@pytest.mark.parametrize("version", range(VERSION))
def test_a_database_of_every_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(version, path)
    with Store(path) as store:
        assert store.server_settings(1) == (CHOSEN if version else ServerSettings())
        store.save_synced_digest("abc")
    with Store(path) as store:
        assert store.synced_digest() == "abc"


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    database_of(0, path)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE synced (something TEXT)")  # in the way of the last migration
    connection.commit()
    with pytest.raises(StoreError, match="table synced already exists"):
        Store(path)
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
    with pytest.raises(StoreVersionError, match=r"bot\.sqlite3: written by a newer version .* update review-bot"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bot.sqlite3"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="check the file"):
        Store(tmp_path / "file" / "bot.sqlite3")


def test_a_change_that_fails_halfway_changes_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "bot.sqlite3") as store:
        store.save_server_settings(1, CHOSEN)
        with pytest.raises(OverflowError):
            store.save_server_settings(1, ServerSettings(mention_channels=(2**70,)))
        assert store.server_settings(1) == CHOSEN


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite3")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.server_settings(1)


def test_threads_and_processes_take_turns(tmp_path: Path) -> None:
    with Store(tmp_path / "bot.sqlite3") as one, Store(tmp_path / "bot.sqlite3") as other:

        def save(number: int) -> None:
            (one, other)[number % 2].save_server_settings(number, ServerSettings(mention_channels=(number,)))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(save, range(100)))
        assert [one.server_settings(number).mention_channels for number in range(100)] == [(n,) for n in range(100)]


@pytest.mark.parametrize(
    ("chosen", "channels", "answers"),
    [((), (7,), True), ((7,), (7,), True), ((7,), (8,), False), ((7,), (8, 7), True)],
)
def test_mentions_are_answered_in_the_chosen_channels_and_their_threads(
    chosen: tuple[int, ...], channels: tuple[int, ...], answers: bool
) -> None:
    assert ServerSettings(mention_channels=chosen).answers_mentions_in(*channels) is answers
