from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.gaps.page import gaps_message
from bot.services.gaps import find_gaps, question_lines
from bot.ui.strings import ENGLISH
from tests.bot.fixtures.checks import a_quarter, check
from tests.bot.fixtures.texts import texts
from tests.bot.services.test_gaps import NETFLIX, by_first_word


@a_quarter
@given(st.lists(st.tuples(texts(), texts()), min_size=1, max_size=30), st.booleans())
def test_a_message_of_gaps_keeps_discords_limits(asked: list[tuple[str, str]], export: bool) -> None:
    questions = [
        replace(NETFLIX, number=n, text=f"{n}{text}"[:300], context=(turn,)) for n, (text, turn) in enumerate(asked)
    ]
    found = find_gaps(questions, by_first_word)
    message = gaps_message(found, ENGLISH, days=30, export=export)
    assert message.private
    check(message)
    assert question_lines(found).count("\n") == len({(each.text.casefold(), each.context) for each in questions})
