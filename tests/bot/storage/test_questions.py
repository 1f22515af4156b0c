from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.config import CONVERSATION_QUESTIONS
from bot.storage.database import Database
from bot.storage.questions import delete_questions_of, delete_questions_until, store_question, stored_questions
from bot.storage.records import ServerSettings, StoredQuestion
from bot.storage.retention import forget_server
from bot.storage.server_settings import save_server_settings
from tests.bot.storage.examples import DAY, QUESTION, STORING


def store(database: Database, *questions: StoredQuestion) -> None:
    """Store questions in servers that store questions."""
    for question in questions:
        save_server_settings(database, question.server, STORING)
        store_question(database, question)


def test_a_question_is_stored_only_if_its_server_chose_that(database: Database) -> None:
    save_server_settings(database, 1, STORING)
    save_server_settings(database, 2, ServerSettings())
    assert store_question(database, QUESTION)
    assert not store_question(database, replace(QUESTION, number=8, server=2))
    assert not store_question(database, replace(QUESTION, number=9, server=3))
    assert stored_questions(database) == (QUESTION,)


def test_questions_are_found_by_server_member_and_day(database: Database) -> None:
    older = replace(QUESTION, number=3, server=2, member=41, day=DAY - timedelta(1))
    store(database, QUESTION, older)
    assert stored_questions(database) == (older, QUESTION)
    assert stored_questions(database, server=2) == stored_questions(database, member=41) == (older,)
    assert stored_questions(database, since=DAY) == (QUESTION,)


def test_a_follow_up_has_the_questions_before_it_while_they_are_stored(database: Database) -> None:
    first = replace(QUESTION, number=1, text="Who is Kathy?", member=41)
    second = replace(QUESTION, number=2, text="Who plays her?", after=1)
    third = replace(QUESTION, number=3, text="And him?", after=2)
    store(database, first, second, third)
    assert [each.context for each in stored_questions(database)] == [
        (),
        ("Who is Kathy?",),
        ("Who is Kathy?", "Who plays her?"),
    ]
    assert delete_questions_of(database, 41) == 1
    assert [each.context for each in stored_questions(database)] == [(), ("Who plays her?",)]


def test_a_context_is_as_long_as_a_conversation(database: Database) -> None:
    store(database, *(replace(QUESTION, number=number, text=f"{number}?", after=number - 1) for number in range(8)))
    context = stored_questions(database)[-1].context
    assert context == ("2?", "3?", "4?", "5?", "6?")
    assert len(context) == CONVERSATION_QUESTIONS


def test_a_question_follows_none_that_is_not_stored_or_is_another_servers(database: Database) -> None:
    store(
        database,
        replace(QUESTION, number=1),
        replace(QUESTION, number=2, after=99),
        replace(QUESTION, number=3, server=2, after=1),
    )
    assert [each.after for each in stored_questions(database)] == [None, None, None]


def test_questions_are_deleted_by_day(database: Database) -> None:
    store(database, *(replace(QUESTION, number=age, day=DAY - timedelta(age)) for age in range(4)))
    assert delete_questions_until(database, DAY - timedelta(2)) == 2
    assert [each.number for each in stored_questions(database)] == [1, 0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.integers(1, 3), st.integers(1, 3), st.integers(0, 5)),
        st.tuples(st.just("choose"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("delete"), st.integers(1, 3)),
        st.tuples(st.just("expire"), st.integers(0, 5)),
        st.tuples(st.just("forget"), st.integers(1, 3)),
    ),
    max_size=20,
)


@given(STEPS)
def test_only_questions_with_consent_are_ever_stored(steps: list[tuple[Any, ...]]) -> None:
    storing: set[int] = set()
    expected: dict[int, StoredQuestion] = {}
    with Database(Path(":memory:")) as database:
        for number, step in enumerate(steps):
            match step:
                case ("store", server, member, age):
                    question = replace(
                        QUESTION,
                        number=number,
                        server=server,
                        member=member,
                        day=DAY - timedelta(age),
                        after=number - 1,
                    )
                    assert store_question(database, question) is (server in storing)
                    if server in storing:
                        expected[number] = question
                case ("choose", server, stores):
                    save_server_settings(database, server, ServerSettings(store_questions=bool(stores)))
                    (storing.add if stores else storing.discard)(server)
                    if not stores:
                        expected = {key: each for key, each in expected.items() if each.server != server}
                case ("delete", member):
                    delete_questions_of(database, member)
                    expected = {key: each for key, each in expected.items() if each.member != member}
                case ("expire", age):
                    delete_questions_until(database, DAY - timedelta(age))
                    expected = {key: each for key, each in expected.items() if each.day > DAY - timedelta(age)}
                case ("forget", server):
                    forget_server(database, server)
                    storing.discard(server)
                    expected = {key: each for key, each in expected.items() if each.server != server}
        stored = stored_questions(database)
        assert {each.number for each in stored} == expected.keys()
        for each in stored:
            assert each.after is None or (each.after in expected and expected[each.after].server == each.server)
