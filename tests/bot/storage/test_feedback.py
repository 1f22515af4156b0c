from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.config import FEEDBACK_LIFETIME
from bot.storage.database import Database
from bot.storage.feedback import Feedback, count_feedback, feedback_counts
from tests.bot.fixtures.clock import Clock

ANSWER, SERVER, ANN, BEN = 10, 1, 40, 41
Press = tuple[int, int, bool]


def counts_after(*presses: Press) -> tuple[int, int]:
    """Return the counts after presses of (answer, member, helpful), all at once and in this order."""

    async def press(feedback: Feedback) -> None:
        await asyncio.gather(
            *(feedback.record(answer, member, SERVER, helpful=helpful) for answer, member, helpful in presses)
        )

    with Database(Path(":memory:")) as database:
        asyncio.run(press(Feedback(database, Clock())))
        return feedback_counts(database, SERVER)


def test_pressing_twice_counts_once() -> None:
    assert counts_after((ANSWER, ANN, True), (ANSWER, ANN, True)) == (1, 0)


def test_the_other_button_changes_a_members_feedback() -> None:
    assert counts_after((ANSWER, ANN, True), (ANSWER, BEN, True), (ANSWER, ANN, False)) == (1, 1)


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.booleans()), max_size=10))
def test_each_members_latest_feedback_counts_once_for_each_answer(presses: list[Press]) -> None:
    latest = {(answer, member): helpful for answer, member, helpful in presses}
    assert counts_after(*presses) == (sum(latest.values()), len(latest) - sum(latest.values()))


def test_a_press_counts_again_a_day_after_the_last_one_or_after_a_restart(database: Database) -> None:
    clock = Clock()

    async def press(feedback: Feedback) -> None:
        await feedback.record(ANSWER, ANN, SERVER, helpful=True)

    async def press_at_times() -> None:
        feedback = Feedback(database, clock)
        for pause in (0.0, FEEDBACK_LIFETIME - 1, FEEDBACK_LIFETIME - 1, FEEDBACK_LIFETIME):
            clock.now += pause
            await press(feedback)
        await press(Feedback(database, clock))

    asyncio.run(press_at_times())
    assert feedback_counts(database) == (3, 0)


def test_it_can_be_forgotten_whose_feedback_it_was(database: Database) -> None:
    async def press(feedback: Feedback) -> None:
        await feedback.record(ANSWER, ANN, SERVER, helpful=True)
        await feedback.record(ANSWER, BEN, SERVER, helpful=False)

    feedback = Feedback(database, Clock())
    asyncio.run(press(feedback))
    assert feedback.given_by(ANN) == {ANSWER: True}
    feedback.forget(ANN)
    assert (feedback.given_by(ANN), feedback.given_by(BEN)) == ({}, {ANSWER: False})
    assert feedback_counts(database) == (1, 1)


def test_feedback_is_counted_by_answer_and_server(database: Database) -> None:
    count_feedback(database, 10, 1, helpful=True)
    count_feedback(database, 10, 1, helpful=False)
    count_feedback(database, 10, 1, helpful=False, instead=True)
    count_feedback(database, 11, None, helpful=True)
    assert (feedback_counts(database), feedback_counts(database, 1)) == ((1, 2), (0, 2))


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), max_size=12))
def test_no_count_is_negative(presses: list[tuple[int, bool, bool]]) -> None:
    with Database(Path(":memory:")) as database:
        for answer, helpful, instead in presses:
            count_feedback(database, answer, None, helpful=helpful, instead=instead)
        assert min(feedback_counts(database)) >= 0
        assert sum(feedback_counts(database)) <= len(presses)
