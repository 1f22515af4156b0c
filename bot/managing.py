"""What those who manage a server see: its settings, and what was asked in vain."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue import Catalogue
from bot.cutting import width
from bot.gaps import Gap, Wording, question_lines
from bot.messages import name, notice
from bot.parts import TEXT_ROOM, File, Look, Message, Text
from bot.store import ServerSettings

MOST_CHANNELS = 50
"""Channels named in the message; more would not fit."""
MOST_GAPS = 10
"""Groups of questions in the message; the file has them all."""
MOST_WORDINGS = 3
"""Further wordings of each."""

GAPS_NAME = "questions.jsonl"


def settings_message(
    settings: ServerSettings, default_review: str | None, words: Catalogue, *, keep_days: int, deleted: int = 0
) -> Message:
    """All of a server's settings, for the member alone who asked.

    Args:
        settings: as they are now.
        default_review: that review's title, or None.
        words: in which to say it.
        keep_days: for how many days questions are kept.
        deleted: how many kept questions were deleted, since none are kept any more.
    """
    channels = " ".join(f"<#{channel}>" for channel in settings.mention_channels[:MOST_CHANNELS])
    if len(settings.mention_channels) > MOST_CHANNELS:
        channels += " …"
    lines = (
        words.settings_private if settings.private_answers else words.settings_public,
        words.settings_hidden if settings.hide_spoilers else words.settings_shown,
        words.settings_mentions_in.format(channels=channels) if channels else words.settings_mentions_everywhere,
        words.settings_default_review.format(title=name(default_review, words.untitled))
        if default_review
        else words.settings_no_default_review,
        words.settings_keeps.format(days=keep_days) if settings.keep_questions else words.settings_keeps_nothing,
        *([words.settings_deleted(deleted)] if deleted else []),
    )
    text = Text("\n".join((f"### {words.settings_heading}", *lines)))
    return Message((text,), Look.READING, private=True)


def gaps_message(gaps: Sequence[Gap], words: Catalogue, *, days: int, export: bool = False) -> Message:
    """What was asked in vain, the largest group first, for the member alone who asked.

    Args:
        gaps: of that server alone.
        words: in which to say it.
        days: for how many days questions are kept.
        export: whether the questions go with it as a file, as long as there are any.
    """
    if not gaps:
        return notice(words.gaps_none.format(days=days), look=Look.READING)
    total = sum(gap.count for gap in gaps)
    count = words.gaps_count.format(questions=total, days=days)
    texts = [Text(f"### {words.gaps_heading}\n{count}")]
    room = TEXT_ROOM - width(texts[0].content) - width(words.gaps_more) - len(str(len(gaps)))
    for gap in gaps[:MOST_GAPS]:
        text = _gap(gap, words)
        room -= width(text)
        if room < 0:
            break
        texts.append(Text(text))
    left = len(gaps) - len(texts) + 1
    if left:
        texts.append(Text(words.gaps_more.format(groups=left)))
    file = File(GAPS_NAME, question_lines(gaps)) if export else None
    return Message(tuple(texts), Look.NEAREST, private=True, file=file)


def _gap(gap: Gap, words: Catalogue) -> str:
    first, *others = gap.wordings
    lines = [words.gaps_line.format(count=gap.count, question=_worded(first, words))]
    if others:
        also = " · ".join(_worded(wording, words) for wording in others[:MOST_WORDINGS])
        lines.append(words.gaps_also.format(questions=also))
    return "\n".join(lines)


def _worded(wording: Wording, words: Catalogue) -> str:
    """The question; a follow-up behind the question before it."""
    before = f"{name(wording.context[-1], words.untitled)} → " if wording.context else ""
    return before + name(wording.text, words.untitled)
