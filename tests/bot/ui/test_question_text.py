"""The words of a question, without Discord's markup."""

from __future__ import annotations

import pytest

from bot.ui.question_text import question_text

BEN = "123456789012345678"
NAMES = {("#", 1): "film-talk", ("@&", 2): "Readers", ("@&", 3): f"<@{BEN}>", ("@&", 4): "<@&4>"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("What is a deferral?", "What is a deferral?"),
        (f"<@{BEN}> What is a deferral?", "What is a deferral?"),
        (f"<@!{BEN}>What is <@{BEN}> a deferral?", "What is a deferral?"),
        (f"<@<@{BEN}>{BEN}> Who?", "<@ > Who?"),
        (f"<@\u200b{BEN}> Who?", "Who?"),
        (f"Is https://discord.com/users/{BEN} right?", "Is https://discord.com/users/ right?"),
        (f"@{BEN} Who?", "@ Who?"),
        ("Does <#1> like it? <#9>", "Does film-talk like it?"),
        ("What do <@&2> say? <@&9>", "What do Readers say?"),
        ("Who are <@&3> and <@&4>?", "Who are and ?"),
        ("<:kathy:123456789012345678> Who? <a:wave:123456789012345678>", "Who?"),
        ("Who <t:1618953630:R> and <t:-5>?", "Who and ?"),
        ("</ask:1> Who? </review add:1234>", "Who?"),
        ("<id:customize> Who? <id:linked-roles:5> <sound:1:2>", "Who?"),
        ("@everyone @here Who?", "Who?"),
        ("Is 5 < 7 > 3? 🤔 :smile: 2010", "Is 5 < 7 > 3? 🤔 :smile: 2010"),
        (f"<@{BEN}>", ""),
    ],
)
def test_a_question_loses_its_markup_and_keeps_its_words(content: str, text: str) -> None:
    assert question_text(content, lambda mark, number: NAMES.get((mark, number))) == text
    assert question_text(text, lambda mark, number: NAMES.get((mark, number))) == text
