"""The page of `/gaps`: a server's unanswered questions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import GAP_GROUPS, GAP_WORDINGS
from bot.services.gaps import Gap, Wording, question_lines
from bot.ui.elements import MAX_TEXT, File, Message, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line, notice
from bot.ui.truncate import width

FILE_NAME = "questions.jsonl"


def gaps_message(gaps: Sequence[Gap], words: Catalogue, *, days: int, export: bool = False) -> Message:
    """Return a server's unanswered questions, largest group first.

    Args:
        gaps: that server's groups of questions.
        words: the catalogue of the manager's language.
        days: how long questions are stored.
        export: whether to attach the questions as a file, if there are any.
    """
    if not gaps:
        return notice(words.gaps_none.format(days=days), style=Style.READING)
    total = sum(gap.count for gap in gaps)
    count = words.gaps_count(total, days=days)
    texts = [Text(f"### {words.gaps_heading}\n{count}")]
    space = MAX_TEXT - width(texts[0].content) - width(words.gaps_more(len(gaps)))
    for gap in gaps[:GAP_GROUPS]:
        text = _gap(gap, words)
        space -= width(text)
        if space < 0:
            break
        texts.append(Text(text))
    left = len(gaps) - len(texts) + 1
    if left:
        texts.append(Text(words.gaps_more(left)))
    file = File(FILE_NAME, question_lines(gaps)) if export else None
    return Message(tuple(texts), Style.READING, private=True, file=file)


def _gap(gap: Gap, words: Catalogue) -> str:
    first, *others = gap.wordings
    lines = [words.gaps_line.format(count=gap.count, question=_question(first, words))]
    if others:
        also = " · ".join(_question(wording, words) for wording in others[:GAP_WORDINGS])
        lines.append(words.gaps_also.format(questions=also))
    return "\n".join(lines)


def _question(wording: Wording, words: Catalogue) -> str:
    """Return the question, after the question that it follows up on."""
    before = f"{escaped_line(wording.context[-1], words.untitled)} → " if wording.context else ""
    return before + escaped_line(wording.text, words.untitled)
