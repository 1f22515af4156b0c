from __future__ import annotations

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import MAX_DAYS
from bot.storage.database import Database
from bot.storage.feedback import count_feedback, feedback_counts
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
from bot.storage.server_settings import ServerSettingsCache, load_server_settings, save_server_settings
from bot.storage.synced_commands import save_synced_digest, synced_digests
from embeddings.records import State
from tests.bot.storage.examples import CHOSEN, QUESTION

DAY = 86_400
FILM, BOOK = 111, 222


@dataclass(frozen=True, slots=True)
class Home:
    """A data folder and its database. Two servers each have settings, a question and a review."""

    database: Database
    servers: ServerSettingsCache
    data: Path

    def delete_expired(self, *present: int, retention_days: int = 30, grace_days: int = 7) -> None:
        """Delete once, for a bot that is in these servers."""
        policy = RetentionPolicy(retention_days, grace_days)
        asyncio.run(Retention(self.database, self.servers, self.data, policy).delete_expired(present))

    @property
    def folders(self) -> set[str]:
        """The names of the servers' folders of reviews."""
        return {folder.name for folder in (self.data / "collections").iterdir()}


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Home:
    for server in (FILM, BOOK):
        save_server_settings(database, server, ServerSettings(store_questions=True))
        store_question(database, StoredQuestion(server, server, 1, today(), "Why?", State.NEAREST, 0.3))
        folder = tmp_path / "collections" / str(server)
        folder.mkdir(parents=True)
        (folder / "own.md").write_text("---\ntitle: Own\n---\nWords.\n", encoding="utf-8")
    return Home(database, ServerSettingsCache(database), tmp_path)


def test_the_data_of_a_left_server_is_deleted_after_the_grace_days_and_not_before(home: Home) -> None:
    record_departure(home.database, FILM, int(time.time()) - 7 * DAY + 60)
    home.delete_expired(BOOK)
    assert known_servers(home.database) == {FILM, BOOK}
    cancel_departure(home.database, FILM)
    record_departure(home.database, FILM, int(time.time()) - 7 * DAY)
    home.delete_expired(BOOK)
    assert known_servers(home.database) == {BOOK}
    assert home.folders == {str(BOOK)}


def test_an_unnoticed_departure_is_recorded_and_a_server_that_is_back_keeps_its_data(home: Home) -> None:
    record_departure(home.database, FILM, 0)
    home.delete_expired(FILM)
    assert left_servers(home.database).keys() == {BOOK}
    assert home.folders == {str(FILM), str(BOOK)}


def test_a_server_with_nothing_but_reviews_is_noticed_too(home: Home) -> None:
    forget_server(home.database, FILM)
    home.delete_expired(BOOK)
    assert left_servers(home.database).keys() == {FILM}


def test_no_servers_data_is_deleted_while_the_bots_servers_are_unknown(home: Home) -> None:
    record_departure(home.database, FILM, 0)
    retention = Retention(home.database, home.servers, home.data, RetentionPolicy(30, 0))
    asyncio.run(retention.delete_expired(None))
    assert known_servers(home.database) == {FILM, BOOK}


def test_an_interrupted_deletion_is_completed(home: Home) -> None:
    record_departure(home.database, FILM, 0)
    folder = home.data / "collections" / str(FILM)
    folder.rename(folder.with_name(f".leaving-{FILM}"))
    home.delete_expired(BOOK)
    assert home.folders == {str(BOOK)}


def test_a_question_is_stored_for_its_days_counting_the_day_it_was_asked(home: Home) -> None:
    for age in (1, 2):
        old = StoredQuestion(1000 + age, FILM, 1, today() - timedelta(age), "Why?", State.NEAREST, 0.3)
        store_question(home.database, old)
    home.delete_expired(FILM, BOOK, retention_days=2)
    assert {today() - each.day for each in stored_questions(home.database, server=FILM)} == {timedelta(0), timedelta(1)}


def test_a_folder_whose_name_is_not_an_id_is_left_alone(home: Home) -> None:
    names = {"9" * 23, str(2**63), "0111", "notes"}
    for name in names:
        (home.data / "collections" / name).mkdir()
    record_departure(home.database, FILM, 0)
    home.delete_expired(BOOK)
    assert known_servers(home.database) == {BOOK}
    assert home.folders == {str(BOOK)} | names


def test_questions_may_be_stored_for_as_long_as_a_setting_allows(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.delete_expired(FILM, BOOK, retention_days=MAX_DAYS, grace_days=MAX_DAYS)
    assert len(stored_questions(home.database)) == 2
    assert caplog.records == []


def test_a_server_that_can_not_be_deleted_does_not_delay_another(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    folder = home.data / "collections" / str(FILM)
    shutil.rmtree(folder)
    folder.write_text("no folder")
    for server in (FILM, BOOK):
        record_departure(home.database, server, 0)
    home.delete_expired()
    assert known_servers(home.database) == {FILM}
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_an_unexpected_error_is_logged_and_everything_else_is_deleted(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    record_departure(home.database, FILM, 0)
    retention = Retention(home.database, home.servers, home.data, RetentionPolicy(999_999, 7))

    async def until_deleted() -> bool:
        task = asyncio.create_task(retention.run(lambda: {BOOK}))
        while known_servers(home.database) != {BOOK} and not task.done():
            await asyncio.sleep(0.01)
        return not task.done() and task.cancel()

    assert asyncio.run(until_deleted())
    assert [record.getMessage() for record in caplog.records] == ["Expired questions can't be deleted"]


def test_a_failed_deletion_is_logged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.database.close()
    with caplog.at_level(logging.WARNING, "bot.storage.retention"):
        home.delete_expired(BOOK)
    assert "can't be deleted" in caplog.text


def test_a_departure_is_recorded_once_and_can_be_cancelled(database: Database) -> None:
    record_departure(database, 1, 5)
    record_departure(database, 1, 9)
    assert left_servers(database) == {1: 5}
    cancel_departure(database, 1)
    cancel_departure(database, 1)
    assert left_servers(database) == {}


def test_a_server_is_forgotten_with_everything_of_its_own(database: Database) -> None:
    for server in (1, 2):
        save_server_settings(database, server, replace(CHOSEN, store_questions=True))
        store_question(database, replace(QUESTION, number=server, server=server))
        count_feedback(database, 10 * server, server, helpful=True)
        save_synced_digest(database, "abc", str(server))
        record_departure(database, server, 5)
    save_synced_digest(database, "all")
    forget_server(database, 1)
    assert load_server_settings(database, 1) == ServerSettings()
    assert known_servers(database) == {2}
    assert left_servers(database) == {2: 5}
    assert [each.server for each in stored_questions(database)] == [2]
    assert feedback_counts(database) == feedback_counts(database, 2) == (1, 0)
    assert synced_digests(database) == {"2": "abc", "global": "all"}
