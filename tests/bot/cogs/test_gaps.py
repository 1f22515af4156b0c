from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.gaps.page import gaps_message
from bot.services.gaps import find_gaps, question_lines
from bot.ui.strings import ENGLISH
from embeddings.records import State
from tests.bot.fixtures.checks import OWN_WORDS, a_quarter, check, lines_of
from tests.bot.fixtures.texts import texts
from tests.bot.services.test_gaps import NETFLIX, by_first_word


@a_quarter
@given(st.lists(st.tuples(texts(), texts()), min_size=1, max_size=30), st.booleans())
def test_a_message_of_gaps_keeps_discords_limits(asked: list[tuple[str, str]], export: bool) -> None:
    questions = [
        replace(NETFLIX, number=n, text=f"{n}{text}"[:300], context=(turn,)) for n, (text, turn) in enumerate(asked)
    ]
    found = find_gaps(questions, by_first_word)
    message = gaps_message(found, ENGLISH, days=30, feedback=(10**6, 3), export=export)
    assert message.private
    check(message, own=frozenset(OWN_WORDS))
    assert question_lines(found).count("\n") == len({(each.text.casefold(), each.context) for each in questions})


def test_a_group_says_when_it_was_asked_and_how_it_was_answered() -> None:
    later = replace(NETFLIX, number=2, day=date(2026, 12, 1), state=State.NEAREST)
    message = gaps_message(find_gaps((NETFLIX, later), by_first_word), ENGLISH, days=30, feedback=(4, 1))
    lines = lines_of(message)
    assert lines[2] == "Feedback on this server’s answers: 👍 4, 👎 1."
    assert lines[4] == f"-# {NETFLIX.day} to 2026-12-01 · no answer 1 · near answer 1"
    assert lines[-1].startswith("**What next?**")
    assert [button.label for button in message.buttons()] == ["Export"]
    none = gaps_message((), ENGLISH, days=30, feedback=(4, 1))
    assert "👍 4" in lines_of(none)[1]
