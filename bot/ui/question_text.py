"""The words of a question, from text as Discord sends it.

Every way to ask passes through `question_text` before anything else reads the text, because markup is no evidence for
a search, and because an id in a stored question would be data about a member who never asked it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from bot.config import MAX_QUESTION
from bot.ui.escape import one_line
from bot.ui.truncate import fit

NameOf: TypeAlias = Callable[[str, int], str | None]
"""Return the name of what a mention's mark (`#`, `@&`) and its number stand for, or None if it isn't known."""

_SENTENCE_ENDS = re.compile(r"(?<=[.!?…؟])\s+|(?<=[。！？])")
_MARKUP = re.compile(
    r"<(?:(?P<mark>@[!&]?|#)(?P<number>\d+)"
    r"|a?:\w*:\d+"  # a custom emoji
    r"|t:-?\d+(?::\w)?"  # a time
    r"|/[^<>\n]*?:\d+"  # a slash command
    r"|(?:id|sound):[\w:-]+)>"  # a part of the server, a sound
    r"|@(?:everyone|here)\b"
    r"|(?<!\d)\d{17,20}(?!\d)"  # an id, typed or in a link
)


def within_limit(text: str) -> str:
    """Return a text that is short enough, else its last sentence with a question mark, else its start."""
    if len(text) <= MAX_QUESTION:
        return text
    asked = [sentence for sentence in _SENTENCE_ENDS.split(text) if sentence.endswith(("?", "？", "؟"))]
    question = asked[-1] if asked else text
    return question[: fit(question, MAX_QUESTION, len)]


def question_text(content: str, name_of: NameOf | None = None) -> str:
    """Return the words of a question on one line.

    Channels and roles become their names. Mentions of members, custom emoji, times, commands and bare ids disappear.
    """

    def named(found: re.Match[str]) -> str:
        if name_of is None or found["mark"] not in {"#", "@&"}:
            return " "
        return f" {name_of(found['mark'], int(found['number'])) or ''} "

    # What is invisible may hide markup, and markup or a name may leave other markup.
    text = one_line(_MARKUP.sub(named, one_line(content)))
    while (cleaned := one_line(_MARKUP.sub(" ", text))) != text:
        text = cleaned
    return text
