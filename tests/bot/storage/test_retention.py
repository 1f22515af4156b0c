from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import MAX_DAYS
from bot.storage.database import Database
from bot.storage.questions import store_question, stored_questions, today
from bot.storage.records import RetentionPolicy, ServerSettings, StoredQuestion
from bot.storage.retention import (
    Retention,
    cancel_departure,
    forget_server,
    known_servers,
    left_servers,
    record_departure,
)
from bot.storage.server_settings import ServerSettingsCache, save_server_settings
from embeddings.records import State

DAY = 86_400
FILM, BOOK = 111, 222


@dataclass(frozen=True, slots=True)
class Home:
    """A data directory and its database, with two servers that have settings, a question and a review each."""

    store: Database
    servers: ServerSettingsCache
    data: Path

    def delete_expired(self, *present: int, retention_days: int = 30, grace_days: int = 7) -> None:
        """Once, by a bot that is in these servers."""
        policy = RetentionPolicy(retention_days, grace_days)
        asyncio.run(Retention(self.store, self.servers, self.data, policy).delete_expired(present))

    @property
    def folders(self) -> set[str]:
        """The servers' folders of reviews."""
        return {folder.name for folder in (self.data / "collections").iterdir()}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Database(tmp_path / "bot.sqlite3") as store:
        for server in (FILM, BOOK):
            save_server_settings(store, server, ServerSettings(store_questions=True))
            store_question(store, StoredQuestion(server, server, 1, today(), "Why?", State.NEAREST, 0.3))
            folder = tmp_path / "collections" / str(server)
            folder.mkdir(parents=True)
            (folder / "own.md").write_text("---\ntitle: Own\n---\nWords.\n", encoding="utf-8")
        yield Home(store, ServerSettingsCache(store), tmp_path)


def test_a_server_that_was_left_is_deleted_after_its_grace_and_not_before(home: Home) -> None:
    record_departure(home.store, FILM, int(time.time()) - 7 * DAY + 60)
    home.delete_expired(BOOK)
    assert known_servers(home.store) == {FILM, BOOK}
    cancel_departure(home.store, FILM)
    record_departure(home.store, FILM, int(time.time()) - 7 * DAY)
    home.delete_expired(BOOK)
    assert known_servers(home.store) == {BOOK}
    assert home.folders == {str(BOOK)}


def test_a_server_that_was_left_unnoticed_is_noticed_and_one_that_is_back_keeps_its_data(home: Home) -> None:
    record_departure(home.store, FILM, 0)
    home.delete_expired(FILM)
    assert left_servers(home.store).keys() == {BOOK}
    assert home.folders == {str(FILM), str(BOOK)}


def test_a_server_that_has_only_reviews_is_noticed_too(home: Home) -> None:
    forget_server(home.store, FILM)
    home.delete_expired(BOOK)
    assert left_servers(home.store).keys() == {FILM}


def test_nothing_of_a_server_is_deleted_while_it_is_unknown_where_the_bot_is(home: Home) -> None:
    record_departure(home.store, FILM, 0)
    retention = Retention(home.store, home.servers, home.data, RetentionPolicy(30, 0))
    asyncio.run(retention.delete_expired(None))
    assert known_servers(home.store) == {FILM, BOOK}


def test_a_deletion_that_was_cut_short_is_finished(home: Home) -> None:
    record_departure(home.store, FILM, 0)
    folder = home.data / "collections" / str(FILM)
    folder.rename(folder.with_name(f".leaving-{FILM}"))
    home.delete_expired(BOOK)
    assert home.folders == {str(BOOK)}


def test_a_question_is_kept_for_its_days_the_first_of_them_the_day_it_was_asked(home: Home) -> None:
    for age in (1, 2):
        old = StoredQuestion(1000 + age, FILM, 1, today() - timedelta(age), "Why?", State.NEAREST, 0.3)
        store_question(home.store, old)
    home.delete_expired(FILM, BOOK, retention_days=2)
    assert {today() - each.day for each in stored_questions(home.store, server=FILM)} == {timedelta(0), timedelta(1)}


def test_a_folder_whose_name_is_no_servers_id_is_left_alone_and_holds_nothing_up(home: Home) -> None:
    names = {"9" * 23, str(2**63), "0111", "notes"}
    for name in names:
        (home.data / "collections" / name).mkdir()
    record_departure(home.store, FILM, 0)
    home.delete_expired(BOOK)
    assert known_servers(home.store) == {BOOK}
    assert home.folders == {str(BOOK)} | names


def test_questions_may_be_kept_for_as_long_as_a_setting_allows(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.delete_expired(FILM, BOOK, retention_days=MAX_DAYS, grace_days=MAX_DAYS)
    assert len(stored_questions(home.store)) == 2
    assert caplog.records == []


def test_a_server_that_can_not_be_deleted_holds_up_no_other(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    folder = home.data / "collections" / str(FILM)
    shutil.rmtree(folder)
    folder.write_text("no folder")
    for server in (FILM, BOOK):
        record_departure(home.store, server, 0)
    home.delete_expired()
    assert known_servers(home.store) == {FILM}
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_what_nobody_foresaw_is_logged_and_the_rest_is_deleted_all_the_same(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    record_departure(home.store, FILM, 0)
    retention = Retention(home.store, home.servers, home.data, RetentionPolicy(999_999, 7))

    async def until_tidy() -> bool:
        task = asyncio.create_task(retention.run(lambda: {BOOK}))
        while known_servers(home.store) != {BOOK} and not task.done():
            await asyncio.sleep(0.01)
        return not task.done() and task.cancel()

    assert asyncio.run(until_tidy())
    assert [record.getMessage() for record in caplog.records] == ["Expired questions can't be deleted"]


def test_what_can_not_be_deleted_is_logged_and_stops_nothing(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.store.close()
    with caplog.at_level(logging.WARNING, "bot.storage.retention"):
        home.delete_expired(BOOK)
    assert "can't be deleted" in caplog.text
