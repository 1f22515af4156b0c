"""The page of `/gaps`: a server's unanswered questions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import GAP_GROUPS, GAP_WORDINGS
from bot.services.gaps import Gap, Wording, question_lines
from bot.ui.custom_ids import ExportGaps, encode
from bot.ui.elements import MAX_TEXT, Button, File, Message, Row, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line, notice
from bot.ui.truncate import width
from embeddings import State

FILE_NAME = "questions.jsonl"


def gaps_message(
    gaps: Sequence[Gap], words: Catalogue, *, days: int, feedback: tuple[int, int], export: bool = False
) -> Message:
    """Return a server's unanswered questions, largest group first.

    Args:
        gaps: that server's groups of questions.
        words: the catalogue of the manager's language.
        days: how long questions are stored.
        feedback: how often the server's answers were called helpful, and not helpful.
        export: whether to attach the questions as a file, if there are any.
    """
    given = words.gaps_feedback.format(helpful=feedback[0], not_helpful=feedback[1])
    if not gaps:
        return notice(f"{words.gaps_none.format(days=days)}\n{given}", style=Style.READING)
    total = sum(gap.count for gap in gaps)
    count = words.gaps_count(total, days=days)
    texts = [Text(f"### {words.gaps_heading}\n{count}\n{given}")]
    space = MAX_TEXT - sum(map(width, (texts[0].content, words.gaps_more(len(gaps)), words.gaps_next)))
    for gap in gaps[:GAP_GROUPS]:
        text = _gap(gap, words)
        space -= width(text)
        if space < 0:
            break
        texts.append(Text(text))
    left = len(gaps) - len(texts) + 1
    if left:
        texts.append(Text(words.gaps_more(left)))
    if export:
        return Message(tuple(texts), Style.READING, private=True, file=File(FILE_NAME, question_lines(gaps)))
    button = Row((Button(words.gaps_export, encode(ExportGaps())),))
    return Message((*texts, Text(words.gaps_next), button), Style.READING, private=True)


def _gap(gap: Gap, words: Catalogue) -> str:
    first, *others = gap.wordings
    lines = [words.gaps_line.format(count=gap.count, question=_question(first, words))]
    if others:
        also = " · ".join(_question(wording, words) for wording in others[:GAP_WORDINGS])
        lines.append(words.gaps_also.format(questions=also))
    since = min(wording.first for wording in gap.wordings).isoformat()
    until = max(wording.last for wording in gap.wordings).isoformat()
    days = since if since == until else words.gaps_between.format(first=since, last=until)
    forms = {State.UNANSWERED: words.gaps_unanswered, State.NEAREST: words.gaps_nearest}
    counts = [form.format(count=gap.count_of(state)) for state, form in forms.items() if gap.count_of(state)]
    about = words.gaps_about.format(days=days, states=" · ".join(counts))
    return "\n".join((*lines, about))


def _question(wording: Wording, words: Catalogue) -> str:
    """Return the question, after the question that it follows up on."""
    before = f"{escaped_line(wording.context[-1], words.untitled)} → " if wording.context else ""
    return before + escaped_line(wording.text, words.untitled)
