from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.database import Database
from bot.storage.questions import store_question, stored_questions
from bot.storage.records import ServerSettings
from bot.storage.server_settings import load_server_settings, save_server_settings
from tests.bot.storage.examples import CHOSEN, QUESTION, STORING

IDS = st.integers(1, 2**63 - 1)
SETTINGS = st.builds(
    ServerSettings,
    st.booleans(),
    st.booleans(),
    st.lists(IDS, unique=True, max_size=5).map(lambda channels: tuple(sorted(channels))),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.booleans(),
)


def test_a_server_that_chose_nothing_has_the_defaults(database: Database) -> None:
    assert load_server_settings(database, 1) == ServerSettings(False, True, (), None)


@pytest.fixture(scope="module")
def shared() -> Iterator[Database]:
    with Database(Path(":memory:")) as database:
        yield database


@given(server=IDS, first=SETTINGS, second=SETTINGS)
def test_the_last_choice_holds(shared: Database, server: int, first: ServerSettings, second: ServerSettings) -> None:
    save_server_settings(shared, server, first)
    save_server_settings(shared, server, second)
    assert load_server_settings(shared, server) == second


@pytest.mark.parametrize(
    ("chosen", "channels", "answers"),
    [((), (7,), True), ((7,), (7,), True), ((7,), (8,), False), ((7,), (8, 7), True)],
)
def test_mentions_get_an_answer_in_the_chosen_channels_and_their_threads(
    chosen: tuple[int, ...], channels: tuple[int, ...], answers: bool
) -> None:
    assert ServerSettings(mention_channels=chosen).answers_mentions_in(*channels) is answers


def test_a_server_that_stops_storing_questions_loses_those_it_has(database: Database) -> None:
    save_server_settings(database, 1, STORING)
    store_question(database, QUESTION)
    assert save_server_settings(database, 1, ServerSettings()) == 1
    assert stored_questions(database) == ()
    assert save_server_settings(database, 1, CHOSEN) == 0
