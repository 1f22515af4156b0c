"""TBD."""

from __future__ import annotations

from collections.abc import Sequence

from bot.services.gaps import Gap, Wording, question_lines
from bot.ui.elements import MAX_TEXT, File, Message, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line, notice
from bot.ui.truncate import width

MOST_GAPS = 10
"""Groups of questions in the message; the file has them all."""


MOST_WORDINGS = 3
"""Further wordings of each."""


GAPS_NAME = "questions.jsonl"


def gaps_message(gaps: Sequence[Gap], words: Catalogue, *, days: int, export: bool = False) -> Message:
    """What was asked in vain, the largest group first, for the member alone who asked.

    Args:
        gaps: of that server alone.
        words: in which to say it.
        days: for how many days questions are kept.
        export: whether the questions go with it as a file, as long as there are any.
    """
    if not gaps:
        return notice(words.gaps_none.format(days=days), style=Style.READING)
    total = sum(gap.count for gap in gaps)
    count = words.gaps_count(total, days=days)
    texts = [Text(f"### {words.gaps_heading}\n{count}")]
    room = MAX_TEXT - width(texts[0].content) - width(words.gaps_more(len(gaps)))
    for gap in gaps[:MOST_GAPS]:
        text = _gap(gap, words)
        room -= width(text)
        if room < 0:
            break
        texts.append(Text(text))
    left = len(gaps) - len(texts) + 1
    if left:
        texts.append(Text(words.gaps_more(left)))
    file = File(GAPS_NAME, question_lines(gaps)) if export else None
    return Message(tuple(texts), Style.NEAREST, private=True, file=file)


def _gap(gap: Gap, words: Catalogue) -> str:
    first, *others = gap.wordings
    lines = [words.gaps_line.format(count=gap.count, question=_worded(first, words))]
    if others:
        also = " · ".join(_worded(wording, words) for wording in others[:MOST_WORDINGS])
        lines.append(words.gaps_also.format(questions=also))
    return "\n".join(lines)


def _worded(wording: Wording, words: Catalogue) -> str:
    """The question; a follow-up behind the question before it."""
    before = f"{escaped_line(wording.context[-1], words.untitled)} → " if wording.context else ""
    return before + escaped_line(wording.text, words.untitled)
