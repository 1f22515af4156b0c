"""The pages of `/privacy`: what the bot stores, a member's data as a file, and the question before deleting it."""

from __future__ import annotations

import json

from bot.config import CONVERSATION_LIFETIME, CONVERSATION_QUESTIONS, FEEDBACK_LIFETIME
from bot.storage.records import PersonalData, RetentionPolicy, StoredQuestion
from bot.ui.custom_ids import EraseData, ExportData, PrivacyDetails, encode
from bot.ui.elements import Button, ButtonStyle, File, Message, Row, Style, Text
from bot.ui.strings import Catalogue

EXPORT_NAME = "my-data.json"


def privacy_message(words: Catalogue, policy: RetentionPolicy, *, in_server: bool, stores: bool) -> Message:
    """Return in four lines what the bot stores and what a member can do about it.

    Args:
        words: the catalogue of the member's language.
        policy: how long data is stored.
        in_server: whether the member asks in a server that the bot is in.
        stores: whether that server stores questions.
    """
    minutes = round(CONVERSATION_LIFETIME / 60)
    lines = (
        f"### {words.privacy_heading}",
        _here(words, policy, in_server=in_server, stores=stores),
        words.privacy_counts,
        words.privacy_briefly.format(turns=CONVERSATION_QUESTIONS, minutes=minutes),
        words.privacy_rights,
    )
    details = Button(words.privacy_details, encode(PrivacyDetails()))
    return Message((Text("\n".join(lines)), Row((details, *_data_buttons(words)))), Style.READING, private=True)


def privacy_details_message(words: Catalogue, policy: RetentionPolicy, *, in_server: bool, stores: bool) -> Message:
    """Return all that the bot stores, about whom, and for how long. The arguments are those of `privacy_message`."""
    here = _here(words, policy, in_server=in_server, stores=stores)
    memory = words.privacy_memory.format(
        turns=CONVERSATION_QUESTIONS, minutes=round(CONVERSATION_LIFETIME / 60), hours=round(FEEDBACK_LIFETIME / 3600)
    )
    elements = (
        Text(f"### {words.privacy_heading}\n{here}"),
        Text(words.privacy_questions.format(days=policy.retention_days)),
        Text(words.privacy_feedback),
        Text(words.privacy_servers.format(days=policy.grace_days)),
        Text(memory),
        Text(words.privacy_elsewhere),
        Text(words.privacy_rights),
        Row(_data_buttons(words)),
    )
    return Message(elements, Style.READING, private=True)


def export_message(data: PersonalData, words: Catalogue) -> Message:
    """Return the member's data as a file."""
    line = words.exported.format(questions=len(data.questions))
    return Message((Text(line),), Style.READING, private=True, file=File(EXPORT_NAME, export_text(data)))


def erase_message(data: PersonalData, words: Catalogue) -> Message:
    """Return what would be deleted, and the button that deletes it."""
    line = words.erase_sure.format(questions=len(data.questions), remembered=len(data.in_memory))
    confirm = Button(words.erase_confirm, encode(EraseData(confirmed=True)), style=ButtonStyle.DANGER)
    return Message((Text(line), Row((confirm, _export_button(words)))), Style.PROBLEM, private=True)


def export_text(data: PersonalData) -> str:
    """Return the member's data as JSON. Ids are strings, because some programs round numbers of that size."""
    record = {
        "member": str(data.member),
        "questions": [_question_record(question) for question in data.questions],
        "in_memory": {
            "questions": list(data.in_memory),
            "verdicts": [{"answer": str(answer), "helpful": helpful} for answer, helpful in data.feedback.items()],
        },
    }
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _question_record(question: StoredQuestion) -> dict[str, object]:
    return {
        "number": str(question.number),
        "question": question.text,
        "day": question.day.isoformat(),
        "server": str(question.server),
        "state": question.state.value,
        "confidence": question.confidence,
        "review": question.review,
        "collections": list(question.collections),
        "after": None if question.after is None else str(question.after),
    }


def _here(words: Catalogue, policy: RetentionPolicy, *, in_server: bool, stores: bool) -> str:
    if not in_server:
        return words.privacy_never_here
    return words.privacy_stored_here.format(days=policy.retention_days) if stores else words.privacy_not_stored_here


def _data_buttons(words: Catalogue) -> tuple[Button, Button]:
    return _export_button(words), Button(words.erase, encode(EraseData()), style=ButtonStyle.DANGER)


def _export_button(words: Catalogue) -> Button:
    return Button(words.export, encode(ExportData()))
