from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.config import FEEDBACK_LIFETIME
from bot.storage.database import Database
from bot.storage.feedback import Feedback, feedback_counts

ANSWER, SERVER, ANN, BEN = 10, 1, 40, 41
Press = tuple[int, int, bool]


def pressed(*presses: Press) -> tuple[int, int]:
    """What is counted after presses of (answer, member, helpful), all at once and in this order."""

    async def press(feedback: Feedback) -> None:
        await asyncio.gather(
            *(feedback.record(answer, member, SERVER, helpful=helpful) for answer, member, helpful in presses)
        )

    with Database(Path(":memory:")) as store:
        asyncio.run(press(Feedback(store, lambda: 0.0)))
        return feedback_counts(store, SERVER)


def test_pressing_twice_counts_once() -> None:
    assert pressed((ANSWER, ANN, True), (ANSWER, ANN, True)) == (1, 0)


def test_changing_ones_mind_moves_the_verdict() -> None:
    assert pressed((ANSWER, ANN, True), (ANSWER, BEN, True), (ANSWER, ANN, False)) == (1, 1)


def test_a_press_after_a_day_or_a_restart_counts_again() -> None:
    now = [0.0]

    async def press_again_and_again(store: Database) -> None:
        feedback = Feedback(store, lambda: now[0])
        await feedback.record(ANSWER, ANN, SERVER, helpful=True)
        now[0] += FEEDBACK_LIFETIME
        await feedback.record(ANSWER, ANN, SERVER, helpful=True)
        await Feedback(store, lambda: now[0]).record(ANSWER, ANN, SERVER, helpful=True)

    with Database(Path(":memory:")) as store:
        asyncio.run(press_again_and_again(store))
        assert feedback_counts(store) == (3, 0)


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.booleans()), max_size=10))
def test_every_member_counts_once_for_each_answer_with_their_latest_verdict(presses: list[Press]) -> None:
    latest = {(answer, member): helpful for answer, member, helpful in presses}
    assert pressed(*presses) == (sum(latest.values()), len(latest) - sum(latest.values()))


def test_whose_verdicts_they_are_can_be_forgotten() -> None:
    async def judged(feedback: Feedback) -> None:
        await feedback.record(ANSWER, ANN, SERVER, helpful=True)
        await feedback.record(ANSWER, BEN, SERVER, helpful=False)

    with Database(Path(":memory:")) as store:
        feedback = Feedback(store, lambda: 0.0)
        asyncio.run(judged(feedback))
        assert feedback.given_by(ANN) == {ANSWER: True}
        feedback.forget(ANN)
        assert (feedback.given_by(ANN), feedback.given_by(BEN)) == ({}, {ANSWER: False})
        assert feedback_counts(store) == (1, 1)
